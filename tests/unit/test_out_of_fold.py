"""Nested scores: each fold under thresholds that were tuned on the others."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rocktag.artifact import predictions
from rocktag.artifact.predictions import OutOfFold
from rocktag.errors import ArtifactError
from rocktag.metrics import score
from rocktag.objectives import Objective
from rocktag.thresholds import TunedThresholds, decide, tune
from rocktag.types import NO_TOPIC, Probabilities, Targets
from rocktag.verdicts import POLICIES, Verdict, reach

LABELS = ("tour", "album", NO_TOPIC)
SIZE, FOLDS = 24, 3
few = settings(max_examples=10, deadline=None)
SEEDS = st.integers(0, 2**31 - 1)


def random(size: int = 300, seed: int = 1) -> OutOfFold:
    """Return predictions that are better than chance, with many equal ones."""
    generator = np.random.default_rng(seed)
    targets = (generator.random((size, 3)) < 0.3).astype(np.int8)
    noise = generator.integers(0, 51, (size, 3))
    probabilities = ((50 * targets + noise) / 100).astype(np.float32)
    folds = generator.permutation(np.arange(size) % FOLDS).astype(np.int8)
    return OutOfFold(targets, probabilities, folds)


CROSSED = SEEDS.map(lambda seed: random(SIZE, seed))


def reached(crossed: OutOfFold) -> Verdict:
    return reach(crossed, LABELS, Objective(), 2)


def tuned(targets: Targets, probabilities: Probabilities) -> TunedThresholds:
    return tune(targets, probabilities, LABELS, minimum_positives=2)


@few
@given(CROSSED, CROSSED, st.integers(0, FOLDS - 1))
def test_a_folds_thresholds_never_depend_on_its_own_headlines(
    crossed: OutOfFold, other: OutOfFold, fold: int
) -> None:
    own = (crossed.folds == fold)[:, None]
    changed = OutOfFold(
        np.where(own, other.out_of_fold_targets, crossed.out_of_fold_targets),
        np.where(
            own, other.out_of_fold_probabilities, crossed.out_of_fold_probabilities
        ),
        crossed.folds,
    )
    before, after = reached(crossed), reached(changed)
    assert before.fold_thresholds[fold] == after.fold_thresholds[fold]


@few
@given(CROSSED)
def test_the_scores_of_all_folds_are_of_what_was_decided_in_each(
    crossed: OutOfFold,
) -> None:
    verdict = reached(crossed)
    for policy in POLICIES:
        decided = np.zeros_like(crossed.out_of_fold_targets)
        for fold in range(FOLDS):
            own = crossed.folds == fold
            others = tuned(
                crossed.out_of_fold_targets[~own],
                crossed.out_of_fold_probabilities[~own],
            )
            said = crossed.out_of_fold_probabilities[own]
            decided[own] = decide(said, others.under(policy), LABELS)
            targets = crossed.out_of_fold_targets[own]
            assert verdict.folds[fold][policy] == score(targets, decided[own], LABELS)
        expected = score(crossed.out_of_fold_targets, decided, LABELS)
        found = verdict.test[policy]
        assert found.per_label == expected.per_label
        assert found.averages() == pytest.approx(expected.averages())


@few
@given(CROSSED)
def test_what_is_served_is_tuned_on_all_that_was_said_out_of_fold(
    crossed: OutOfFold,
) -> None:
    verdict = reached(crossed)
    assert verdict.thresholds == tuned(*crossed.tuned_on)
    facts = verdict.facts()
    assert facts["thresholds"]["tuned_on"] == "out-of-fold"
    assert facts["thresholds"]["headlines"] == SIZE
    rates = verdict.rates()["micro"]
    served = decide(crossed.unseen, verdict.thresholds.micro, LABELS)
    assert list(rates.values()) == served.mean(axis=0).tolist()


def test_the_manifest_has_mean_and_deviation_of_the_folds() -> None:
    verdict = reached(random())
    facts = verdict.facts()["cross_validation"]
    assert facts["folds"] == 3
    for policy in POLICIES:
        for name, found in facts["scores"][policy].items():
            values = [fold[policy].averages()[name] for fold in verdict.folds]
            mean = sum(values) / 3
            assert found["folds"] == values
            assert found["mean"] == pytest.approx(mean)
            variance = sum((value - mean) ** 2 for value in values) / 2
            assert found["standard_deviation"] == pytest.approx(variance**0.5)
    assert facts["scores"]["micro"]["micro_f1"]["standard_deviation"] > 0
    for policy in ("micro", "macro"):
        chosen = [getattr(found, policy) for found in verdict.fold_thresholds]
        assert facts["thresholds"][policy] == chosen


def test_the_tables_of_the_folds_are_those_of_the_verdict() -> None:
    verdict = reached(random())
    files = verdict.files()
    rows = list(csv.DictReader(io.StringIO(files["fold_scores.csv"].decode())))
    assert [(row["policy"], row["fold"]) for row in rows] == [
        (policy, str(fold)) for fold in (1, 2, 3) for policy in POLICIES
    ]
    for row in rows:
        found = verdict.folds[int(row["fold"]) - 1][row["policy"]].averages()
        assert float(row["micro_f1"]) == pytest.approx(found["micro_f1"], abs=1e-6)
    table = files["fold_label_scores.csv"].decode()
    per_label = list(csv.DictReader(io.StringIO(table)))
    assert len(per_label) == 3 * 3 * 3
    support = sum(
        int(row["support"])
        for row in per_label
        if (row["policy"], row["label"]) == ("micro", "tour")
    )
    assert support == random().out_of_fold_targets[:, 0].sum()
    scores = json.loads(files["test_scores.json"])
    assert scores["micro"]["micro_f1"] == verdict.test["micro"].micro.f1
    assert b"out-of-fold headlines" in files["threshold_sweep.svg"]


@few
@given(CROSSED)
def test_what_was_said_out_of_fold_comes_back_as_it_was(crossed: OutOfFold) -> None:
    files = predictions.dump(crossed)
    assert set(files) == {
        "out_of_fold_targets.npy",
        "out_of_fold_probabilities.npy",
        "folds.npy",
    }
    found = predictions.load(files, 3, where="here")
    assert isinstance(found, OutOfFold)
    for one in fields(OutOfFold):
        before, after = getattr(crossed, one.name), getattr(found, one.name)
        np.testing.assert_array_equal(after, before)
        assert after.dtype == before.dtype
    assert predictions.dump(found) == files


NINE = np.arange(9)


@pytest.mark.parametrize(
    ("folds", "told"),
    [
        (b"", r"here/folds\.npy is not a \.npy file"),
        (np.zeros((9, 3), dtype=np.int8), "is not a row of int8"),
        ((NINE % 3).astype(np.int64), "is not a row of int8"),
        ((NINE % 3).astype(np.float32), "is not a row of int8"),
        (np.zeros(0, dtype=np.int8), "is not a row of int8"),
        ((NINE[:8] % 3).astype(np.int8), "not equally many"),
        ((NINE % 3 - 1).astype(np.int8), "outside 0 to 127"),
        (np.zeros(9, dtype=np.int8), "headlines in 1 of 1 fold;"),
        ((NINE % 2 * 2).astype(np.int8), "headlines in 2 of 3 folds"),
        ((NINE % 2 + 1).astype(np.int8), "headlines in 2 of 3 folds"),
    ],
)
def test_damaged_folds_are_refused(folds: object, told: str) -> None:
    content = folds
    if isinstance(folds, np.ndarray):
        file = io.BytesIO()
        np.save(file, folds, allow_pickle=False)
        content = file.getvalue()
    files = {**predictions.dump(random(9)), "folds.npy": content}
    with pytest.raises(ArtifactError, match=told):
        predictions.load(files, 3, where="here")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["out_of_fold_targets", "out_of_fold_probabilities"])
def test_other_arrays_than_the_folds_are_refused_too(name: str) -> None:
    crossed = random(9)
    shorter = replace(crossed, **{name: getattr(crossed, name)[:8]})
    with pytest.raises(ArtifactError, match="out_of_fold headlines are not equally"):
        predictions.load(predictions.dump(shorter), 3, where="here")
    over = replace(crossed, **{name: getattr(crossed, name) + 2})
    with pytest.raises(ArtifactError, match="outside 0 to 1"):
        predictions.load(predictions.dump(over), 3, where="here")
    with pytest.raises(ArtifactError, match="with 4 columns"):
        predictions.load(predictions.dump(crossed), 4, where="here")


def test_a_folds_file_that_is_missing_leaves_no_predictions() -> None:
    files = predictions.dump(random(9))
    del files["folds.npy"]
    with pytest.raises(ArtifactError, match="train it again"):
        predictions.load(files, 3, where="here")
