"""A lock that one process holds on a file, and that goes with the process."""

from __future__ import annotations

import fcntl
import os
import weakref
from pathlib import Path


class FileLock:
    """A file whose lock this process holds until `release` or its own end."""

    def __init__(self, path: Path, handle: int) -> None:
        self._finalizer = weakref.finalize(self, _let_go, path, handle)

    def release(self) -> None:
        """Let others have it; the file is removed."""
        self._finalizer()


def lock(path: Path, *, wait: bool) -> FileLock | None:
    """Lock a file, made if it is not there, and its folder too.

    Args:
        path: The file; it serves nothing else.
        wait: Whether to wait for whoever has it.

    Returns:
        The lock; None where another has it and waiting is not wanted.

    Raises:
        OSError: The file cannot be made.
    """
    how = fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(handle, how)
            if _is_still(path, handle):
                return FileLock(path, handle)
        except BlockingIOError:
            os.close(handle)
            return None
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
