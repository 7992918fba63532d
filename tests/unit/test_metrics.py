"""The scores of predictions, against counts by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rocktag.errors import TrainingError
from rocktag.metrics import Average, score
from rocktag.types import Targets

LABELS = ("album", "tour", "video")
MATRIX = arrays(np.int8, (12, 3), elements=st.integers(0, 1))


def ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0


@settings(deadline=None)
@given(MATRIX, MATRIX)
def test_the_scores_are_those_of_a_hand_count(
    targets: Targets, predictions: Targets
) -> None:
    right = (targets & predictions).sum(axis=0)
    given_, true = predictions.sum(axis=0), targets.sum(axis=0)
    f1 = [ratio(2 * r, g + t) for r, g, t in zip(right, given_, true, strict=True)]
    scores = score(targets, predictions, LABELS)
    assert scores.micro.precision == pytest.approx(ratio(right.sum(), given_.sum()))
    assert scores.micro.recall == pytest.approx(ratio(right.sum(), true.sum()))
    assert scores.micro.f1 == pytest.approx(
        ratio(2 * right.sum(), given_.sum() + true.sum())
    )
    assert scores.macro.f1 == pytest.approx(np.mean(f1))
    assert scores.weighted.f1 == pytest.approx(ratio(float(f1 @ true), true.sum()))
    assert [row.f1 for row in scores.per_label] == pytest.approx(f1)
    assert [row.support for row in scores.per_label] == true.tolist()
    assert scores.subset_accuracy == pytest.approx(
        (targets == predictions).all(axis=1).mean()
    )
    assert scores.hamming_loss == pytest.approx((targets != predictions).mean())
    assert scores.headlines == 12


def test_the_mean_over_headlines_is_taken_headline_by_headline() -> None:
    targets = np.array([[1, 1, 0], [1, 0, 0]], dtype=np.int8)
    predictions = np.array([[1, 0, 0], [0, 1, 0]], dtype=np.int8)
    samples = score(targets, predictions, LABELS).samples
    assert (samples.precision, samples.recall) == (0.5, 0.25)
    assert samples.f1 == pytest.approx(1 / 3)


def test_a_score_of_nothing_at_all_is_zero_without_a_warning() -> None:
    nothing = np.zeros((3, 3), dtype=np.int8)
    scores = score(nothing, nothing, LABELS)
    assert scores.micro == scores.macro == scores.samples == Average(0.0, 0.0, 0.0)
    assert scores.subset_accuracy == 1


def test_the_flat_names_are_ready_for_json() -> None:
    right = np.eye(3, dtype=np.int8)
    flat = json.loads(json.dumps(score(right, right, LABELS).as_dict()))
    assert flat["micro_f1"] == flat["samples_recall"] == flat["weighted_precision"] == 1
    assert (flat["hamming_loss"], flat["headlines"]) == (0, 3)
    assert flat["per_label"][1] == {
        "label": "tour",
        "precision": 1,
        "recall": 1,
        "f1": 1,
        "support": 1,
    }


def test_without_headlines_there_is_nothing_to_score() -> None:
    none = np.zeros((0, 3), dtype=np.int8)
    with pytest.raises(TrainingError, match="no headline to score on"):
        score(none, none, LABELS)
