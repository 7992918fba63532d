"""int8 is served only where it says what was trained."""

from __future__ import annotations

import numpy as np
import pytest

from rocktag.errors import TrainingError
from rocktag.fitting.serving import Difference, Limits, choose, difference

SAME = Difference(1e-7, 0.0)
LIMITS = Limits(probability=0.02, f1=0.002, label_f1=0.002)
LABELS = ("album", "tour", "n/a")


@pytest.mark.parametrize(
    ("int8", "chosen"),
    [
        (Difference(0.02, 0.002), "int8"),
        (Difference(0.0201, 0.0), "float32"),
        (Difference(0.001, 0.0021), "float32"),
        (Difference(0.001, 0.0, label_f1=0.0021), "float32"),
        (Difference(float("nan"), 0.0), "float32"),
    ],
)
def test_int8_is_chosen_within_every_bound(int8: Difference, chosen: str) -> None:
    assert choose(SAME, int8, LIMITS) == chosen


def test_a_bound_that_is_not_given_stops_nothing() -> None:
    assert choose(SAME, Difference(0.9, 0.002, 0.5), Limits(f1=0.002)) == "int8"
    assert choose(SAME, Difference(0.0, float("nan")), Limits(f1=0.002)) == "float32"


@pytest.mark.parametrize("probability", [0.01, float("nan")])
def test_a_conversion_that_says_something_else_is_refused(probability: float) -> None:
    with pytest.raises(TrainingError, match="nothing was published"):
        choose(Difference(probability, 0.0), SAME, LIMITS)


def test_the_difference_is_the_largest_of_probabilities_and_of_f1() -> None:
    generator = np.random.default_rng(1)
    expected = generator.random((60, 3)).astype(np.float32)
    targets = (expected > 0.5).astype(np.int8)
    targets[:, 2] = 1 - targets[:, :2].max(axis=1)
    found = expected.copy()
    found[7, 0] += 0.3 if expected[7, 0] < 0.5 else -0.3
    same = difference(targets, expected, expected, LABELS, minimum_positives=1)
    assert same == Difference(0.0, 0.0)
    moved = difference(targets, expected, found, LABELS, minimum_positives=1)
    assert moved.probability == pytest.approx(0.3, abs=1e-6)
    flipped = np.where(expected[7, 0] < 0.5, found[7, 0] >= 0.5, found[7, 0] < 0.5)
    assert (moved.f1 > 0) == bool(flipped)
    assert (moved.label_f1 >= moved.f1) or not flipped
    assert (moved.decisions > 0) == bool(flipped)
