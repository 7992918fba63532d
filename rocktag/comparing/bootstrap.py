"""How sure a score is, and whether two models differ or chance has made it so.

Headlines are drawn with replacement, as many as there are: B. Efron, Bootstrap methods:
another look at the jackknife, 1979. The same seed draws the same headlines for every
model, so differences are paired: P. Koehn, Statistical significance tests for machine
translation evaluation, EMNLP 2004. Exact matches are compared with the exact form of
Q. McNemar, Note on the sampling error of the difference between correlated
proportions, 1947.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rocktag.comparing.counts import (
    Counts,
    Floats,
    label_scores,
    resampled_label_scores,
    resampled_scores,
    scores_of,
)
from rocktag.comparing.types import Difference, Interval, LabelIntervals
from rocktag.types import Flags

_PERCENTILES = (2.5, 97.5)
_CHUNK = 2_000_000  # draws at once: some ten megabytes


@dataclass(frozen=True, slots=True, eq=False)
class Resampled:
    """A model's scores, and those on B resamples of the headlines.

    Attributes:
        values: Score to its value on all headlines.
        draws: Score to (B,), its values on the resamples.
        exact: (N,), the headlines with every label right.
    """

    values: Mapping[str, float]
    draws: Mapping[str, Floats]
    exact: Flags

    def intervals(self) -> dict[str, Interval]:
        """Return the 95 % percentile interval of each score; its value is within."""
        return {
            name: Interval(value, *_ends(value, self.draws[name]))
            for name, value in self.values.items()
        }

    def less(self, reference: Resampled) -> dict[str, Difference]:
        """Return each score's difference from the reference's on the same resamples."""
        return {
            name: _difference(
                value - reference.values[name],
                self.draws[name] - reference.draws[name],
            )
            for name, value in self.values.items()
        }


def resample(counts: Counts, *, resamples: int, seed: int) -> Resampled:
    """Return the scores of the headlines, and of resamples of them.

    Args:
        counts: Of N headlines, at least one.
        resamples: B.
        seed: The same draws the same headlines out of as many.
    """
    return Resampled(
        values=scores_of(counts),
        draws=resampled_scores(counts, _sums(counts, resamples, seed)),
        exact=counts.exact,
    )


def label_intervals(
    counts: Counts, labels: Sequence[str], *, resamples: int, seed: int
) -> tuple[LabelIntervals, ...]:
    """Return how right each label is that the targets or the decisions have.

    A resample that says nothing of a label is left out of its interval.

    Args:
        counts: Of N headlines, at least one.
        labels: The L labels.
        resamples: How many.
        seed: As of `resample`.
    """
    f1, precision, recall = resampled_label_scores(_sums(counts, resamples, seed))
    found = []
    for row in label_scores(counts, labels):
        at = labels.index(row.label)
        found.append(
            LabelIntervals(
                row.label,
                row.support,
                _known_interval(row.precision, precision[:, at]),
                _known_interval(row.recall, recall[:, at]),
                _known_interval(row.f1, f1[:, at]),
            )
        )
    return tuple(found)


def mean_intervals(parts: Sequence[Resampled]) -> dict[str, Interval]:
    """Return each score's mean over models asked of the same headlines.

    The interval is that of the mean: which headlines were asked is chance, and the
    same chance for all.

    Args:
        parts: One a model, all of the same resamples.
    """
    found = {}
    for name in parts[0].values:
        value = float(np.mean([part.values[name] for part in parts]))
        draws = np.mean([part.draws[name] for part in parts], axis=0)
        found[name] = Interval(value, *_ends(value, draws))
    return found


def mcnemar(first: Flags, second: Flags) -> float:
    """Return the two-sided p-value that two models are right equally often.

    Only headlines count that one has right and the other has not.

    >>> right = np.ones(8, dtype=bool)
    >>> mcnemar(right, right), mcnemar(right, ~right)
    (1.0, 0.0078125)

    Args:
        first: (N,), where the one is right.
        second: (N,), where the other is.
    """
    only_first = int((first & ~second).sum())
    only_second = int((second & ~first).sum())
    if not only_first + only_second:
        return 1.0
    from scipy.stats import binomtest

    return float(binomtest(only_first, only_first + only_second).pvalue)


def _sums(counts: Counts, resamples: int, seed: int) -> Floats:
    """Return the sums (B, columns) of the rows in each resample."""
    generator = np.random.default_rng(seed)
    size = len(counts.rows)
    at_once = max(_CHUNK // size, 1)
    sums = []
    for begin in range(0, resamples, at_once):
        number = min(at_once, resamples - begin)
        drawn = generator.integers(0, size, (number, size))
        drawn += np.arange(number)[:, None] * size
        times = np.bincount(drawn.ravel(), minlength=number * size)
        sums.append(times.reshape(number, size).astype(np.float32) @ counts.rows)
    return np.concatenate(sums).astype(np.float64)


def _ends(value: float, draws: Floats) -> tuple[float, float]:
    """Return the percentiles, widened to the value where a skew leaves it outside."""
    low, high = np.percentile(draws, _PERCENTILES)
    return min(float(low), value), max(float(high), value)


def _known_interval(value: float, draws: Floats) -> Interval:
    """Return the interval over the draws that say anything."""
    known = draws[~np.isnan(draws)]
    return Interval(value, *_ends(value, known if len(known) else np.array([value])))


def _difference(value: float, draws: Floats) -> Difference:
    """Return the difference with its interval; p counts the draws beyond zero."""
    beyond = min(int((draws <= 0).sum()), int((draws >= 0).sum()))
    p_value = min(1.0, 2 * (beyond + 1) / (len(draws) + 1))
    return Difference(value, *_ends(value, draws), p_value)
