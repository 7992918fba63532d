"""Which headlines teach, which choose the thresholds and which examine.

Headlines are split by iterative stratification, so that rare labels stand on every side
in proportion: K. Sechidis, G. Tsoumakas and I. Vlahavas, On the Stratification of
Multi-Label Data, ECML PKDD 2011. What is drawn is not headlines but groups of them:
those with one and the same key stay on one side, or the test would ask what training
had already answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from rocktag.errors import TrainingError, UsageError
from rocktag.types import Targets

Indices: TypeAlias = npt.NDArray[np.int64]  # (n,), sorted, rows of the corpus


@dataclass(frozen=True, slots=True)
class Split:
    """The rows of each side; disjoint, together 0 to N - 1.

    Attributes:
        train: What the classifier learns from.
        validation: What the thresholds are tuned on.
        test: What is scored once.
    """

    train: Indices
    validation: Indices
    test: Indices


def split(
    titles_key: Sequence[str],
    targets: Targets,
    *,
    validation_fraction: float,
    test_fraction: float,
    seed: int,
) -> Split:
    """Split N headlines, keeping those with the same key together.

    Each fraction is of the different keys; where keys repeat, a side's share of the
    headlines can differ by a little.

    Args:
        titles_key: N keys, usually each title's `split_key`.
        targets: (N, L) of 0 and 1; at least two labels.
        validation_fraction: Share of the validation side, over 0.
        test_fraction: Share of the test side, over 0; with the other one under 1.
        seed: The same seed gives the same split.

    Raises:
        UsageError: The fractions leave a side empty.
        TrainingError: The corpus is too small for three sides.
    """
    _check(validation_fraction, test_fraction)
    group_of, group_targets = _groups(titles_key, targets)
    every_group = np.arange(len(group_targets), dtype=np.int64)
    learning, test = _divide(every_group, group_targets, test_fraction, seed)
    rest = validation_fraction / (1 - test_fraction)
    train, validation = _divide(learning, group_targets, rest, seed)
    return Split(*(_members(group_of, side) for side in (train, validation, test)))


def fold(
    titles_key: Sequence[str],
    targets: Targets,
    *,
    folds: int,
    validation_fraction: float,
    seed: int,
) -> list[Split]:
    """Split N headlines for cross-validation: each is once on a test side.

    The folds are drawn by iterative stratification, headlines with the same key stay
    in one. Of what remains beside a fold, a stratified part is its validation side.
    A label gets its share in each fold to about one key; where many labels stand
    together, and are drawn with the rarest of them, to two or three.

    Args:
        titles_key: N keys, usually the clean texts.
        targets: (N, L) of 0 and 1; at least two labels.
        folds: How many, at least 2.
        validation_fraction: Share of the validation side, of all headlines.
        seed: The same seed gives the same folds.

    Raises:
        UsageError: The validation fraction leaves a side empty.
        TrainingError: The corpus is too small for so many folds.
    """
    _check_folds(validation_fraction, folds)
    group_of, group_targets = _groups(titles_key, targets)
    rest = validation_fraction / (1 - 1 / folds)
    splits = []
    for learning, test in _drawn(group_targets, folds, seed):
        train, validation = _divide(learning, group_targets, rest, seed)
        sides = (train, validation, test)
        splits.append(Split(*(_members(group_of, side) for side in sides)))
    return splits


def parts(
    titles_key: Sequence[str], targets: Targets, *, folds: int, seed: int
) -> list[Indices]:
    """Divide N headlines into folds, as `fold` draws them; each is in one of them.

    Args:
        titles_key: N keys, usually each title's `split_key`.
        targets: (N, L) of 0 and 1; at least two labels.
        folds: How many, at least 2.
        seed: The same seed gives the same folds.

    Raises:
        TrainingError: There are too few headlines for so many folds.
    """
    group_of, group_targets = _groups(titles_key, targets)
    return [_members(group_of, test) for _, test in _drawn(group_targets, folds, seed)]


def beside(rows: Indices, count: int) -> Indices:
    """Return those of 0 to count - 1 that are not among the rows, in order.

    >>> beside(np.array([1]), 3).tolist()
    [0, 2]
    """
    return np.setdiff1d(np.arange(count, dtype=np.int64), rows)


def _check(validation_fraction: float, test_fraction: float) -> None:
    smallest = min(validation_fraction, test_fraction)
    if not (smallest > 0 and validation_fraction + test_fraction < 1):
        raise UsageError(
            f"a validation fraction of {validation_fraction} and a test fraction of"
            f" {test_fraction} leave a side of the split empty; give two numbers over"
            " 0 whose sum is under 1, such as 0.1 and 0.2"
        )


def _check_folds(validation_fraction: float, folds: int) -> None:
    if not (folds >= 2 and 0 < validation_fraction < 1 - 1 / folds):
        raise UsageError(
            f"a validation fraction of {validation_fraction} beside one of {folds}"
            " folds leaves a side empty; give at least 2 folds, and a fraction over 0"
            " that is under 1 - 1 / folds, such as 0.1"
        )


def _drawn(
    group_targets: Targets, folds: int, seed: int
) -> Iterator[tuple[Indices, Indices]]:
    """Yield, for each fold, the groups beside it and those in it."""
    from iterstrat.ml_stratifiers import MultilabelStratifiedKFold

    count = len(group_targets)
    if count < 2 * folds:
        raise _too_small(count)
    drawing = MultilabelStratifiedKFold(folds, shuffle=True, random_state=seed)
    for learning, test in drawing.split(np.zeros(count), group_targets):
        if not len(test):
            raise _too_small(count)
        yield learning, test


def _groups(keys: Sequence[str], targets: Targets) -> tuple[Indices, Targets]:
    """Return each row's group (N,), and each group's labels, those of any member."""
    number: dict[str, int] = {}
    group_of = np.array(
        [number.setdefault(key, len(number)) for key in keys], dtype=np.int64
    )
    group_targets = np.zeros((len(number), targets.shape[1]), dtype=targets.dtype)
    np.maximum.at(group_targets, group_of, targets)
    return group_of, group_targets


def _divide(
    groups: Indices, group_targets: Targets, fraction: float, seed: int
) -> tuple[Indices, Indices]:
    """Return the groups that stay and the stratified fraction that leaves."""
    from iterstrat.ml_stratifiers import MultilabelStratifiedShuffleSplit

    if round(len(groups) * min(fraction, 1 - fraction)) < 1:
        raise _too_small(len(group_targets))
    drawing = MultilabelStratifiedShuffleSplit(1, test_size=fraction, random_state=seed)
    stay, leave = next(drawing.split(np.zeros(len(groups)), group_targets[groups]))
    if not (len(stay) and len(leave)):
        raise _too_small(len(group_targets))
    return groups[stay], groups[leave]


def _members(group_of: Indices, groups: Indices) -> Indices:
    return np.flatnonzero(np.isin(group_of, groups)).astype(np.int64)


def _too_small(different: int) -> TrainingError:
    return TrainingError(
        f"the corpus has too few different headlines ({different:,}) to split into"
        " train, validation and test; add headlines, raise the smaller of the"
        " fractions, or take fewer folds"
    )
