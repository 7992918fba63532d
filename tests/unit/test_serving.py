"""int8 is served only where it says what was trained."""

from __future__ import annotations

import numpy as np
import pytest

from rocktag.errors import TrainingError
from rocktag.fitting.serving import Difference, choose, difference

SAME = Difference(1e-7, 0.0)
LABELS = ("album", "tour", "n/a")


@pytest.mark.parametrize(
    ("int8", "chosen"),
    [
        (Difference(0.02, 0.002), "int8"),
        (Difference(0.0201, 0.0), "float32"),
        (Difference(0.001, 0.0021), "float32"),
        (Difference(float("nan"), 0.0), "float32"),
    ],
)
def test_int8_is_chosen_within_both_bounds(int8: Difference, chosen: str) -> None:
    assert choose(SAME, int8) == chosen


@pytest.mark.parametrize("probability", [0.01, float("nan")])
def test_a_conversion_that_says_something_else_is_refused(probability: float) -> None:
    with pytest.raises(TrainingError, match="nothing was published"):
        choose(Difference(probability, 0.0), SAME)


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
