"""What thresholds are tuned for: the best F-beta, or a precision that is to be reached.

Counts are of right and of given labels along T thresholds, and of positives; any shapes
that broadcast will do.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from rocktag.errors import UsageError

Counts: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]

_NAME = re.compile(r"f(\d{1,3}(?:\.\d{1,6})?)")
_ROUNDING = 1e-12  # a share such as 0.9 of counts may be one bit below 0.9


@dataclass(frozen=True, slots=True)
class Objective:
    """What a threshold is chosen for.

    Attributes:
        beta: Of the F-beta to be best: recall counts beta times as much as precision.
        minimum_precision: Where given, the lowest threshold whose precision reaches it
            is taken; the best F-beta only where none does. For one topic that is the
            most recall at that precision; over all labels not always, for `n/a`
            gains where topics lose.
    """

    beta: float = 1.0
    minimum_precision: float | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.beta) and self.beta > 0):
            raise UsageError(f"beta is {self.beta}; give a number above 0")
        precision = self.minimum_precision
        if precision is not None and not 0 < precision <= 1:
            raise UsageError(
                f"the minimum precision is {precision}; give a number above 0, at most"
                " 1, such as 0.9"
            )

    @property
    def name(self) -> str:
        """As `named` reads it.

        >>> Objective(beta=2).name, Objective(beta=0.5).name
        ('f2', 'f0.5')
        """
        return f"f{self.beta:g}"

    def scores(self, right: Counts, given: Counts, positives: Counts) -> Floats:
        """Return the F-beta of counts; 0 with neither labels nor predictions.

        Source: C. J. van Rijsbergen, Information Retrieval, 1979, chapter 7.

        >>> one, two = np.array([1]), np.array([2])
        >>> Objective().scores(one, one, two).round(4).tolist()
        [0.6667]
        """
        weight = self.beta**2
        possible = np.maximum(given + weight * positives, 1)
        scores: Floats = (1 + weight) * right / possible
        return scores

    def reached(self, precision: Floats) -> npt.NDArray[np.bool_]:
        """Tell which precisions reach the minimum; all do where there is none."""
        return precision >= (self.minimum_precision or 0) - _ROUNDING


def named(name: str, minimum_precision: float | None = None) -> Objective:
    """Return the objective of a name: "f1", "f2", "f0.5" or another F-beta.

    >>> named("f0.5")
    Objective(beta=0.5, minimum_precision=None)

    Raises:
        UsageError: The name or the precision is none.
    """
    found = _NAME.fullmatch(name)
    if found is None or not float(found[1]):
        raise UsageError(
            f"{name!r} is not an objective; give f1, or f with another beta: f2 counts"
            " recall twice as much as precision, f0.5 half as much"
        )
    return Objective(float(found[1]), minimum_precision)


def precision_of(right: Counts, given: Counts) -> Floats:
    """Return the precision of counts; 0 where nothing is given."""
    precision: Floats = right / np.maximum(given, 1)
    return precision
