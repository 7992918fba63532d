"""A training that was broken off, as one file that is whole or not there.

A checkpoint's folder is named after the fingerprint of what is trained on and how, so
that one of another corpus or other settings is never taken for this one's. A training
holds the lock beside it, `FINGERPRINT.lock`, until its model is published.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from rocktag.errors import TrainingError
from rocktag.locks import FileLock, lock

logger = logging.getLogger(__name__)

Arrays: TypeAlias = Mapping[str, npt.NDArray[Any]]

CHECKPOINTS = ".checkpoints"  # below models_dir; no listing of models shows it
_FILE = "state.npz"
_FACTS = "facts"
_DAY = 24 * 3600  # seconds


class Checkpoint:
    """Where the state of one training is kept.

    Attributes:
        folder: Its own; made when something is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: FileLock | None = None

    def take(self) -> None:
        """Keep every other training out, until `release` or `remove`.

        Raises:
            TrainingError: The folder cannot be written, or the same training runs.
        """
        try:
            self._lock = lock(_lock_of(self.folder))
        except OSError as error:
            raise TrainingError(
                f"{self.folder} cannot be written: {error.strerror}; nothing was"
                " trained; make room or set models_dir"
            ) from error
        if self._lock is None:
            raise TrainingError(
                "another process trains the same classifier on the same corpus with"
                f" the same settings, and keeps its checkpoint in {self.folder}; wait"
                " for it, or set another models_dir"
            )

    @property
    def exists(self) -> bool:
        """Whether anything is kept."""
        return (self.folder / _FILE).is_file()

    @property
    def is_begun(self) -> bool:
        """Whether anything is kept here, or below for a part of it."""
        return any(self.folder.rglob(_FILE))

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
            with suppress(OSError):
                self.folder.rmdir()
            raise TrainingError(
                f"{self.folder} cannot be written: {error.strerror}; training cannot"
                " be resumed from this epoch; make room or set models_dir"
            ) from error

    def save_if_possible(self, arrays: Arrays, facts: Mapping[str, Any]) -> None:
        """Keep as `save` does; where that cannot be, say so and end nothing."""
        try:
            self.save(arrays, facts)
        except TrainingError as error:
            logger.warning("%s; training goes on", error)

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
        """Forget what was kept, and let others in."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.release()

    def release(self) -> None:
        """Let others in; what was kept stays, a folder without anything does not."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None
        with suppress(OSError):
            self.folder.parent.rmdir()


def sweep(folder: Path, days: int) -> None:
    """Remove checkpoints below a folder that nobody has written for so many days.

    Those that a training holds stay, and so does what cannot be removed.
    """
    for kept in {path.with_suffix("") for path in folder.glob("*")}:
        if time.time() - _written_at(kept) < days * _DAY:
            continue
        with suppress(OSError):
            held = lock(_lock_of(kept))
            if held is not None:
                shutil.rmtree(kept, ignore_errors=True)
                held.release()


def _written_at(folder: Path) -> float:
    """Return when a checkpoint or its lock was last written, in seconds."""
    with suppress(OSError):  # another training's sweep may come before ours
        paths = [folder, *folder.glob("*"), _lock_of(folder)]
        return max(path.stat().st_mtime for path in paths if path.exists())
    return time.time()


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


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
