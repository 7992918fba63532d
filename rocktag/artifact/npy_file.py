"""Arrays as .npy files, never pickled: the same array gives the same bytes."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt

from rocktag.errors import ArtifactError


def dump(array: npt.NDArray[Any], dtype: np.dtype[Any]) -> bytes:
    """Return the array as a little-endian file of that type.

    >>> load(dump(np.array([1, 2]), np.dtype(np.int8)), where="memory").tolist()
    [1, 2]
    """
    file = io.BytesIO()
    little_endian = np.ascontiguousarray(array, dtype.newbyteorder("<"))
    np.save(file, little_endian, allow_pickle=False)
    return file.getvalue()


def load(content: bytes, *, where: str) -> npt.NDArray[Any]:
    """Return the array of a file, whatever its type and shape.

    Args:
        content: The file's.
        where: What it is called, for the message.

    Raises:
        ArtifactError: It is no such file.
    """
    try:
        found = np.load(io.BytesIO(content), allow_pickle=False)
    except Exception as error:  # numpy translates few of the ways in which it fails
        raise ArtifactError(f"{where} is not a .npy file; train again") from error
    if not isinstance(found, np.ndarray):  # .npz would be a mapping
        raise ArtifactError(f"{where} is not a .npy file; train again")
    return found
