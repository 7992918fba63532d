"""A lock that one process holds on a file, and that goes with the process."""

from __future__ import annotations

import fcntl
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FileLock:
    """A file whose lock this process holds until `release` or its own end."""

    def __init__(self, path: Path, handle: int) -> None:
        self._finalizer = weakref.finalize(self, _let_go, path, handle)

    def release(self) -> None:
        """Let others have it; the file is removed."""
        self._finalizer()


def lock(path: Path) -> FileLock | None:
    """Lock a file, made if it is not there, and its folder too; None if another has it.

    Raises:
        OSError: The file cannot be made.
    """
    try:
        return _take(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file's lock; wait for whoever has it.

    Raises:
        OSError: The file cannot be made.
    """
    held = _take(path, fcntl.LOCK_EX)
    try:
        yield
    finally:
        held.release()


def _take(path: Path, how: int) -> FileLock:
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(handle, how)
            if _is_still(path, handle):
                return FileLock(path, handle)
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # its last holder has removed it: lock the new one


def _is_still(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _let_go(path: Path, handle: int) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        pass  # in a folder that may not be written: it stays, unlocked
    finally:
        os.close(handle)
