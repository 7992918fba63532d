"""Suspects: what readers doubt, which labels come first, which rules they come of."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rocktag.artifact import Contents, predictions, publish, read
from rocktag.config import Settings, TrainSettings
from rocktag.corpus import gather
from rocktag.errors import ArtifactError, TrainingError, UsageError
from rocktag.labeling import CastVote, keyword_rules, topic_rules
from rocktag.labeling.topics import TopicRules, compiled
from rocktag.sampling import sample
from rocktag.suspecting import Judged, harvest, judge, suspects, trial
from rocktag.suspecting.hiding import hidden_terms
from rocktag.suspecting.quality import label_quality
from rocktag.suspecting.reading import Reader
from rocktag.training import train
from rocktag.types import HumanLabels
from tests.figures import undrawn
from tests.once import Once

LABELS = ("album", "song", "tour")
SEEDS = st.integers(0, 2**31 - 1)
few = settings(max_examples=25, deadline=None)
FOLDS = TrainSettings(folds=3)


def quietly(*_: object) -> None:
    """Take a stage."""


def guessed(seed: int, size: int = 30) -> Judged:
    """Return headlines of which a reader thinks mostly as the rules do."""
    generator = np.random.default_rng(seed)
    targets = (generator.random((size, 3)) < 0.4).astype(np.int8)
    noise = generator.random((size, 3))
    probabilities = ((3 * targets + noise) / 4).astype(np.float32)
    return Judged(
        titles=tuple(f"headline {number}" for number in range(size)),
        labels=LABELS,
        targets=targets,
        cast=((),) * size,
        probabilities=probabilities,
        quality=label_quality(targets, probabilities),
        hidden_quality=None,
    )


# ------------------------------------------------------------------------- quality


@few
@given(SEEDS)
def test_quality_is_the_probability_that_the_label_is_right(seed: int) -> None:
    judged = guessed(seed)
    said = judged.probabilities.astype(np.float64)
    expected = np.where(judged.targets, said, 1 - said)
    assert judged.quality == pytest.approx(expected)


def test_headlines_without_any_label_have_a_quality() -> None:
    found = label_quality(np.zeros((2, 3), np.int8), np.full((2, 3), 0.25, np.float32))
    assert found.tolist() == [[0.75] * 3] * 2


# ------------------------------------------------------------------------- ranking


@few
@given(SEEDS, st.randoms(use_true_random=False))
def test_the_order_of_headlines_does_not_matter(seed: int, random: object) -> None:
    judged = guessed(seed)
    order = np.random.default_rng(seed).permutation(len(judged.titles))
    shuffled = replace(
        judged,
        titles=tuple(judged.titles[row] for row in order),
        targets=judged.targets[order],
        probabilities=judged.probabilities[order],
        quality=judged.quality[order],
    )
    assert suspects(shuffled, 40) == suspects(judged, 40)


@few
@given(SEEDS, st.integers(0, 29), st.integers(0, 2))
def test_a_flipped_label_becomes_the_first_suspect(
    seed: int, row: int, column: int
) -> None:
    judged = guessed(seed)
    flipped = judged.targets.copy()
    flipped[row, column] ^= 1
    quality = label_quality(flipped, judged.probabilities)
    first, *_ = suspects(replace(judged, targets=flipped, quality=quality), 5)
    assert (first.title, first.label) == (judged.titles[row], LABELS[column])
    assert first.given == ("present" if flipped[row, column] else "absent")
    assert first.score == pytest.approx(quality.min())


@few
@given(SEEDS, st.integers(1, 200))
def test_suspects_come_worst_first_and_as_many_as_wanted(seed: int, count: int) -> None:
    found = suspects(guessed(seed), count)
    assert len(found) == min(count, 90)
    scores = [suspect.score for suspect in found]
    assert scores == sorted(scores)
    assert len({(suspect.title, suspect.label) for suspect in found}) == len(found)


def test_headlines_with_the_same_words_are_read_once() -> None:
    judged = replace(guessed(1, 3), titles=("Big tour", "big tours!", "Big album"))
    found = suspects(judged, 9)
    assert len(found) == 6
    assert len({suspect.title.lower()[:8] for suspect in found}) == 2


def test_a_suspect_names_the_functions_that_fired_on_its_label() -> None:
    cast = (
        CastVote("tour: first", "tour", True, 0, 1),
        CastVote("tour: second", "tour", False, 0, 1),
        CastVote("tour: first", "tour", True, 2, 3),
        CastVote("song: other", "song", True, 0, 1),
    )
    judged = replace(guessed(1, 1), cast=(cast,))
    by_label = {suspect.label: suspect.functions for suspect in suspects(judged, 3)}
    assert by_label["tour"] == ("tour: first", "tour: second")
    assert by_label["album"] == ()


# ------------------------------------------------------------------------- readers


def test_words_that_mostly_stand_where_a_rule_fires_are_hidden_everywhere() -> None:
    titles = ["big tour", "tour news", "big news", "a tour"]
    fires = (
        [CastVote("tour: any", "tour", True, 4, 8)],
        [CastVote("tour: any", "tour", True, 0, 4)],
    )
    against = [CastVote("tour: no", "tour", False, 0, 3)]
    vocabulary = {"big": 0, "tour": 1, "news": 2, "a": 3}
    hidden = hidden_terms(
        titles, [*fires, against, []], ("tour",), str.split, vocabulary
    )
    assert hidden.tolist() == [[False, True, False, False]]


@pytest.mark.parametrize("rules", [topic_rules(), keyword_rules()])
def test_a_label_is_as_credible_as_the_more_trusting_reader_says(
    rules: TopicRules,
) -> None:
    corpus = gather((item.title for item in sample(300, seed=2)), "invented")
    both = judge(corpus, rules, FOLDS, quietly)
    alone = judge(corpus, rules, FOLDS, quietly, hides=False)
    again = judge(corpus, rules, FOLDS, quietly)
    assert both.hidden_quality is not None
    assert alone.hidden_quality is None
    np.testing.assert_array_equal(
        both.quality, np.maximum(alone.quality, both.hidden_quality)
    )
    np.testing.assert_array_equal(both.quality, again.quality)
    assert "n/a" not in both.labels
    assert both.unknown == 0


def test_who_has_met_no_such_label_does_not_doubt_it() -> None:
    reader = Reader(["a tour", "a song", "tour news", "song news"])
    targets = np.array([[1], [0], [0], [0]], np.int8)
    folds = np.array([0, 1, 0, 1], np.int8)
    said = reader.out_of_fold(targets, folds, quietly)
    assert said[:, 0][folds == 0].tolist() == [1, 0]


def test_another_classifier_may_doubt() -> None:
    corpus = gather((item.title for item in sample(150, seed=2)), "invented")
    chosen = FOLDS.model_copy(update={"classifier": "decision-tree", "folds": 2})
    tree = judge(corpus, topic_rules(), chosen, quietly, classifier=True, hides=False)
    assert set(np.unique(tree.probabilities)) <= {0, 1}  # a tree is always sure


def test_too_few_headlines_are_refused() -> None:
    with pytest.raises(TrainingError, match="too few different headlines"):
        judge(gather(["Ghost tour"], "one"), topic_rules(), FOLDS, quietly)


def contents(folder: Path, folds: int) -> Contents:
    """Publish a tree of 120 invented headlines, and return its files."""
    chosen = {"classifier": "decision-tree", "labels": "topics", "folds": folds}
    with undrawn():
        trained = train(
            gather((item.title for item in sample(120, seed=4)), "invented"),
            topic_rules(),
            Settings.model_validate({"train": chosen}),
            quietly,
        )
    made = publish(folder, trained.draft, training_seconds=1)
    return read(folder, made.manifest.name)


def test_a_cross_validated_version_says_what_it_doubts(tmp_path: Path) -> None:
    version = contents(tmp_path, 2)
    known = [item.title for item in sample(120, seed=4)]
    corpus = gather(["Unheard of", *reversed(known)], "more")
    found = judge(corpus, topic_rules(), FOLDS, quietly, version=version, hides=False)
    assert found.unknown == 1
    assert found.titles == corpus.titles[1:]
    held_out = predictions.load(version.files, 34, where="here")
    assert isinstance(held_out, predictions.OutOfFold)
    columns = [topic_rules().labels.index(label) for label in found.labels]
    np.testing.assert_array_equal(
        found.probabilities[::-1], held_out.out_of_fold_probabilities[:, columns]
    )
    with pytest.raises(TrainingError, match="knows none of the headlines"):
        judge(gather(["Some"], "x"), topic_rules(), FOLDS, quietly, version=version)
    with pytest.raises(ArtifactError, match="other labels than the keywords scheme"):
        judge(corpus, keyword_rules(), FOLDS, quietly, version=version)


def test_a_version_that_learned_from_the_headlines_is_refused(tmp_path: Path) -> None:
    version = contents(tmp_path, 1)
    corpus = gather(["Some"], "x")
    with pytest.raises(UsageError, match="was not cross-validated"):
        judge(corpus, topic_rules(), FOLDS, quietly, version=version)


# ------------------------------------------------------------------------- harvest

SCHEME = """
labels = ["n/a", "single", "tour"]
[[function]]
label = "single"
name = "says single"
phrases = ["single|singles"]
unless = ["single handedly"]
examples = ["New single"]
counterexamples = ["New album"]
[[function]]
label = "single"
name = "planted"
phrases = ["single handedly"]
examples = ["He single-handedly won"]
counterexamples = ["New single"]
[[function]]
label = "tour"
name = "says tour"
phrases = ["tour|tours"]
examples = ["On tour"]
counterexamples = ["On foot"]
"""
NAMES = ("Grey Harbour", "Velvet Anvil", "Salt Flats", "Rust Belt", "Moth Parade")
PLACES = ("Leeds", "Hull", "York", "Bath", "Ely", "Wells")
DEEDS = ("saves a dog", "wins a trial", "mends a van", "paints a pub", "finds a ring")
HEADLINES = (
    "{} release new single in {}",
    "{} share latest single from {}",
    "{} announce tour of {}",
    *(f"{{}} man {deed} in {{}}" for deed in DEEDS),
)


@pytest.fixture(scope="module")
def rules() -> TopicRules:
    """A scheme with a bad function: it fires on "single-handedly"."""
    return compiled(SCHEME.encode(), where="here")


@pytest.fixture(scope="module")
def planted(rules: TopicRules, once: Once) -> Judged:
    """240 invented headlines, and 25 on which the bad function fires."""
    titles = [
        form.format(name, place)
        for form, name, place in product(HEADLINES, NAMES, PLACES)
    ]
    titles += [
        f"{name} man single-handedly {deed}" for name, deed in product(NAMES, DEEDS)
    ]
    corpus = gather(titles, "invented")
    return once("planted", lambda: judge(corpus, rules, FOLDS, quietly))


def test_a_bad_function_is_found_by_its_harvest(
    rules: TopicRules, planted: Judged
) -> None:
    rows = harvest(planted, rules)
    assert [row.function for row in rows if row.label == "single"] == [
        "single: planted",
        "single: says single",
    ]
    worst, good = (row for row in rows if row.label == "single")
    assert rows[0] == worst
    assert (worst.votes, good.votes) == (25, 60)
    assert worst.hidden_lift is not None
    assert worst.hidden_lift > 2
    assert good.hidden_lift is not None
    assert good.hidden_lift < 1
    assert [row.support for row in rows] == [0, 0, 0]


def test_what_people_say_stands_beside_the_harvest(
    rules: TopicRules, planted: Judged
) -> None:
    titles = ("New single", "Single-handedly done", "Two singles", "Tour")
    targets = np.array([[0, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.int8)
    known = np.ones((4, 3), np.bool_)
    known[2, 1] = False
    rows = harvest(planted, rules, HumanLabels(titles, targets, known))
    found = {row.function: (row.precision, row.support) for row in rows}
    assert found == {
        "single: planted": (0, 1),
        "single: says single": (1, 1),
        "tour: says tour": (1, 1),
    }


def test_of_a_function_votes_count_that_gave_the_label(
    rules: TopicRules, planted: Judged
) -> None:
    shares = {row.function: row for row in harvest(planted, rules)}
    column = planted.labels.index("single")
    for name, row in shares.items():
        assert row.share == row.doubted / row.votes, name
    doubted = (planted.quality[:, column] < 0.5) & (planted.targets[:, column] == 1)
    of_single = [row.doubted for row in shares.values() if row.label == "single"]
    assert sum(of_single) == doubted.sum()


# --------------------------------------------------------------------------- trial


def test_suspects_that_are_all_errors_are_perfect() -> None:
    judged = guessed(3)
    right = (judged.probabilities > 0.5).astype(np.int8)
    wrong = judged.targets.copy()
    wrong[4, 1] ^= 1
    wrong[7, 0] ^= 1
    judged = replace(
        judged, targets=wrong, quality=label_quality(wrong, judged.probabilities)
    )
    people = HumanLabels(judged.titles, right, np.ones_like(right, np.bool_))
    found = trial(judged, people, LABELS)
    assert (found.headlines, found.labels, found.errors) == (30, 90, 2)
    assert (found.average_precision, found.auc) == (1, 1)
    assert found.precision_at_50 == 2 / 50
    nothing = replace(people, known=np.zeros_like(people.known))
    assert trial(judged, nothing, LABELS).average_precision is None
    strangers = replace(people, titles=("another",) * 30)
    assert trial(judged, strangers, LABELS).headlines == 0


def test_labels_that_people_do_not_tell_apart_are_not_scored() -> None:
    judged = replace(guessed(3), labels=("singer", "song", "vocalist"))
    people = HumanLabels(judged.titles, judged.targets, judged.targets > -1)
    found = trial(judged, people, ("singer", "song", "vocalist"))
    assert found.labels == 30
