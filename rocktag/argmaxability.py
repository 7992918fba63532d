"""Which label sets the output layer can give at all, whatever the headline.

A sigmoid layer cuts the features' space by one hyperplane a label. A label set whose
sides of them meet nowhere is never given: A. Grivas, A. Vergari and A. Lopez, Taming
the Sigmoid Bottleneck: Provably Argmaxable Sparse Multi-Label Classification, AAAI
2024. As there, a linear program looks for the point in a box that is deepest on the
right sides; its distance from the nearest hyperplane is the set's margin. Projected
onto the weights, the box would be another body. What saves time is that only the
smallest margin is told: a point found by projections proves a set to have as much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from rocktag.errors import TrainingError
from rocktag.types import NO_TOPIC, Flags, Targets, Thresholds

Weights: TypeAlias = npt.NDArray[np.floating]
_Reals: TypeAlias = npt.NDArray[np.float64]

BOUND = 100.0  # features reach from -BOUND to BOUND where no range is given
TOLERANCE = 1e-6  # a margin up to it is none; HiGHS keeps constraints to 1e-7
_ROUNDS = 50  # of projections, before a linear program decides
_AIM = 1.1  # times the margin to prove: aimed beyond it, they get there sooner


@dataclass(frozen=True, slots=True)
class UnargmaxableSet:
    """A label set of the training headlines that no features give.

    Attributes:
        labels: Its labels, in the labels' order; `n/a` alone where no topic is.
        headlines: How many headlines have exactly this set.
    """

    labels: tuple[str, ...]
    headlines: int

    def __str__(self) -> str:
        names = " + ".join(self.labels) or "no label"
        return f"{names} (headlines: {self.headlines:,})"


@dataclass(frozen=True, slots=True)
class Argmaxability:
    """Which of the label sets seen in training the output layer can give.

    Attributes:
        label_sets: How many different sets were seen.
        unargmaxable: Those that no features give, the most frequent first.
        smallest_margin: Of the argmaxable sets', a distance in feature space; None
            where there is no such set, or none that depends on the features.
    """

    label_sets: int
    unargmaxable: tuple[UnargmaxableSet, ...]
    smallest_margin: float | None

    @property
    def argmaxable(self) -> int:
        """How many of the sets some features give."""
        return self.label_sets - len(self.unargmaxable)


def check_argmaxability(
    weights: Weights,
    bias: Weights,
    targets: Targets,
    labels: Sequence[str],
    *,
    thresholds: Thresholds | float = 0.5,
    low: Weights | float = -BOUND,
    high: Weights | float = BOUND,
) -> Argmaxability:
    """Check every label set of the targets against the output layer.

    A topic is given where the sigmoid of its logit reaches its threshold. `n/a` is left
    out: `decide` derives it from the topics, so that its own weights say nothing.

    >>> weights, bias = np.float32([[1, 1]]), np.float32([0, -1])
    >>> seen = np.int8([[0, 0], [1, 0], [1, 1], [0, 1]])
    >>> check_argmaxability(weights, bias, seen, ["tour", "album"]).unargmaxable
    (UnargmaxableSet(labels=('album',), headlines=1),)

    Args:
        weights: (D, L), of the dense layer with sigmoid outputs.
        bias: (L,), of the same layer.
        targets: (N, L), of the headlines trained on.
        labels: L names.
        thresholds: (L,), or one for all.
        low: (D,), or one for all, finite: the least that each feature can be, such as
            0 after a ReLU, or the least seen in training. The default is very wide.
        high: Likewise the most.

    Raises:
        TrainingError: A number is not finite, a range is empty, or the solver failed.
    """
    _check(weights=weights, bias=bias, thresholds=thresholds, low=low, high=high)
    topics = [column for column, label in enumerate(labels) if label != NO_TOPIC]
    names = [labels[column] for column in topics]
    limits = np.broadcast_to(np.asarray(thresholds, dtype=np.float32), len(labels))
    sets, headlines = np.unique(targets[:, topics], axis=0, return_counts=True)
    offsets = (bias - _logit(limits))[topics]
    movable = weights[:, topics].any(axis=0) & np.isfinite(offsets)
    # A label whose decision no feature moves is either always given or never.
    given = ((sets == 1) == (offsets >= 0))[:, ~movable].all(axis=1)
    smallest = None
    if movable.any():
        layer = _layer(weights[:, topics][:, movable], offsets[movable], low, high)
        signs = np.where(sets == 1, 1.0, -1.0)[:, movable]
        given[given], smallest = _search(layer, signs[given])
    alone = tuple(label for label in labels if label == NO_TOPIC)
    lost = [
        UnargmaxableSet(tuple(compress(names, row)) or alone, int(count))
        for row, count in zip(sets[~given], headlines[~given], strict=True)
    ]
    lost.sort(key=lambda each: (-each.headlines, each.labels))
    return Argmaxability(len(sets), tuple(lost), smallest)


def remark(report: Argmaxability) -> str:
    """Return the sentence of the model card; it lists five sets at most.

    >>> remark(Argmaxability(612, (), 0.5239))
    'All 612 label sets seen in training are argmaxable (smallest margin 0.524).'
    >>> remark(Argmaxability(9, (UnargmaxableSet(("a", "b"), 4),), 0.5))
    'Not argmaxable are 1 of the 9 label sets seen in training: a + b (headlines: 4).'
    """
    count, lost = f"{report.label_sets:,}", report.unargmaxable
    if not lost:
        margin = report.smallest_margin
        room = "" if margin is None else f" (smallest margin {margin:.3g})"
        return f"All {count} label sets seen in training are argmaxable{room}."
    listed = [str(each) for each in lost[:5]]
    if len(lost) > 5:
        listed.append(f"and {len(lost) - 5:,} more")
    share = f"{len(lost):,} of the {count} label sets seen in training"
    return f"Not argmaxable are {share}: {', '.join(listed)}."


def _check(**numbers: Weights | Thresholds | float) -> None:
    for name, values in numbers.items():
        if not np.isfinite(values).all():
            raise TrainingError(
                f"not every number of the output layer's {name} is finite, so what it"
                " can give cannot be checked; train again, slower if it diverged"
            )


def _logit(thresholds: Thresholds) -> _Reals:
    """Return the logits at the thresholds; infinite at 0 and at 1."""
    with np.errstate(divide="ignore"):
        return -np.log(1 / thresholds.astype(np.float64) - 1)


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    """The hyperplanes, and the box of features."""

    normals: _Reals  # (L, D), of length 1
    offsets: _Reals  # (L,), to their scale
    steps: _Reals  # (D, L), the shortest ways to 1 further from one hyperplane alone
    low: _Reals  # (D,)
    high: _Reals  # (D,)

    def sides(self, features: _Reals, signs: _Reals) -> _Reals:
        """Return how far points (S, D) are on each label's right side: (S, L)."""
        return signs * (features @ self.normals.T + self.offsets)


def _layer(
    weights: Weights, offsets: _Reals, low: Weights | float, high: Weights | float
) -> _Layer:
    exact = weights.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=0)
    normals = (exact / lengths).T
    lows, highs = (np.zeros(len(exact)) + end for end in (low, high))
    return _Layer(normals, offsets / lengths, np.linalg.pinv(normals), lows, highs)


def _search(layer: _Layer, signs: _Reals) -> tuple[Flags, float | None]:
    """Return which sign patterns (S, L) some features give, and the smallest margin."""
    given = np.zeros(len(signs), dtype=np.bool_)
    smallest = np.inf
    pending = np.arange(len(signs))
    reached = _reach(layer, signs, 0.0)
    while len(pending):
        hardest = pending[reached[pending].argmin()]
        margin = _margin(layer, signs[hardest])
        given[hardest] = margin > TOLERANCE
        pending = pending[pending != hardest]
        if TOLERANCE < margin < smallest:
            smallest = margin
            reached[pending] = _reach(layer, signs[pending], smallest)
            given[pending] = reached[pending] >= smallest
            pending = pending[~given[pending]]
    return given, smallest if given.any() else None


def _margin(layer: _Layer, signs: _Reals) -> float:
    """Return the largest distance of a point from the hyperplanes, on the sides (L,).

    Below 0, it is what the point nearest to being on all the sides lacks.
    """
    from scipy.optimize import linprog

    found = linprog(
        [0.0] * len(layer.low) + [-1.0],  # of features and margin, maximise the margin
        A_ub=np.hstack([-signs[:, None] * layer.normals, np.ones((len(signs), 1))]),
        b_ub=signs * layer.offsets,
        bounds=[*zip(layer.low, layer.high, strict=True), (None, None)],
        method="highs",
        options={"presolve": False},  # finds nothing to remove, and takes a third more
    )
    if found.status != 0:
        raise TrainingError(
            "whether the output layer can give every label set stays undecided; look"
            f" for extreme weights, or a feature's low over its high: {found.message}"
        )
    # Measured at the point itself, the margin owes nothing to the solver's tolerance.
    features = np.clip(found.x[:-1], layer.low, layer.high)
    return float(layer.sides(features, signs).min())


def _reach(layer: _Layer, signs: _Reals, margin: float) -> _Reals:
    """Return margins (S,) that points were found for, trying to get to a given one.

    Steps to the right sides alternate with steps into the box; more may be possible.
    """
    reached = np.empty(len(signs))
    left = np.arange(len(signs))
    features = np.tile((layer.low + layer.high) / 2, (len(signs), 1))
    for _ in range(_ROUNDS):
        sides = layer.sides(features, signs[left])
        reached[left] = sides.min(axis=1)
        short = reached[left] < margin
        left, features, sides = left[short], features[short], sides[short]
        lacking = signs[left] * np.maximum(_AIM * margin - sides, 0)
        features = np.clip(features + lacking @ layer.steps.T, layer.low, layer.high)
    return reached
