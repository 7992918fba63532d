"""int8 is served only where it says what was trained."""

from __future__ import annotations

import numpy as np
import pytest

from rocktag.errors import TrainingError
from rocktag.fitting.serving import Difference, Limits, choose, difference
from rocktag.types import Probabilities, Targets

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
    targets, expected = _separable()
    found = expected.copy()
    positive = int(np.argmax(targets[:, 0]))
    found[positive, 0] = 0.0
    same = difference(targets, expected, expected, LABELS, minimum_positives=1)
    assert same == Difference(0.0, 0.0)
    moved = difference(targets, expected, found, LABELS, minimum_positives=1)
    assert moved.probability == pytest.approx(expected[positive, 0])
    assert 0 < moved.f1 <= moved.label_f1
    assert moved.decisions > 0


def test_each_file_is_judged_under_its_own_thresholds() -> None:
    targets, expected = _separable()
    lower = expected * np.float32(0.8)  # every decision stays where it can be tuned
    moved = difference(targets, expected, lower, LABELS, minimum_positives=1)
    assert moved.probability > 0.1
    assert (moved.f1, moved.label_f1, moved.decisions) == (0.0, 0.0, 0.0)


def _separable() -> tuple[Targets, Probabilities]:
    """Return targets and probabilities (60, 3) that any threshold around 0.5 parts."""
    generator = np.random.default_rng(1)
    targets = generator.integers(0, 2, (60, 3)).astype(np.int8)
    targets[:, 2] = 1 - targets[:, :2].max(axis=1)
    apart = generator.uniform(0.3, 0.5, (60, 3))
    return targets, np.where(targets, 0.5 + apart, 0.5 - apart).astype(np.float32)
