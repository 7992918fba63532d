"""Right and wrong decisions, counted a headline a row, and the scores of their sums.

Scores of a resample are of the sum of its rows, so that thousands of resamples are one
product of matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from rocktag.metrics import LabelScore
from rocktag.types import Flags, Targets

Floats: TypeAlias = npt.NDArray[np.float64]

SCORES = (
    "micro_f1",
    "micro_precision",
    "micro_recall",
    "macro_f1",
    "macro_precision",
    "macro_recall",
    "subset_accuracy",
    "hamming_loss",
)
MASKED_SCORES = SCORES[:6]  # those that make sense where `n/a` is left out
_EXTRA = 2  # columns beside three a label


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """What was decided of N headlines.

    Attributes:
        rows: (N, 3 L + 2): right, wrongly given and missed, of each label; whether all
            labels are right; how many decisions were scored.
        averaged: (L,), the labels that macro averages are of.
    """

    rows: npt.NDArray[np.float32]
    averaged: Flags

    @property
    def exact(self) -> Flags:
        """(N,), the headlines with every label right."""
        exact: Flags = self.rows[:, -_EXTRA] == 1
        return exact


def count(
    targets: Targets,
    decided: Targets,
    *,
    scored: Flags | None = None,
    averaged: Flags | None = None,
) -> Counts:
    """Count decisions (N, L) against targets (N, L).

    Args:
        targets: What is right.
        decided: What was given.
        scored: (N, L), which decisions count; None for all.
        averaged: (L,), the labels that macro averages are of; None for all.
    """
    counts = scored if scored is not None else np.ones(targets.shape, dtype=bool)
    right = (targets == 1) & (decided == 1) & counts
    wrong = (targets == 0) & (decided == 1) & counts
    missed = (targets == 1) & (decided == 0) & counts
    exact = ~(wrong | missed).any(axis=1, keepdims=True)
    number = counts.sum(axis=1, keepdims=True)
    everywhere = np.ones(targets.shape[1], dtype=bool)
    return Counts(
        np.hstack([right, wrong, missed, exact, number]).astype(np.float32),
        averaged if averaged is not None else everywhere,
    )


def scores_of(counts: Counts) -> dict[str, float]:
    """Return the scores of all the headlines, as scikit-learn has them.

    >>> right, said = np.int8([[1, 0], [0, 1]]), np.int8([[1, 0], [1, 0]])
    >>> found = scores_of(count(right, said))
    >>> found["micro_f1"], found["subset_accuracy"], found["hamming_loss"]
    (0.5, 0.5, 0.5)
    """
    sums = counts.rows.sum(axis=0, dtype=np.float64)[None]
    found = _scores(counts, sums)
    return {name: float(values[0]) for name, values in found.items()}


def label_scores(counts: Counts, labels: Sequence[str]) -> tuple[LabelScore, ...]:
    """Return a row for each label (L) that the targets or the decisions have.

    >>> right, said = np.int8([[1, 0, 0]]), np.int8([[1, 1, 0]])
    >>> [row.f1 for row in label_scores(count(right, said), ["a", "b", "c"])]
    [1.0, 0.0]
    """
    parts = _parts(counts.rows.sum(axis=0, dtype=np.float64)[None])
    f1, precision, recall = _ratios(parts)
    right, wrong, missed = (part[0] for part in parts)
    return tuple(
        LabelScore(
            label=label,
            precision=float(precision[0, at]),
            recall=float(recall[0, at]),
            f1=float(f1[0, at]),
            support=int(right[at] + missed[at]),
        )
        for at, label in enumerate(labels)
        if right[at] + wrong[at] + missed[at]
    )


def resampled_scores(counts: Counts, sums: Floats) -> dict[str, Floats]:
    """Return the scores (B,) of B resamples of N headlines each.

    A label whose headlines a resample does not have says nothing there: the others
    stand for it in macro averages. (With 0 in its place they would be pulled down; with
    its score on all headlines a label of one headline would have the same in every
    resample, and no difference there could be chance.)

    Args:
        counts: Of the headlines.
        sums: (B, 3 L + 2), of the rows in each resample.
    """
    return _scores(counts, sums)


def resampled_label_scores(sums: Floats) -> list[Floats]:
    """Return F1, precision and recall (B, L) of each label in B resamples.

    NaN where a resample says nothing of it: no headline has the label, or, of
    precision, none is given it.

    Args:
        sums: (B, 3 L + 2), of the rows in each resample.
    """
    parts = right, wrong, _ = _parts(sums)
    there, given = _support(sums) > 0, right + wrong > 0
    return [
        np.where(known, values, np.nan)
        for values, known in zip(_ratios(parts), (there, given, there), strict=True)
    ]


def _scores(counts: Counts, sums: Floats) -> dict[str, Floats]:
    """Return the scores (B,) of sums (B, 3 L + 2)."""
    parts = _parts(sums)
    total = np.hstack([part.sum(axis=1, keepdims=True) for part in parts])
    exact, decisions = sums[:, -2], sums[:, -1]
    weights = _weights(counts, sums)
    values = [
        *(part[:, 0] for part in _ratios(np.split(total, 3, axis=1))),
        *((part * weights).sum(axis=1) for part in _ratios(parts)),
        exact / len(counts.rows),
        (total[:, 1] + total[:, 2]) / np.maximum(decisions, 1),
    ]
    return dict(zip(SCORES, values, strict=True))


def _weights(counts: Counts, sums: Floats) -> Floats:
    """Return each label's weight (B, L) in macro averages.

    Labels that no headline has at all score 0 and keep their share of the weight; the
    others' is shared by those that a sum has.
    """
    whole = counts.rows.sum(axis=0, dtype=np.float64)[None]
    there = counts.averaged & (_support(sums) > 0)
    known = counts.averaged & (_support(whole) > 0)
    share = known.sum() / max(counts.averaged.sum(), 1)
    weights: Floats = share * there / np.maximum(there.sum(axis=1, keepdims=True), 1)
    return weights


def _support(sums: Floats) -> Floats:
    """Return how many headlines have each label (B, L)."""
    right, _, missed = _parts(sums)
    return right + missed


def _parts(sums: Floats) -> list[Floats]:
    return np.split(sums[:, :-_EXTRA], 3, axis=1)


def _ratios(parts: Sequence[Floats]) -> list[Floats]:
    """Return F1, precision and recall; 0 where one is 0 of 0."""
    right, wrong, missed = parts
    return [
        _ratio(2 * right, 2 * right + wrong + missed),
        _ratio(right, right + wrong),
        _ratio(right, right + missed),
    ]


def _ratio(part: Floats, whole: Floats) -> Floats:
    ratio: Floats = part / np.maximum(whole, 1)  # the part of 0 is 0
    return ratio
