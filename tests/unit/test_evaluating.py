"""Scoring against people: laws of the scores, and folds that nothing leaks through."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rocktag.comparing import Gold
from rocktag.comparing.bootstrap import label_intervals
from rocktag.comparing.counts import label_scores, scores_of
from rocktag.config import Settings
from rocktag.corpus import Corpus, gather
from rocktag.errors import UsageError
from rocktag.evaluating import (
    CrossValidation,
    Served,
    by_rules,
    choice_of,
    evaluate,
    everyone,
    learning_curve,
    nobody,
    served,
    table,
)
from rocktag.evaluating.mistakes import margins_of, worst_mistakes
from rocktag.fitting import Progress
from rocktag.labeling import keyword_rules, topic_rules
from rocktag.sampling import sample
from rocktag.text import split_key
from rocktag.thresholds import decide
from rocktag.types import HumanLabels, Probabilities, Targets
from tests.evaluations import CHOSEN, LABELS, evaluation, gold_of, matrix, said_of

MATRICES = st.integers(1, 12).flatmap(
    lambda rows: st.tuples(
        *(
            st.lists(
                st.lists(st.integers(0, 1), min_size=3, max_size=3),
                min_size=rows,
                max_size=rows,
            )
            for _ in range(3)
        )
    )
)


def arrays(
    drawn: tuple[list[list[int]], ...],
) -> tuple[Targets, Targets, Targets]:
    first, second, third = (np.array(one, dtype=np.int8) for one in drawn)
    return first, second, third


# Scores


@settings(max_examples=40, deadline=None)
@given(MATRICES)
def test_the_order_of_headlines_does_not_matter(
    drawn: tuple[list[list[int]], ...],
) -> None:
    targets, decided, scored = arrays(drawn)
    order = np.random.default_rng(len(targets)).permutation(len(targets))
    values = [
        {
            name: found.value
            for name, found in evaluate(
                [said_of(decided[rows])],
                gold_of(targets[rows], scored[rows]),
                CHOSEN,
                policy="micro",
            )
            .rows[0]
            .scores.items()
        }
        for rows in (np.arange(len(targets)), order)
    ]
    assert values[0] == pytest.approx(values[1])


@settings(max_examples=40, deadline=None)
@given(MATRICES)
def test_whoever_says_what_people_say_is_right(
    drawn: tuple[list[list[int]], ...],
) -> None:
    targets, noise, scored = arrays(drawn)
    decided = np.where(scored == 1, targets, noise)  # of what is disputed, anything
    found = evaluate(
        [said_of(decided)],
        gold_of(targets, scored),
        CHOSEN,
        policy="micro",
        mistakes=9,
    ).rows[0]
    assert found.mistakes == ()
    assert found.scores["subset_accuracy"].value == 1
    has_any = bool((targets * scored).any())
    for name in ("micro_f1", "macro_f1"):
        assert found.scores[name].value == pytest.approx(1 if has_any else 0)


@settings(max_examples=40, deadline=None)
@given(MATRICES)
def test_each_label_has_its_score_within_its_interval(
    drawn: tuple[list[list[int]], ...],
) -> None:
    targets, decided, scored = arrays(drawn)
    counts = gold_of(targets, scored).count(decided, LABELS)
    found = label_intervals(counts, LABELS, resamples=50, seed=1)
    expected = label_scores(counts, LABELS)
    assert [one.label for one in found] == [one.label for one in expected]
    for one, row in zip(found, expected, strict=True):
        assert one.support == row.support
        assert (one.precision.value, one.recall.value, one.f1.value) == (
            row.precision,
            row.recall,
            row.f1,
        )
        for part in (one.precision, one.recall, one.f1):
            assert 0 <= part.low <= part.value <= part.high <= 1


def test_a_resample_without_a_label_says_nothing_of_it() -> None:
    targets = np.zeros((40, 3), dtype=np.int8)
    targets[0, 0] = 1  # a third of the resamples do not have this headline
    counts = gold_of(targets).count(targets, LABELS)
    (album,) = label_intervals(counts, LABELS, resamples=200, seed=1)
    assert (album.recall.low, album.f1.low) == (1, 1)


def test_the_rules_reach_what_they_reach_anywhere_else() -> None:
    rules = topic_rules()
    titles = [item.title for item in sample(50, seed=5)]
    targets = keyword_rules().label_matrix(titles, rules.labels)
    gold = replace(gold_of(targets), titles=tuple(titles), labels=rules.labels)
    row = evaluate([by_rules(rules, gold)], gold, CHOSEN, policy="micro").rows[0]
    counts = gold.count(rules.label_matrix(titles), rules.labels)
    expected = scores_of(counts)
    assert {name: one.value for name, one in row.scores.items()} == expected


def test_others_are_compared_with_the_row_that_is_named() -> None:
    targets = np.eye(3, dtype=np.int8)
    sayings = [said_of(targets), said_of(targets[::-1].copy(), "others")]
    found = evaluate(
        sayings, gold_of(targets), CHOSEN, policy="micro", reference="others"
    )
    first, second = found.rows
    assert first.differences["micro_f1"].value > 0
    assert (second.differences, second.mcnemar_p_value) == ({}, None)
    with pytest.raises(UsageError, match="nobody is not among those evaluated"):
        evaluate(sayings, gold_of(targets), CHOSEN, policy="x", reference="nobody")


def test_tables_hold_every_label_and_metrics_have_names_that_fit() -> None:
    found = evaluation()
    lines = table.evaluation_csv(found).splitlines()
    labels = sum(len(row.per_label) for row in found.rows)
    assert len(lines) == 1 + len(found.rows) + labels
    assert json.loads(table.evaluation_json(found))["reference"] == "topic rules"
    longest = "logistic-regression/20261123T054728Z-f48780cf, 50 folds"
    rows = (replace(found.rows[0], name=longest),)
    metrics = table.evaluation_metrics(replace(found, rows=rows))
    assert all(len(name) <= 64 for name in metrics)


# The worst headlines


def test_the_worst_headline_has_the_most_wrong_decisions() -> None:
    targets = matrix([[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 0]])
    decided = matrix([[0, 1, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0]])
    margins = np.array(
        [[-0.1, 0.2, 0], [0, -0.6, 0], [0, 0.3, -0.3], [0, 0, 0]], dtype=np.float32
    )
    scored = np.ones((4, 3), dtype=bool)
    scored[2, 2] = False
    said = replace(said_of(decided), margins=margins)
    found = worst_mistakes(said, gold_of(targets, scored), 9)
    assert [one.title for one in found] == ["Headline 0", "Headline 1", "Headline 2"]
    first, second, third = found
    assert (first.wrong, first.worst, round(first.margin or 0, 2)) == (2, "tour", 0.2)
    assert (second.people, second.said) == (("album", "tour"), ("album",))
    assert (third.disputed, third.people, third.said) == (("n/a",), (), ("tour",))
    assert worst_mistakes(said, gold_of(targets, scored), 1) == found[:1]
    assert worst_mistakes(said_of(decided), gold_of(targets), 1)[0].margin is None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.floats(0, 1, width=32), min_size=3, max_size=3),
        min_size=1,
        max_size=6,
    ),
    st.floats(0, 1, width=32),
)
def test_a_margin_is_over_the_threshold_where_the_label_is_given(
    probabilities: list[list[float]], threshold: float
) -> None:
    found: Probabilities = np.array(probabilities, dtype=np.float32)
    limits = np.full(3, threshold, dtype=np.float32)
    over = margins_of(found, limits, LABELS, LABELS)
    given_labels = decide(found, limits, LABELS)[:, :2] == 1
    assert ((over[:, :2] >= 0) == given_labels).all()


# Folds


@dataclass
class Memory:
    """Learns by heart what it is given, and says `tour` of everything else."""

    rules_labels: tuple[str, ...]
    corpora: list[Corpus] = field(default_factory=list)
    read: list[HumanLabels | None] = field(default_factory=list)

    def __call__(
        self, corpus: Corpus, human: HumanLabels | None, progress: Progress, /
    ) -> Served:
        """Learn, and keep what it was learned from."""
        progress("train", 1, 1)
        self.corpora.append(corpus)
        self.read.append(human)
        return Served(self.rules_labels, self.predict, np.full(3, 0.5, np.float32))

    def predict(self, titles: Sequence[str]) -> Probabilities:
        """Return what was learned by heart."""
        stranger, human = matrix([[0, 1, 0]])[0], self.read[-1]
        known = dict(zip(human.titles, human.targets, strict=True)) if human else {}
        return np.array(
            [known.get(title, stranger) for title in titles],
            dtype=np.float32,
        )


@dataclass(frozen=True)
class ThreeLabels:
    """Rules as far as a cross-validation looks at them."""

    labels: tuple[str, ...] = LABELS
    name: str = "topics"

    def label_matrix(self, titles: Sequence[str], labels: object = None) -> Targets:
        """Return no label at all."""
        return np.zeros((len(titles), 3), dtype=np.int8)


def crossing(
    gold: Gold, memory: Memory, corpus: Sequence[str], folds: int = 4
) -> CrossValidation:
    return CrossValidation(
        gold=gold,
        corpus=gather(corpus, "feed"),
        rules=ThreeLabels(),  # type: ignore[arg-type]  # it is asked for no more
        train=memory,
        folds=folds,
        seed=3,
    )


def albums(count: int) -> Gold:
    """Return headlines that are all about albums; each stands twice, in other words."""
    targets = np.zeros((count, 3), dtype=np.int8)
    targets[:, 0] = 1
    titles = tuple(
        f"{'New album' if number % 2 else 'NEW ALBUMS!'} {number // 2}"
        for number in range(count)
    )
    return replace(gold_of(targets), titles=titles)


def test_no_model_is_asked_of_a_headline_that_it_learned_from() -> None:
    gold, memory = albums(40), Memory(LABELS)
    more = [f"Tour {number}" for number in range(30)]
    said = crossing(gold, memory, [*gold.titles[:30], *more]).said(
        "memory", "topics+human", everyone, lambda *_: None
    )
    assert said.trainings == 4
    assert (said.decided == [0, 1, 0]).all()  # whoever had learned it would say album
    keys = {split_key(title) for title in gold.titles}
    for corpus, human in zip(memory.corpora, memory.read, strict=True):
        assert set(more) <= set(corpus.titles)
        assert human is not None
        read = {split_key(title) for title in human.titles}
        asked = keys - read
        assert len(asked) >= 4
        assert not asked & {split_key(title) for title in corpus.titles}


def test_what_would_be_the_same_training_is_done_once() -> None:
    gold, memory = albums(40), Memory(LABELS)
    strangers = [f"Tour {number}" for number in range(30)]
    said = crossing(gold, memory, strangers).said(
        "memory", "topics", nobody, lambda *_: None
    )
    assert said.trainings == len(memory.corpora) == 1
    assert memory.read == [None]


def test_too_few_headlines_for_the_folds_are_refused() -> None:
    with pytest.raises(UsageError, match="2 different headlines, too few for 4 folds"):
        _ = crossing(albums(4), Memory(LABELS), ["Tour"]).dealt


def test_settings_say_whether_people_are_learned_from() -> None:
    assert choice_of(Settings()) is nobody


# The learning curve


def test_with_more_headlines_what_was_learned_from_stays() -> None:
    gold, memory = albums(40), Memory(LABELS)
    points = list(
        learning_curve(
            crossing(gold, memory, ["Tour one", "Tour two"]),
            [0, 5, 10, 400],
            2,
            "topics+human",
            {},
            CHOSEN,
            lambda *_: None,
        )
    )
    assert [len(one.points) for one in points] == [1, 2, 3, 4]
    last = points[-1]
    assert [len(point.repeats) for point in last.points] == [1, 2, 2, 1]
    assert last.points[-1].asked <= 32  # of 40, in four folds
    sizes = [0 if human is None else len(human.titles) for human in memory.read]
    assert sizes[0] == 0  # one training does for all folds
    assert sizes[1:17] == [5] * 8 + [10] * 8
    read = [set(human.titles) for human in memory.read if human is not None]
    for repeat_and_fold in range(8):
        assert read[repeat_and_fold] < read[8 + repeat_and_fold]
    assert read[0] != read[4]  # another draw
    assert last.rules["micro_f1"].value == 0


def test_a_curve_without_a_number_is_refused() -> None:
    made = crossing(albums(40), Memory(LABELS), ["Tour"])
    with pytest.raises(UsageError, match="give --counts"):
        next(learning_curve(made, [], 1, "topics", {}, CHOSEN, lambda *_: None))


# Real models


def test_a_real_model_is_trained_for_each_fold_and_the_same_again() -> None:
    rules = topic_rules()
    titles = [item.title for item in sample(700, seed=3)]
    targets = rules.label_matrix(titles[:60])
    gold = replace(gold_of(targets), titles=tuple(titles[:60]), labels=rules.labels)
    chosen = Settings.model_validate(
        {"train": {"classifier": "decision-tree", "labels": "topics"}}
    )

    def train(
        corpus: Corpus, human: HumanLabels | None, progress: Progress, /
    ) -> Served:
        return served(corpus, rules, chosen, progress, human)

    made = CrossValidation(
        gold=gold,
        corpus=gather(titles, "invented"),
        rules=rules,
        train=train,
        folds=2,
        seed=7,
    )
    told: list[str] = []
    first, again = (
        made.said("tree", "topics", nobody, lambda stage, *_: told.append(stage))
        for _ in range(2)
    )
    assert first.trainings == 1
    assert (first.decided == again.decided).all()
    assert any(stage.startswith("fold 1 of 2: ") for stage in told)
    found = evaluate([first], gold, CHOSEN, policy="micro").rows[0]
    assert 0.3 < found.scores["micro_f1"].value < 1
