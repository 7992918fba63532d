"""What the labels of a corpus look like: coverage, overlap, co-occurrence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rocktag.types import NO_TOPIC, Targets


@dataclass(frozen=True, slots=True)
class RuleReport:
    """Facts about the labels of N headlines; the arrays follow `labels`.

    Attributes:
        labels: The L labels.
        headlines: N.
        counts: (L,) headlines that carry the label.
        overlaps: (L,) those of them that carry another label too.
        co_occurrence: (L, L) headlines that carry both; the diagonal is `counts`.
        label_set_sizes: Entry k is the number of headlines with k topics, none is 0.
    """

    labels: tuple[str, ...]
    headlines: int
    counts: npt.NDArray[np.int64]
    overlaps: npt.NDArray[np.int64]
    co_occurrence: npt.NDArray[np.int64]
    label_set_sizes: npt.NDArray[np.int64]

    @property
    def cardinality(self) -> float:
        """Mean number of labels a headline, `n/a` counted as one."""
        return float(self.counts.sum() / max(self.headlines, 1))

    @property
    def density(self) -> float:
        """Cardinality divided by the number of labels."""
        return self.cardinality / len(self.labels)

    @property
    def coverage(self) -> npt.NDArray[np.float64]:
        """(L,) share of the headlines that carry the label."""
        return self.counts / max(self.headlines, 1)


def analyse(targets: Targets, labels: Sequence[str]) -> RuleReport:
    """Count labels, overlaps and pairs in a label matrix (N, L).

    >>> report = analyse(np.array([[1, 1, 0], [1, 0, 0], [0, 0, 1]]), ["a", "b", "n/a"])
    >>> report.counts.tolist(), report.overlaps.tolist(), report.cardinality
    ([2, 1, 1], [1, 1, 0], 1.3333333333333333)
    """
    present = targets.astype(np.int64)
    sizes = present.sum(axis=1)
    topics = present[:, [label != NO_TOPIC for label in labels]].sum(axis=1)
    return RuleReport(
        labels=tuple(labels),
        headlines=len(present),
        counts=present.sum(axis=0),
        overlaps=present[sizes > 1].sum(axis=0),
        co_occurrence=present.T @ present,
        label_set_sizes=np.bincount(topics, minlength=1),
    )
