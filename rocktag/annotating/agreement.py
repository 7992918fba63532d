"""How far annotators agree beyond chance: Krippendorff's alpha.

For a label, each headline that m ≥ 2 people read gives the pairs of what they say, each
at a weight of 1/(m - 1). With n0 and n1 such values of absent and present, n = n0 + n1,
and o01 the weight of the pairs that differ,

    alpha = 1 - (n - 1) o01 / (n0 n1)

1 is full agreement, 0 that of chance. It is not defined where all say the same.

Source: K. Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011, for nominal
data with missing values. (The package of that name is under a licence that would bind
rocktag's.)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rocktag.db.annotations import Vote


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far people agree on a label, or on all of them.

    Attributes:
        label: Its name; None of all labels together.
        headlines: How many at least two people have read for it.
        differ: About how many of these (of all: labels of headlines) they differ.
        alpha: Krippendorff's; None where it is not defined.
    """

    label: str | None
    headlines: int
    differ: int
    alpha: float | None


def agreement(votes: Iterable[Vote]) -> tuple[Agreement, list[Agreement]]:
    """Return the agreement on all labels together, and on each, the worst first."""
    units: dict[str, dict[int, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for vote in votes:
        units[vote.label][vote.headline_id].append(vote.present)
    rows = [_row(label, list(of_label.values())) for label, of_label in units.items()]
    everything = [said for of_label in units.values() for said in of_label.values()]
    read = {
        key
        for of_label in units.values()
        for key, said in of_label.items()
        if len(said) > 1
    }
    total = _row(None, everything)
    total = Agreement(None, len(read), total.differ, total.alpha)
    shared = [row for row in rows if row.headlines]
    return total, sorted(shared, key=_worst_first)


def alpha(units: Iterable[Sequence[bool]]) -> float | None:
    """Return Krippendorff's alpha of what was said of each unit, None if undefined.

    >>> alpha([[True, True], [False, False]]), alpha([[True, True]])
    (1.0, None)
    """
    counts = [0.0, 0.0]
    differing = 0.0
    for said in units:
        if len(said) < 2:
            continue
        present = sum(said)
        absent = len(said) - present
        counts[0] += absent
        counts[1] += present
        differing += present * absent / (len(said) - 1)
    expected = counts[0] * counts[1]
    if not expected:
        return None
    return 1 - (sum(counts) - 1) * differing / expected


def _row(label: str | None, units: Sequence[Sequence[bool]]) -> Agreement:
    shared = [said for said in units if len(said) > 1]
    differ = sum(0 < sum(said) < len(said) for said in shared)
    return Agreement(label, len(shared), differ, alpha(shared))


def _worst_first(row: Agreement) -> tuple[bool, float, str]:
    return row.alpha is None, row.alpha or 0.0, row.label or ""
