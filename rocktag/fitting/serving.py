"""Which of a network's two LiteRT files is served: int8, where it says the same.

Both are compared with Keras in float32 on the validation headlines, each under the
thresholds that are tuned on its own answers, as they are when it is served. The int8
file is a quarter of the size and faster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from rocktag.errors import TrainingError
from rocktag.metrics import score
from rocktag.thresholds import decide, tune
from rocktag.types import Probabilities, Targets

NumberFormat: TypeAlias = Literal["int8", "float32"]
Predict: TypeAlias = Callable[[Sequence[str]], Probabilities]

_CONVERSION_MAY_MOVE = 1e-4  # of a probability, of float32: sums in another order
_POLICIES = ("micro", "macro", "per-label")


@dataclass(frozen=True, slots=True)
class Difference:
    """The most that a file's answers differ from Keras' on the validation headlines.

    Attributes:
        probability: Of any label of any headline.
        f1: Micro or macro, under any threshold policy.
        label_f1: Of any label, under any threshold policy.
        decisions: Share of the n x L decisions that changed, under any policy.
    """

    probability: float
    f1: float
    label_f1: float = 0.0
    decisions: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What int8 may change, and still be served.

    Attributes:
        probability: Of any label of any headline.
        f1: Micro or macro.
        label_f1: Of any label; one with few positives jumps with a single decision.
    """

    probability: float = float("inf")
    f1: float
    label_f1: float = float("inf")

    def allow(self, found: Difference) -> bool:
        """Tell whether a difference is small enough; NaN is not."""
        return not self.passed_by(found)

    def passed_by(self, found: Difference) -> list[str]:
        """Return in words which limits a difference passes.

        >>> Limits(probability=0.02, f1=0.002).passed_by(Difference(0.031, 0.001))
        ['a probability moved by 0.0310 (0.02 is allowed)']
        """
        measured = (
            ("a probability", found.probability, self.probability),
            ("micro or macro F1", found.f1, self.f1),
            ("a label's F1", found.label_f1, self.label_f1),
        )
        return [
            f"{what} moved by {moved:.4f} ({limit:g} is allowed)"
            for what, moved, limit in measured
            if not moved <= limit
        ]


def difference(
    targets: Targets,
    expected: Probabilities,
    found: Probabilities,
    labels: Sequence[str],
    *,
    minimum_positives: int,
) -> Difference:
    """Compare what a file says (N, L) with what Keras says (N, L)."""
    own = [
        tune(targets, said, labels, minimum_positives=minimum_positives)
        for said in (expected, found)
    ]
    moved = []
    for policy in _POLICIES:
        before = decide(expected, own[0].under(policy), labels)
        after = decide(found, own[1].under(policy), labels)
        moved.append(_moved(targets, before, after, labels))
    f1, label_f1, decisions = (max(values) for values in zip(*moved, strict=True))
    return Difference(float(np.abs(expected - found).max()), f1, label_f1, decisions)


def choose(float32: Difference, int8: Difference, limits: Limits) -> NumberFormat:
    """Return int8 where it moves little enough, else float32.

    >>> limits = Limits(probability=0.02, f1=0.002)
    >>> choose(Difference(1e-7, 0.0), Difference(0.004, 0.001), limits)
    'int8'
    >>> choose(Difference(1e-7, 0.0), Difference(0.021, 0.0), limits)
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
    return "int8" if limits.allow(int8) else "float32"


def _moved(
    targets: Targets, before: Targets, after: Targets, labels: Sequence[str]
) -> tuple[float, float, float]:
    """Return how far averages and labels' F1 move, and the share of new decisions."""
    averages, per_label = (
        np.abs(old - new).max()
        for old, new in zip(
            _f1(targets, before, labels), _f1(targets, after, labels), strict=True
        )
    )
    return float(averages), float(per_label), float((before != after).mean())


def _f1(
    targets: Targets, decided: Targets, labels: Sequence[str]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return micro and macro F1 (2,), and that of each label (L,)."""
    found = score(targets, decided, labels)
    averages = np.array([found.micro.f1, found.macro.f1])
    return averages, np.array([row.f1 for row in found.per_label])
