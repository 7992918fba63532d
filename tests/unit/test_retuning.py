"""Tuning a published model's thresholds again, from what its artifact keeps."""

from __future__ import annotations

import io
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from rocktag.artifact import (
    Contents,
    Published,
    load,
    npy_file,
    predictions,
    publish,
    read,
)
from rocktag.config import Settings
from rocktag.corpus import gather
from rocktag.errors import ArtifactError, UsageError
from rocktag.labeling import keyword_rules
from rocktag.objectives import Objective, named
from rocktag.retuning import retune
from rocktag.sampling import sample
from rocktag.thresholds import apply_thresholds, decide, tune
from rocktag.training import train
from rocktag.types import NO_TOPIC, Probabilities, Targets
from tests.once import Once
from tests.pages import read_page

LABELS = ("tour", "album", NO_TOPIC)
TARGETS = arrays.arrays(np.int8, (40, 3), elements=st.integers(0, 1))
PROBABILITIES = arrays.arrays(np.int64, (40, 3), elements=st.integers(0, 100)).map(
    lambda hundredths: (hundredths / 100).astype(np.float32)
)
BETAS = st.sampled_from([0.25, 0.5, 1.0, 2.0, 4.0])
MODEL_FILES = ("model.skops", "golden.jsonl", "history.csv", "config.toml")


@pytest.fixture(scope="module")
def unsure(tmp_path_factory: pytest.TempPathFactory, once: Once) -> Contents:
    """A published model with probabilities between 0 and 1: the thresholds matter."""
    chosen = Settings.model_validate({"train": {"classifier": "logistic-regression"}})
    corpus = gather((item.title for item in sample(1_500, seed=2)), "invented")
    trained = once.trained(
        "unsure", lambda: train(corpus, keyword_rules(), chosen, lambda *_: None)
    )
    folder = tmp_path_factory.mktemp("models")
    published = publish(folder, trained.draft, training_seconds=trained.seconds)
    return read(folder, published.manifest.name)


def published_anew(source: Contents, folder: Path, objective: Objective) -> Published:
    return publish(folder, retune(source, objective).draft, training_seconds=1)


def recall(targets: Targets, decided: Targets) -> float:
    return int((targets & decided).sum()) / max(int(targets.sum()), 1)


def precision(targets: Targets, decided: Targets) -> float:
    return int((targets & decided).sum()) / max(int(decided.sum()), 1)


def test_a_retuned_model_is_the_same_model_under_other_thresholds(
    unsure: Contents, tmp_path: Path
) -> None:
    published = published_anew(unsure, tmp_path, Objective(beta=3))
    artifact = load(tmp_path, published.manifest.name)
    files = read(tmp_path, published.manifest.name).files
    kept = [*MODEL_FILES, *(name for name in files if name.endswith(".npy"))]
    assert all(files[name] == unsure.files[name] for name in kept)
    assert len(kept) == 10
    new, old = artifact.manifest, unsure.manifest
    assert new.tuned_from == old.name
    assert new.name != old.name
    assert new.thresholds.objective == "f3"
    assert new.thresholds.micro < old.thresholds.micro
    assert new.test["micro"]["micro_recall"] >= old.test["micro"]["micro_recall"]
    assert new.reference.histograms == old.reference.histograms
    assert new.reference.rates != old.reference.rates
    assert old.name in files["README.md"].decode()


def test_the_page_is_written_anew_under_the_new_thresholds(
    unsure: Contents, tmp_path: Path
) -> None:
    published = published_anew(unsure, tmp_path, Objective(beta=3))
    files = read(tmp_path, published.manifest.name).files
    assert files["report.json"] == unsure.files["report.json"]
    page = read_page(files["report.html"])
    facts = published.manifest
    assert f"{facts.test['micro']['micro_f1']:.4f}" in page.text
    assert f"micro F1, chosen: {facts.thresholds.micro:.2f}" in page.text
    assert f"rocktag thresholds {unsure.manifest.name}" in page.text
    before = read_page(unsure.files["report.html"])
    assert f"micro F1, chosen: {unsure.manifest.thresholds.micro:.2f}" in before.text


def test_an_artifact_without_a_page_stays_without_one(unsure: Contents) -> None:
    files = {
        name: content
        for name, content in unsure.files.items()
        if name not in ("report.html", "report.json")
    }
    older = replace(unsure, files=files)
    assert "report.html" not in retune(older, Objective(beta=3)).draft.files


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("report.json", b"{}"),
        ("report.json", b"\xff"),
        (
            "report.json",
            b'{"frequencies": [[1]], "together": [[1]], "sides": {}, "errors": []}',
        ),
        ("history.csv", b"training_loss\nnone\n"),
        ("history.csv", b"training_loss\n1\n"),
    ],
)
def test_what_a_page_is_written_from_is_refused_in_another_form(
    unsure: Contents, name: str, content: bytes
) -> None:
    damaged = replace(unsure, files={**unsure.files, name: content})
    with pytest.raises(ArtifactError, match="what its page is written from"):
        retune(damaged, Objective(beta=3))


def test_tuning_back_to_f1_gives_the_thresholds_of_training(
    unsure: Contents, tmp_path: Path
) -> None:
    published = published_anew(unsure, tmp_path, Objective(beta=3))
    again = retune(read(tmp_path, published.manifest.name), Objective())
    old = unsure.manifest
    assert again.new.thresholds == old.thresholds.tuned()
    assert again.draft.facts["test"] == old.test
    assert again.draft.facts["reference"]["rates"] == old.reference.rates
    for name in ("test_scores.json", "thresholds.csv", "threshold_sweep.svg"):
        assert again.draft.files[name] == unsure.files[name], name


def test_thresholds_that_would_stay_as_they_are_are_refused(unsure: Contents) -> None:
    with pytest.raises(UsageError, match="nothing was published"):
        retune(unsure, Objective())


def test_more_positives_asked_for_leave_fewer_labels_a_threshold_of_their_own(
    unsure: Contents,
) -> None:
    few = retune(unsure, Objective(), 40)
    assert set(few.old.thresholds.fallback) < set(few.new.thresholds.fallback)
    assert few.draft.facts["thresholds"]["minimum_positives"] == 40


def test_an_artifact_without_predictions_says_what_to_do(unsure: Contents) -> None:
    files = {n: c for n, c in unsure.files.items() if not n.endswith(".npy")}
    with pytest.raises(ArtifactError, match="older rocktag; train it again"):
        retune(replace(unsure, files=files), Objective(beta=2))


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        pickle.dumps([1]),
        npy_file.dump(np.zeros((3, 36)), np.dtype(np.float64)),
        npy_file.dump(np.zeros((3, 35)), np.dtype(np.float32)),
        npy_file.dump(np.zeros((3, 36)), np.dtype(np.float32)),
        npy_file.dump(np.zeros((0, 36)), np.dtype(np.float32)),
        npy_file.dump(np.full((3, 36), np.nan), np.dtype(np.float32)),
        npy_file.dump(np.full((3, 36), 2), np.dtype(np.float32)),
    ],
)
def test_damaged_predictions_are_refused(unsure: Contents, damage: bytes) -> None:
    files = {**unsure.files, "validation_probabilities.npy": damage}
    with pytest.raises(ArtifactError, match="validation"):
        retune(replace(unsure, files=files), Objective(beta=2))


def test_pickled_predictions_are_never_opened(unsure: Contents) -> None:
    file = io.BytesIO()
    np.save(file, np.array([[print]], dtype=object), allow_pickle=True)
    files = {**unsure.files, "validation_targets.npy": file.getvalue()}
    with pytest.raises(ArtifactError, match=r"not a \.npy file"):
        retune(replace(unsure, files=files), Objective(beta=2))


@settings(max_examples=20, deadline=None)
@given(TARGETS, PROBABILITIES)
def test_predictions_come_back_as_they_were_from_the_same_bytes(
    targets: Targets, probabilities: Probabilities
) -> None:
    kept = predictions.Predictions(targets, probabilities, targets, probabilities)
    files = predictions.dump(kept)
    order = np.asfortranarray(targets)
    assert files == predictions.dump(replace(kept, test_targets=order))
    found = predictions.load(files, 3, where="here")
    ((tuned_on, scored),) = found.examinations()
    np.testing.assert_array_equal(scored[0], targets)
    np.testing.assert_array_equal(tuned_on[1], probabilities)


@settings(max_examples=50, deadline=None)
@given(TARGETS, PROBABILITIES, BETAS, BETAS)
def test_a_higher_beta_never_lowers_recall_on_validation(
    targets: Targets, probabilities: Probabilities, one: float, other: float
) -> None:
    low, high = (
        tune(
            targets,
            probabilities,
            LABELS,
            minimum_positives=1,
            objective=Objective(beta),
        )
        for beta in sorted((one, other))
    )
    served = [decide(probabilities, tuned.micro, LABELS) for tuned in (low, high)]
    assert recall(targets, served[0]) <= recall(targets, served[1])
    per_label = [
        apply_thresholds(probabilities, t.under("per-label")) for t in (low, high)
    ]
    for column in range(2):
        if LABELS[column] not in low.fallback:
            before, after = (
                recall(targets[:, column], decided[:, column]) for decided in per_label
            )
            assert before <= after


@settings(max_examples=50, deadline=None)
@given(TARGETS, PROBABILITIES, st.sampled_from([0.3, 0.5, 0.8, 0.9, 1.0]))
def test_a_minimum_precision_is_reached_on_validation_where_it_can_be(
    targets: Targets, probabilities: Probabilities, minimum: float
) -> None:
    objective = Objective(minimum_precision=minimum)
    tuned = tune(
        targets, probabilities, LABELS, minimum_positives=1, objective=objective
    )
    if "micro" not in tuned.unreached:
        served = decide(probabilities, tuned.micro, LABELS)
        assert precision(targets, served) >= minimum - 1e-9
    own = apply_thresholds(probabilities, tuned.under("per-label"))
    for column, label in enumerate(LABELS[:2]):
        if label not in tuned.fallback + tuned.unreached:
            assert precision(targets[:, column], own[:, column]) >= minimum - 1e-9


@settings(max_examples=20, deadline=None)
@given(TARGETS, PROBABILITIES)
def test_without_a_word_thresholds_are_tuned_for_f1(
    targets: Targets, probabilities: Probabilities
) -> None:
    plain = tune(targets, probabilities, LABELS, minimum_positives=3)
    asked = tune(
        targets,
        probabilities,
        LABELS,
        minimum_positives=3,
        objective=named("f1.0"),
    )
    assert plain == asked


@settings(max_examples=20, deadline=None)
@given(BETAS, st.integers(0, 20), st.integers(0, 20), st.integers(0, 20))
def test_f_beta_is_the_weighted_harmonic_mean_of_precision_and_recall(
    beta: float, right: int, wrong: int, missed: int
) -> None:
    counts = [np.array([n]) for n in (right, right + wrong, right + missed)]
    (found,) = Objective(beta).scores(*counts)
    share = 1 / (1 + beta**2)
    expected = (
        1 / (share * (right + wrong) / right + (1 - share) * (right + missed) / right)
        if right
        else 0
    )
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("name", ["", "f", "f0", "f0.0", "F1", "f-1", "f1e9", "micro"])
def test_what_is_no_f_beta_is_no_objective(name: str) -> None:
    with pytest.raises(UsageError, match="give f1"):
        named(name)


@pytest.mark.parametrize("minimum", [0, -0.1, 1.01, float("nan")])
def test_a_minimum_precision_outside_0_to_1_is_refused(minimum: float) -> None:
    with pytest.raises(UsageError, match="at most"):
        named("f1", minimum)
