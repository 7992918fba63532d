"""Rare labels: the keyword rules serve them, whatever kind the model is of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from rocktag.artifact import Contents, load, predictions, publish, read
from rocktag.artifact.predictions import Side
from rocktag.config import Settings
from rocktag.corpus import gather
from rocktag.errors import ArtifactError
from rocktag.fitting import Fitted, Task, assess
from rocktag.fitting.rare_labels import beside_rules, rule_labels
from rocktag.labeling import keyword_rules
from rocktag.objectives import Objective
from rocktag.retuning import retune
from rocktag.sampling import sample
from rocktag.splits import Split
from rocktag.tagging import open_tagger
from rocktag.thresholds import GRID, decide, tune
from rocktag.training import Trained, labelled, learn, train
from rocktag.types import NO_TOPIC, Probabilities, Targets
from tests.figures import undrawn
from tests.once import Once

LABELS = keyword_rules().labels
RARE = 12  # positives
ALL = 1_000_000
CORPUS = gather((item.title for item in sample(800, seed=4)), "invented")
# Words in forms that the invented headlines do not have, and the rules know by stem.
TITLES = [
    *(item.title for item in sample(200, seed=9)),
    *(f"Zyx {label}s, {label}ing, {label}ed" for label in LABELS if label != NO_TOPIC),
    "Zyx",
]
SMALL_NETWORK = {
    "maximum_length": 4,
    "embedding_dimension": 4,
    "filters": 4,
    "lstm_units": 2,
    "dense_units": 4,
    "epochs": 1,
}


def settings_of(rules_below: int, classifier: str = "decision-tree") -> Settings:
    chosen = {"classifier": classifier, "rules_below": rules_below}
    return Settings.model_validate(
        {"train": {**chosen, "cnn_bilstm": SMALL_NETWORK, "minimum_positives": 2}}
    )


def trained_with(rules_below: int, classifier: str = "decision-tree") -> Trained:
    chosen = settings_of(rules_below, classifier)
    with undrawn():
        return train(CORPUS, keyword_rules(), chosen, lambda *_: None)


def all_by_rules(once: Once, classifier: str) -> Trained:
    """Return a model whose topics are all served by the rules."""
    return once.trained(f"by-rules-{classifier}", lambda: trained_with(ALL, classifier))


def task_of(targets: Targets, train_rows: int, rules_below: int) -> Task:
    rows = [np.arange(train_rows), np.arange(train_rows, len(targets)), np.arange(0)]
    return Task(
        titles=[""] * len(targets),
        targets=targets,
        labels=("tour", "rehab", NO_TOPIC),
        rows=Split(*rows),
        settings=settings_of(rules_below).train,
        checkpoints=None,
    )


def fitted_to(hundredths: Targets) -> Fitted:
    probabilities = (hundredths / 100).astype(np.float32)
    return Fitted(files={}, probabilities=probabilities, packages=())


@pytest.fixture(scope="module")
def rare(once: Once) -> Trained:
    """A tree whose rare labels the rules serve."""
    return once.trained("rare-labels", lambda: trained_with(RARE))


@pytest.fixture(scope="module")
def alone(once: Once) -> Trained:
    """The same tree, serving every label itself."""
    return once.trained("no-rare-labels", lambda: trained_with(0))


@pytest.fixture
def stored(rare: Trained, tmp_path: Path) -> Contents:
    """The artifact of the tree whose rare labels the rules serve."""
    return read(tmp_path, name_of(rare, tmp_path))


def name_of(trained: Trained, models_dir: Path) -> str:
    return publish(models_dir, trained.draft, training_seconds=1).manifest.name


def sides(trained: Trained) -> tuple[Side, Side]:
    """Return the validation side and the test side."""
    held_out = predictions.load(trained.draft.files, len(LABELS), where="here")
    (found,) = held_out.examinations()
    return found


@pytest.mark.parametrize("policy", ["micro", "macro", "per-label", 0.01, 0.99, 1.0])
def test_rare_labels_are_served_exactly_as_the_rules_say(
    rare: Trained, alone: Trained, tmp_path: Path, policy: str | float
) -> None:
    tagger = open_tagger(tmp_path, name_of(rare, tmp_path), policy)
    _, decided = tagger.tag(TITLES)
    _, otherwise = open_tagger(tmp_path, name_of(alone, tmp_path), policy).tag(TITLES)
    served = tagger.artifact.manifest.rule_labels
    columns = [LABELS.index(label) for label in served]
    expected = keyword_rules().label_matrix(TITLES, served)
    np.testing.assert_array_equal(decided[:, columns], expected)
    assert expected.any(axis=0).all()
    assert (otherwise[:, columns] != expected).any()
    assert 1 < len(served) < len(LABELS) - 1


@pytest.mark.parametrize("classifier", ["logistic-regression", "cnn-bilstm"])
def test_with_every_topic_by_the_rules_any_model_tags_as_they_do(
    classifier: str, once: Once, tmp_path: Path
) -> None:
    name = name_of(all_by_rules(once, classifier), tmp_path)
    tagger = open_tagger(tmp_path, name, 1)
    _, decided = tagger.tag(TITLES)
    np.testing.assert_array_equal(decided, keyword_rules().label_matrix(TITLES))
    served = tagger.artifact.manifest.rule_labels
    assert served == tuple(label for label in LABELS if label != NO_TOPIC)


def test_the_model_beside_the_rules_is_the_same_model(
    rare: Trained, alone: Trained
) -> None:
    served = [label in rare.draft.facts["rule_labels"] for label in LABELS]
    others = np.logical_not(served)
    for found, plain in zip(sides(rare), sides(alone), strict=True):
        np.testing.assert_array_equal(found[1][:, others], plain[1][:, others])
        np.testing.assert_array_equal(found[1][:, served], found[0][:, served])
    assert rare.draft.files["model.skops"] == alone.draft.files["model.skops"]


def test_without_rare_labels_nothing_is_said_of_them(alone: Trained) -> None:
    assert alone.draft.facts["rule_labels"] == ()
    assert alone.draft.facts["remarks"] == ()
    assert "served by the keyword rules" not in alone.draft.files["README.md"].decode()


def test_the_card_names_the_labels_that_the_rules_serve(rare: Trained) -> None:
    card = " ".join(rare.draft.files["README.md"].decode().split())
    names = ", ".join(rare.draft.facts["rule_labels"])
    assert f"Served by the keyword rules and not by the model: {names};" in card
    assert f"fewer than {RARE} positives" in card


def test_a_retuned_model_keeps_them(stored: Contents, tmp_path: Path) -> None:
    again = retune(stored, Objective(minimum_precision=0.5))
    found = publish(tmp_path, again.draft, training_seconds=1).manifest
    assert found.rule_labels == stored.manifest.rule_labels
    assert found.remarks == stored.manifest.remarks
    assert load(tmp_path, found.name)


def test_a_model_whose_rules_changed_is_refused(
    rare: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = name_of(rare, tmp_path)
    changed = replace(keyword_rules(), digest="f" * 64)
    monkeypatch.setattr("rocktag.artifact.loading.rules_of", lambda _: changed)
    with pytest.raises(ArtifactError, match=f"{'f' * 64}; train again, or install"):
        load(tmp_path, name)


@pytest.mark.parametrize("classifier", ["decision-tree", "cnn-bilstm"])
def test_a_trial_is_measured_as_training_would_serve(
    classifier: str, once: Once
) -> None:
    validation, _ = sides(all_by_rules(once, classifier))
    chosen = settings_of(ALL, classifier)
    targets, rows = labelled(CORPUS, keyword_rules(), chosen.train, lambda *_: None)
    task = Task(
        titles=CORPUS.titles,
        targets=targets,
        labels=LABELS,
        rows=rows,
        settings=chosen.train,
        checkpoints=None,
    )
    seen: list[Probabilities] = []
    found = assess(task, lambda *_: None, lambda _, said: seen.append(said))
    topics = [label != NO_TOPIC for label in LABELS]
    for said in (found, *seen, validation[1]):
        np.testing.assert_array_equal(
            said[:, topics], targets[rows.validation][:, topics]
        )
    assert len(seen) == (classifier == "cnn-bilstm")


def test_the_folds_leave_to_the_rules_what_the_served_model_does() -> None:
    chosen = settings_of(20, "logistic-regression").model_dump()
    folded = Settings.model_validate({"train": {**chosen["train"], "folds": 3}})
    learned = learn(CORPUS, keyword_rules(), folded, lambda *_: None)
    assert learned.sides.crossed is not None
    targets, probabilities = learned.sides.crossed.tuned_on
    fewest = targets.sum(axis=0) < 20
    by_rules = (probabilities == targets).all(axis=0)  # no regression is that sure
    served = [label in learned.fitted.rule_labels for label in LABELS]
    np.testing.assert_array_equal(by_rules, served)
    np.testing.assert_array_equal(fewest, served)
    in_each_fold = targets[learned.sides.crossed.folds != 0].sum(axis=0) < 20
    assert (in_each_fold & ~fewest).any()


@settings(max_examples=50, deadline=None)
@given(arrays.arrays(np.int8, (20, 3), elements=st.integers(0, 1)), st.integers(0, 12))
def test_only_topics_with_too_few_positives_in_training_are_left_to_the_rules(
    targets: Targets, rules_below: int
) -> None:
    task = task_of(targets, 10, rules_below)
    rare = {"tour", "rehab"} & {
        label
        for column, label in enumerate(task.labels)
        if int(targets[:10, column].sum()) < rules_below
    }
    assert set(rule_labels(task)) == rare
    fitted = fitted_to(targets)
    assert (beside_rules(fitted, task) is fitted) == (not rare)


@settings(max_examples=50, deadline=None)
@given(
    arrays.arrays(np.int8, (20, 3), elements=st.integers(0, 1)),
    arrays.arrays(np.int8, (20, 3), elements=st.integers(0, 100)),
    st.sampled_from([0.5, 1.0, 2.0]),
    st.sampled_from([None, 0.5, 1.0]),
    st.integers(1, 10),
)
def test_every_tuned_threshold_decides_a_label_of_the_rules_as_they_do(
    targets: Targets,
    hundredths: Targets,
    beta: float,
    minimum_precision: float | None,
    minimum_positives: int,
) -> None:
    task = task_of(targets, 20, ALL)
    said = beside_rules(fitted_to(hundredths), task).probabilities
    options: dict[str, Any] = {"minimum_positives": minimum_positives}
    objective = Objective(beta=beta, minimum_precision=minimum_precision)
    tuned = tune(targets, said, task.labels, objective=objective, **options)
    for policy in ("micro", "macro", "per-label"):
        limits = tuned.under(policy)
        assert ((limits >= GRID[0]) & (limits <= GRID[-1])).all()
        decided = decide(said, limits, task.labels)
        np.testing.assert_array_equal(decided[:, :2], targets[:, :2])
