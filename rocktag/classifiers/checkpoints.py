"""A training that was broken off, as one file that is whole or not there.

A checkpoint's folder is named after the fingerprint of what is trained on and how, so
that one of another corpus or other settings is never taken for this one's.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from rocktag.errors import TrainingError

Arrays: TypeAlias = Mapping[str, npt.NDArray[Any]]

_FILE = "state.npz"
_FACTS = "facts"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where the state of one training is kept.

    Attributes:
        folder: Its own; made when something is kept.
    """

    folder: Path

    @property
    def exists(self) -> bool:
        """Whether anything is kept."""
        return (self.folder / _FILE).is_file()

    def save(self, arrays: Arrays, facts: Mapping[str, Any]) -> None:
        """Keep arrays and what JSON can hold, in place of what was kept before.

        Raises:
            TrainingError: The folder cannot be written.
        """
        content = {**arrays, _FACTS: np.array(json.dumps(facts))}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _write(self.folder / _FILE, content)
        except OSError as error:
            raise TrainingError(
                f"{self.folder} cannot be written: {error.strerror}; training cannot"
                " be resumed from there; make room or set models_dir"
            ) from error

    def load(self) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]] | None:
        """Return what was kept last: arrays and facts; None where nothing was.

        Raises:
            TrainingError: The file is damaged.
        """
        path = self.folder / _FILE
        if not path.is_file():
            return None
        try:
            with path.open("rb") as file, np.load(file) as content:
                arrays = {name: content[name] for name in content.files}
            return arrays, json.loads(str(arrays.pop(_FACTS)))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise TrainingError(
                f"{path} is no readable checkpoint ({error}); remove it, or train"
                " without --resume"
            ) from error

    def remove(self) -> None:
        """Forget what was kept."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _write(path: Path, content: Arrays) -> None:
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, allow_pickle=False, **content)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
