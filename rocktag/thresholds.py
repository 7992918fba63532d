"""From probabilities to labels, and which thresholds to draw the line at.

`decide` is what is served, and it is what every threshold is tuned and every model is
scored under, so that what is measured is what a user gets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rocktag.errors import UsageError
from rocktag.objectives import Counts, Floats, Objective, precision_of
from rocktag.types import NO_TOPIC, Probabilities, Targets, Thresholds

_F1 = Objective()

# (99,), 0.01 to 0.99. Each is the float32 nearest to its decimal, as probabilities are:
# a probability of exactly 0.3 passes a threshold of 0.3.
GRID: Thresholds = (np.arange(1, 100) / 100).astype(np.float32)


def apply_thresholds(
    probabilities: Probabilities, thresholds: Thresholds | float
) -> Targets:
    """Return 1 where a probability (N, L) reaches its threshold, (L,) or one for all.

    >>> apply_thresholds(np.float32([[0.3, 0.2]]), 0.3)
    array([[1, 0]], dtype=int8)
    """
    limits = np.asarray(thresholds, dtype=np.float32)
    reached = np.asarray(probabilities, dtype=np.float32) >= limits
    return reached.astype(np.int8)


def decide(
    probabilities: Probabilities,
    thresholds: Thresholds | float,
    labels: Sequence[str],
) -> Targets:
    """Return the labels (N, L) that are served.

    A topic is given where its probability reaches its threshold; `n/a` exactly where
    no topic is, whatever its own probability: it stands alone, and no headline goes
    without a label. Where `n/a` is not among the labels, a headline can have none.

    >>> decide(np.float32([[0.9, 0.8], [0.1, 0.2]]), 0.5, ["tour", "n/a"])
    array([[1, 0],
           [0, 1]], dtype=int8)
    """
    decided = apply_thresholds(probabilities, thresholds)
    if NO_TOPIC in labels:
        column = labels.index(NO_TOPIC)
        decided[:, column] = 0
        decided[:, column] = ~decided.any(axis=1)
    return decided


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """The scores under `decide` with one threshold for all, along the grid.

    Attributes:
        thresholds: (99,), the grid.
        micro_f1: (99,), over all decisions.
        macro_f1: (99,), the mean over the labels' F1.
    """

    thresholds: Thresholds
    micro_f1: Floats
    macro_f1: Floats


@dataclass(frozen=True, slots=True)
class TunedThresholds:
    """The thresholds that served best on the validation headlines.

    Attributes:
        micro: The one threshold for all labels with the best micro F1.
        macro: The one threshold for all labels with the best macro F1.
        per_label: L thresholds, each the best for its label's F1; the micro threshold
            for `n/a`, which `decide` derives, and for the fallback labels.
        fallback: The topics with too few positives to have one of their own.
        headlines: How many validation headlines this rests on.
        unreached: Topics, "micro" and "macro", where no threshold has the precision
            that was asked for; they have the best F-beta instead.
    """

    micro: float
    macro: float
    per_label: tuple[float, ...]
    fallback: tuple[str, ...]
    headlines: int
    unreached: tuple[str, ...] = ()

    def under(self, policy: str | float) -> Thresholds:
        """Return the thresholds (L,) of a policy.

        Args:
            policy: "micro", "macro", "per-label", or a number from 0 to 1 for all.

        Raises:
            UsageError: It is none of these.
        """
        match policy:
            case "micro":
                chosen: Sequence[float] = (self.micro,) * len(self.per_label)
            case "macro":
                chosen = (self.macro,) * len(self.per_label)
            case "per-label":
                chosen = self.per_label
            case _:
                chosen = (_number(policy),) * len(self.per_label)
        return np.array(chosen, dtype=np.float32)


def sweep(
    targets: Targets, probabilities: Probabilities, labels: Sequence[str]
) -> Sweep:
    """Score every grid threshold under `decide`, on N headlines with L labels.

    F1 is scikit-learn's with `zero_division=0`: the macro F1 is the mean over all L
    labels, and one that has neither positives nor predictions counts as 0 in it.
    """
    counts = _count(targets, probabilities, labels)
    return Sweep(
        thresholds=GRID,
        micro_f1=_F1.scores(*(count.sum(axis=1) for count in counts)),
        macro_f1=_F1.scores(*counts).mean(axis=1),
    )


def tune(
    targets: Targets,
    probabilities: Probabilities,
    labels: Sequence[str],
    *,
    minimum_positives: int,
    objective: Objective = _F1,
) -> TunedThresholds:
    """Choose thresholds on the validation headlines' targets and probabilities (N, L).

    Of thresholds with equally good scores the middle one of their longest unbroken run
    is taken: it is the farthest from where the score falls. Labels that have fewer than
    `minimum_positives` positives, or none, fall back to the micro threshold.

    A minimum precision is that of all decisions for `micro`, the mean over all labels
    for `macro`, and each topic's own for `per_label`.
    """
    counts = right, given, positives = _count(targets, probabilities, labels)
    total = [count.sum(axis=1) for count in counts]
    precision, scores = precision_of(right, given), objective.scores(*counts)
    overall = {
        "micro": (objective.scores(*total), precision_of(*total[:2])),
        "macro": (scores.mean(axis=1), precision.mean(axis=1)),
    }
    rare = positives[0] < max(minimum_positives, 1)
    own = {
        label: (scores[:, column], precision[:, column])
        for column, label in enumerate(labels)
        if label != NO_TOPIC and not rare[column]
    }
    tuned = {**overall, **own}
    chosen = {name: _choose(objective, *columns) for name, columns in tuned.items()}
    return TunedThresholds(
        micro=chosen["micro"],
        macro=chosen["macro"],
        per_label=tuple(
            chosen[label] if label in own else chosen["micro"] for label in labels
        ),
        fallback=tuple(
            label for label in labels if label not in own and label != NO_TOPIC
        ),
        headlines=len(targets),
        unreached=tuple(
            name
            for name, (_, reached) in tuned.items()
            if not objective.reached(reached).any()
        ),
    )


def _choose(objective: Objective, scores: Floats, precision: Floats) -> float:
    """Return the grid threshold that serves the objective, from (99,) of each."""
    reached = objective.reached(precision)
    if objective.minimum_precision is None or not reached.any():
        return middle_of_best(scores)
    return (int(reached.argmax()) + 1) / 100


def middle_of_best(scores: Floats) -> float:
    """Return the grid threshold in the middle of the longest run of the best score.

    Of two such runs, or two middles, it is the lower one.

    >>> middle_of_best(np.repeat([0.5, 0.9, 0.5, 0.9], [10, 5, 20, 64]))
    0.67
    """
    # Sums over labels differ in the last bits where the counts do not.
    best = np.isclose(scores, scores.max(), rtol=0, atol=1e-12)
    edges = np.flatnonzero(np.diff(best, prepend=False, append=False))
    starts, ends = edges[::2], edges[1::2]
    longest = np.argmax(ends - starts)
    return int(starts[longest] + ends[longest] + 1) // 2 / 100


def _number(policy: object) -> float:
    try:
        number = float(policy)  # type: ignore[arg-type]  # what is no number raises
    except (TypeError, ValueError):
        number = float("nan")
    if not 0 <= number <= 1:
        raise UsageError(
            f"{policy!r} is not a threshold policy; give 'micro', 'macro', 'per-label'"
            " or a number from 0 to 1"
        )
    return number


def _count(
    targets: Targets, probabilities: Probabilities, labels: Sequence[str]
) -> tuple[Counts, Counts, Counts]:
    """Count under `decide`: right and given labels (99, L), and positives (1, L)."""
    scores = np.asarray(probabilities, dtype=np.float32)
    reached = np.searchsorted(GRID, scores, side="right")
    right, given = _still_given(reached, targets == 1), _still_given(reached)
    if NO_TOPIC in labels:
        column = labels.index(NO_TOPIC)
        others = np.delete(reached, column, axis=1)
        topics = others.max(axis=1, initial=0).reshape(-1, 1)
        alone = targets[:, [column]] == 1
        right[:, [column]] = alone.sum() - _still_given(topics, alone)
        given[:, [column]] = len(targets) - _still_given(topics)
    return right, given, targets.sum(axis=0, keepdims=True, dtype=np.int64)


def _still_given(reached: Counts, where: npt.NDArray[np.bool_] | None = None) -> Counts:
    """Count, for each grid threshold and column, the rows that reach it: (99, columns).

    `reached` tells how many of the thresholds, 0 to 99, each probability reaches.
    """
    columns = reached.shape[1]
    cells = reached * columns + np.arange(columns)
    chosen = cells.ravel() if where is None else cells[where]
    size = (len(GRID) + 1) * columns
    rows = np.bincount(chosen, minlength=size).reshape(-1, columns)
    return rows[:0:-1].cumsum(axis=0)[::-1]
