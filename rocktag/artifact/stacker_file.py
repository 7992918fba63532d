"""stacker.npy: the weights of a model's stacker (L, 4), one row a label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rocktag.artifact import npy_file
from rocktag.classifiers.stacker import FEATURES, Stacker
from rocktag.errors import ArtifactError
from rocktag.text import counted

NAME = "stacker.npy"


def dump(stacker: Stacker) -> bytes:
    """Return the file's content."""
    return npy_file.dump(stacker.weights, np.dtype(np.float32))


def load(content: bytes, labels: Sequence[str], *, where: str) -> Stacker:
    """Return the stacker over L labels.

    Raises:
        ArtifactError: The file is damaged, or of other labels.
    """
    weights = npy_file.load(content, where=where)
    if weights.shape != (len(labels), FEATURES) or weights.dtype != np.float32:
        raise ArtifactError(
            f"{where} is not a table of float32 with {counted(len(labels), 'row')} and"
            f" {FEATURES} columns; restore the folder or train again"
        )
    if not np.isfinite(weights).all():
        raise ArtifactError(f"{where} holds values that are not finite; train again")
    return Stacker(weights, tuple(labels))
