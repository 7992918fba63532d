"""Whether a model still sees what it was trained on: frozen bins and two tests.

The population stability index (PSI) compares distributions of probability, bin by bin;
it does not see a rare label's few positives move. The two-proportion test does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_QUANTILES = np.linspace(0.1, 0.9, 9)
_SMOOTHING = 0.5  # headlines added to each bin: an empty one must not be infinite


def frozen_edges(probabilities: npt.NDArray[np.float32]) -> tuple[float, ...]:
    """Return at most nine inner edges that cut one label's probabilities (N,) in ten.

    An edge lies halfway between two values that occur, so that rounding on another
    machine moves nothing across it; equal values make fewer bins.

    >>> frozen_edges(np.float32([0, 0, 0, 0, 0, 0, 0.5, 1.0, 1.0, 1.0]))
    (0.25, 0.75)
    """
    values = np.unique(probabilities)
    cuts = np.quantile(probabilities, _QUANTILES, method="lower")
    below = np.unique(np.searchsorted(values, cuts))
    return tuple(
        round(float(values[index] + values[index + 1]) / 2, 6)
        for index in below
        if index + 1 < len(values)
    )


def histogram(
    probabilities: npt.NDArray[np.float32], edges: Sequence[float]
) -> tuple[int, ...]:
    """Return how many of one label's probabilities (N,) fall into each bin.

    >>> histogram(np.float32([0.1, 0.2, 0.9]), [0.5])
    (2, 1)
    """
    bins = np.searchsorted(np.asarray(edges, dtype=np.float32), probabilities)
    return tuple(np.bincount(bins, minlength=len(edges) + 1).tolist())


def population_stability_index(
    expected: Sequence[int], observed: Sequence[int]
) -> float:
    """Return the PSI of two histograms over the same bins; 0 means the same shape.

    The sum over bins of (o - e) ln(o / e), with o and e as shares (Siddiqi, Credit
    Risk Scorecards, 2006). By custom 0.1 is a small shift and 0.2 a large one.

    >>> population_stability_index([50, 50], [500, 500])
    0.0
    >>> round(population_stability_index([90, 10], [500, 500]), 2)
    0.85
    """
    share_expected, share_observed = _shares(expected), _shares(observed)
    ratio = np.log(share_observed / share_expected)
    return abs(float(((share_observed - share_expected) * ratio).sum()))


def two_proportion_p_value(
    assigned: int, headlines: int, expected_rate: float, reference_headlines: int
) -> float:
    """Return the two-sided p-value that two samples share one rate.

    The pooled z-test with Yates' continuity correction (Fleiss, Statistical Methods
    for Rates and Proportions, 2003), which errs to the safe side on small counts. In
    plain arithmetic: SciPy would double the worker's memory for this one line.

    >>> two_proportion_p_value(10, 100, 0.1, 1_000)
    1.0
    >>> two_proportion_p_value(20, 1_000, 0.001, 6_000) < 1e-9
    True
    """
    expected = expected_rate * reference_headlines
    pooled = (assigned + expected) / (headlines + reference_headlines)
    inverse = 1 / headlines + 1 / reference_headlines
    deviation = math.sqrt(pooled * (1 - pooled) * inverse)
    distance = abs(assigned / headlines - expected_rate) - inverse / 2
    if deviation == 0 or distance <= 0:
        return 1.0
    return math.erfc(distance / deviation / math.sqrt(2))


def _shares(counts: Sequence[int]) -> npt.NDArray[np.float64]:
    smoothed = np.asarray(counts, dtype=np.float64) + _SMOOTHING
    shares: npt.NDArray[np.float64] = smoothed / smoothed.sum()
    return shares
