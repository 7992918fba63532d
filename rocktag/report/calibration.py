"""Whether a probability can be taken at its word.

Source of the expected calibration error: M. Pakdaman Naeini, G. F. Cooper and
M. Hauskrecht, Obtaining Well Calibrated Probabilities Using Bayesian Binning,
AAAI 2015. Here each of the N x L decisions is one of "the label applies".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rocktag.report.canvas import GRID, INK, Drawing
from rocktag.types import Probabilities, Targets

_BINS = 10  # of equal width


@dataclass(frozen=True, slots=True)
class Bin:
    """The decisions with a probability from `low` to below `high`, or to 1.

    Attributes:
        low, high: Its edges.
        decisions: How many there are.
        probability: Their mean probability.
        share: Of them, where the label applies.
    """

    low: float
    high: float
    decisions: int
    probability: float
    share: float

    @property
    def gap(self) -> float:
        """How far what was said is from what is, without its sign."""
        return abs(self.share - self.probability)


def reliability(targets: Targets, probabilities: Probabilities) -> tuple[Bin, ...]:
    """Return the bins that hold any of the decisions (N, L), in order.

    >>> said = np.float32([[0.9, 0.1], [0.95, 0.0]])
    >>> [(one.low, one.decisions, one.share) for one in
    ...  reliability(np.int8([[1, 0], [0, 0]]), said)]
    [(0.0, 1, 0.0), (0.1, 1, 0.0), (0.9, 2, 0.5)]
    """
    said = np.asarray(probabilities, dtype=np.float64).round(6).ravel()
    applies = np.asarray(targets).ravel()
    numbers = np.minimum((said * _BINS).astype(np.int64), _BINS - 1)
    found = []
    for number in np.unique(numbers):
        inside = numbers == number
        found.append(
            Bin(
                low=int(number) / _BINS,
                high=(int(number) + 1) / _BINS,
                decisions=int(inside.sum()),
                probability=float(said[inside].mean()),
                share=float(applies[inside].mean()),
            )
        )
    return tuple(found)


def expected_error(bins: Sequence[Bin]) -> float:
    """Return the mean gap over all decisions; 0 where there is none.

    >>> expected_error([Bin(0, 0.1, 30, 0.05, 0.05), Bin(0.9, 1, 10, 0.95, 0.75)])
    0.05
    """
    total = sum(one.decisions for one in bins)
    return round(sum(one.decisions * one.gap for one in bins) / max(total, 1), 12)


def reliability_drawing(bins: Sequence[Bin], *, scored: str) -> Drawing:
    """Draw the share of labels that apply by the probability that was given.

    Args:
        bins: Of the decisions.
        scored: What was decided on, in a few words.
    """
    widest = max(bins, key=lambda one: one.gap)

    def draw(panels: Sequence[Any]) -> None:
        (axes,) = panels
        axes.plot((0, 1), (0, 1), "--", color=INK, linewidth=0.8, label="calibrated")
        axes.vlines(
            [one.probability for one in bins],
            [one.probability for one in bins],
            [one.share for one in bins],
            color=GRID,
            linewidth=4,
        )
        axes.plot(
            [one.probability for one in bins],
            [one.share for one in bins],
            "-o",
            color=INK,
            label="the model",
            clip_on=False,
        )
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
        axes.set(xlabel="mean probability", ylabel="share where the label applies")
        axes.legend(loc="upper left", frameon=False)

    return Drawing(
        name="calibration",
        title="Reliability diagram: what was said, and how often it was so",
        description=f"On {scored} the expected calibration error is"
        f" {expected_error(bins):.4f}; the widest gap is from {widest.low:.1f} to"
        f" {widest.high:.1f}: a mean probability of {widest.probability:.3f}, where"
        f" {widest.share:.3f} apply",
        draw=draw,
        height=4.6,
    )
