"""Which of a network's two LiteRT files is served: int8, where it says the same.

Both are compared with Keras on the validation headlines, under thresholds tuned on what
Keras says of them. The int8 file is a quarter of the size and faster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from rocktag.errors import TrainingError
from rocktag.metrics import score
from rocktag.thresholds import decide, tune
from rocktag.types import Probabilities, Targets

NumberFormat: TypeAlias = Literal["int8", "float32"]
Predict: TypeAlias = Callable[[Sequence[str]], Probabilities]

PROBABILITY_MAY_MOVE = 0.02  # of int8
F1_MAY_MOVE = 0.002  # of int8: micro, macro and every label's, under each policy
_CONVERSION_MAY_MOVE = 1e-4  # of a probability, of float32: sums in another order
_POLICIES = ("micro", "macro", "per-label")


@dataclass(frozen=True, slots=True)
class Difference:
    """The most that a file's answers differ from Keras' on the validation headlines.

    Attributes:
        probability: Of any label of any headline.
        f1: Micro, macro or of any label, under any threshold policy.
    """

    probability: float
    f1: float


def difference(
    targets: Targets,
    expected: Probabilities,
    found: Probabilities,
    labels: Sequence[str],
    *,
    minimum_positives: int,
) -> Difference:
    """Compare what a file says (N, L) with what Keras says (N, L)."""
    thresholds = tune(targets, expected, labels, minimum_positives=minimum_positives)
    moved = 0.0
    for policy in _POLICIES:
        limits = thresholds.under(policy)
        before, after = (
            _f1(targets, decide(probabilities, limits, labels), labels)
            for probabilities in (expected, found)
        )
        moved = max(moved, float(np.abs(before - after).max()))
    return Difference(float(np.abs(expected - found).max()), moved)


def choose(float32: Difference, int8: Difference) -> NumberFormat:
    """Return int8 where it moves little enough, else float32.

    >>> choose(Difference(1e-7, 0.0), Difference(0.004, 0.001))
    'int8'
    >>> choose(Difference(1e-7, 0.0), Difference(0.021, 0.0))
    'float32'

    Raises:
        TrainingError: Not even float32 says what Keras says.
    """
    if not float32.probability <= _CONVERSION_MAY_MOVE:  # NaN too
        raise TrainingError(
            "the converted model does not say what was trained: a probability differs"
            f" by {float32.probability:.4f}; nothing was published. Install the"
            " versions of constraints.txt"
        )
    fits = int8.probability <= PROBABILITY_MAY_MOVE and int8.f1 <= F1_MAY_MOVE
    return "int8" if fits else "float32"


def _f1(targets: Targets, decided: Targets, labels: Sequence[str]) -> np.ndarray:
    """Return micro F1, macro F1 and that of each label (2 + L,)."""
    found = score(targets, decided, labels)
    return np.array(
        [found.micro.f1, found.macro.f1, *(row.f1 for row in found.per_label)]
    )
