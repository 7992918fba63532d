"""What a model says of headlines it did not learn from, kept to tune thresholds again.

A few .npy files, never pickled: the same predictions give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from rocktag.artifact import npy_file
from rocktag.errors import ArtifactError
from rocktag.text import counted
from rocktag.types import Probabilities, Targets

Side: TypeAlias = tuple[Targets, Probabilities]  # both (n, L)


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Targets by the rules and probabilities by the served model, each (N, L).

    Each field is the file of its name.
    """

    validation_targets: Targets
    validation_probabilities: Probabilities
    test_targets: Targets
    test_probabilities: Probabilities

    @property
    def tuned_on(self) -> Side:
        """What thresholds are tuned on: the validation side."""
        return self.validation_targets, self.validation_probabilities

    @property
    def unseen(self) -> Probabilities:
        """All that the model had not learned from."""
        return np.concatenate([self.validation_probabilities, self.test_probabilities])

    def examinations(self) -> Iterator[tuple[Side, Side]]:
        """Yield what to tune on, and what to score under those thresholds."""
        yield self.tuned_on, (self.test_targets, self.test_probabilities)


@dataclass(frozen=True, slots=True, eq=False)
class OutOfFold:
    """Of every headline, what the model says that had not learned from its fold.

    Each field is the file of its name.

    Attributes:
        out_of_fold_targets: (N, L), by the rules.
        out_of_fold_probabilities: (N, L), each row by its fold's served model.
        folds: (N,), from 0.
    """

    out_of_fold_targets: Targets
    out_of_fold_probabilities: Probabilities
    folds: npt.NDArray[np.int8]

    @property
    def tuned_on(self) -> Side:
        """What thresholds are tuned on: all of them."""
        return self.out_of_fold_targets, self.out_of_fold_probabilities

    @property
    def unseen(self) -> Probabilities:
        """All that the models had not learned from."""
        return self.out_of_fold_probabilities

    def examinations(self) -> Iterator[tuple[Side, Side]]:
        """Yield, for each fold, all the others to tune on and the fold to score."""
        for fold in range(int(self.folds.max()) + 1):
            own = self.folds == fold
            yield self._of(~own), self._of(own)

    def _of(self, chosen: npt.NDArray[np.bool_]) -> Side:
        return self.out_of_fold_targets[chosen], self.out_of_fold_probabilities[chosen]


@dataclass(frozen=True, slots=True, eq=False)
class ReadByPeople:
    """What people say of headlines, and what the model says of them out of fold.

    What they do not say, or differ on, is 0 in both, so that it counts neither as right
    nor as wrong. Each field is the file of its name.

    Attributes:
        validation_targets: (n, L), by the rules, as of `Predictions`.
        validation_probabilities: (n, L).
        test_targets: (n, L), by the rules.
        test_probabilities: (n, L).
        human_targets: (M, L), by people.
        human_probabilities: (M, L), each row by what had not learned from its fold.
        human_rules: (M, L), what the rules say of them.
        human_folds: (M,), from 0.
    """

    validation_targets: Targets
    validation_probabilities: Probabilities
    test_targets: Targets
    test_probabilities: Probabilities
    human_targets: Targets
    human_probabilities: Probabilities
    human_rules: Targets
    human_folds: npt.NDArray[np.int8]

    @property
    def tuned_on(self) -> Side:
        """What thresholds are tuned on: all that people read."""
        return self.of_people.tuned_on

    @property
    def unseen(self) -> Probabilities:
        """All of the corpus that the model had not learned from."""
        return np.concatenate([self.validation_probabilities, self.test_probabilities])

    @property
    def of_people(self) -> OutOfFold:
        """What people read, by folds."""
        return OutOfFold(self.human_targets, self.human_probabilities, self.human_folds)

    def examinations(self) -> Iterator[tuple[Side, Side]]:
        """Yield, for each fold, all the others to tune on and the fold to score."""
        yield from self.of_people.examinations()


HeldOut: TypeAlias = Predictions | OutOfFold | ReadByPeople
_KINDS = (ReadByPeople, Predictions, OutOfFold)  # the first one has the second's files


def dump(held_out: HeldOut) -> dict[str, bytes]:
    """Return the files of the predictions.

    Probabilities stay float32: rounded ones could fall on another side of a threshold.
    """
    return {
        _file(one.name): npy_file.dump(getattr(held_out, one.name), _dtype(one.name))
        for one in fields(held_out)
    }


def load(files: Mapping[str, bytes], labels: int, *, where: str) -> HeldOut:
    """Return the predictions that an artifact's files hold.

    Args:
        files: Name to content, already checked against the manifest.
        labels: L.
        where: The artifact, for messages.

    Raises:
        ArtifactError: They are not among the files, or have another type or shape.
    """
    kind = next(
        (
            kind
            for kind in _KINDS
            if all(_file(one.name) in files for one in fields(kind))
        ),
        None,
    )
    if kind is None:
        raise ArtifactError(
            f"{where} keeps no predictions of its validation headlines, it is of an"
            " older rocktag; train it again, then tune its thresholds"
        )
    found = {
        one.name: _array(files[_file(one.name)], one.name, labels, where)
        for one in fields(kind)
    }
    _check_lengths(found, where)
    for name in found:
        if name.endswith("folds"):
            _check_folds(found[name], name, where)
    return kind(**found)


def _check_lengths(found: Mapping[str, npt.NDArray[Any]], where: str) -> None:
    """Refuse arrays of one side that are not equally long."""
    for side in ("validation", "test", "out_of_fold", "human"):
        lengths = {
            len(array)
            for name, array in found.items()
            if name.startswith(side) or (name, side) == ("folds", "out_of_fold")
        }
        if len(lengths) > 1:
            raise ArtifactError(
                f"{where}: targets and probabilities of the {side} headlines are not"
                " equally many; train again"
            )


def _check_folds(folds: npt.NDArray[np.int8], name: str, where: str) -> None:
    """Refuse a single fold, and folds without headlines: nothing is left to tune on."""
    sizes = np.bincount(folds)
    if len(sizes) < 2 or not sizes.all():
        raise ArtifactError(
            f"{where}/{_file(name)} has headlines in {np.count_nonzero(sizes)} of"
            f" {counted(len(sizes), 'fold')}; train again"
        )


def _file(name: str) -> str:
    return f"{name}.npy"


def _dtype(name: str) -> np.dtype[Any]:
    return np.dtype(np.float32 if name.endswith("probabilities") else np.int8)


def _array(content: bytes, name: str, labels: int, where: str) -> npt.NDArray[Any]:
    """Return an array (N, L) with values in [0, 1], or (N,) of folds from 0."""
    dtype, file = _dtype(name), f"{where}/{_file(name)}"
    found = npy_file.load(content, where=file)
    shape = () if name.endswith("folds") else (labels,)
    is_right = found.ndim == 1 + len(shape) and len(found) and found.shape[1:] == shape
    if not is_right or found.dtype != dtype:
        what = f"table of {dtype} with {labels} columns" if shape else f"row of {dtype}"
        raise ArtifactError(f"{file} is not a {what}; train again")
    highest = 1 if shape else np.iinfo(np.int8).max
    if not ((found >= 0) & (found <= highest)).all():
        raise ArtifactError(f"{file} holds values outside 0 to {highest}; train again")
    return np.ascontiguousarray(found)
