"""What a model says of headlines it did not learn from, kept to tune thresholds again.

Four .npy files, never pickled: the same predictions give the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from rocktag.errors import ArtifactError
from rocktag.types import Probabilities, Targets


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
    def validation(self) -> tuple[Targets, Probabilities]:
        """What thresholds are tuned on."""
        return self.validation_targets, self.validation_probabilities

    @property
    def test(self) -> tuple[Targets, Probabilities]:
        """What is scored, and never tuned on."""
        return self.test_targets, self.test_probabilities


def dump(predictions: Predictions) -> dict[str, bytes]:
    """Return the files of the predictions.

    Probabilities stay float32: rounded ones could fall on another side of a threshold.
    """
    return {
        _file(name): _npy(getattr(predictions, name), dtype)
        for name, dtype in _DTYPES.items()
    }


def load(files: Mapping[str, bytes], labels: int, *, where: str) -> Predictions:
    """Return the predictions that an artifact's files hold.

    Args:
        files: Name to content, already checked against the manifest.
        labels: L.
        where: The artifact, for messages.

    Raises:
        ArtifactError: They are not among the files, or have another type or shape.
    """
    if not all(_file(name) in files for name in _DTYPES):
        raise ArtifactError(
            f"{where} keeps no predictions of its validation headlines, it is of an"
            " older rocktag; train it again, then tune its thresholds"
        )
    found = {
        name: _array(files[_file(name)], dtype, labels, f"{where}/{_file(name)}")
        for name, dtype in _DTYPES.items()
    }
    for side in ("validation", "test"):
        if len(found[f"{side}_targets"]) != len(found[f"{side}_probabilities"]):
            raise ArtifactError(
                f"{where}: targets and probabilities of the {side} headlines are not"
                " equally many; train again"
            )
    return Predictions(**found)


_DTYPES = {
    field.name: np.dtype(np.int8 if field.name.endswith("targets") else np.float32)
    for field in fields(Predictions)
}


def _file(name: str) -> str:
    return f"{name}.npy"


def _npy(array: npt.NDArray[Any], dtype: np.dtype[Any]) -> bytes:
    file = io.BytesIO()
    little_endian = np.ascontiguousarray(array, dtype.newbyteorder("<"))
    np.save(file, little_endian, allow_pickle=False)
    return file.getvalue()


def _array(
    content: bytes, dtype: np.dtype[Any], labels: int, where: str
) -> npt.NDArray[Any]:
    """Return an (N, L) array of one type, its values in [0, 1]."""
    try:
        found = np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise ArtifactError(f"{where} is not a .npy file; train again") from error
    is_matrix = isinstance(found, np.ndarray) and found.ndim == 2 and len(found) > 0
    if not is_matrix or found.dtype != dtype or found.shape[1] != labels:
        raise ArtifactError(
            f"{where} is not a table of {dtype} with {labels} columns; train again"
        )
    if not ((found >= 0) & (found <= 1)).all():
        raise ArtifactError(f"{where} holds values outside 0 to 1; train again")
    return np.ascontiguousarray(found)
