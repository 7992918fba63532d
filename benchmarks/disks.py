"""A disk that can be filled: a small tmpfs, or else a limit on the size of files."""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

_SIZE = 32 * 1024 * 1024  # bytes of the tmpfs
_ROOM = 512 * 1024  # bytes that are left when it is filled
_CHUNK = 64 * 1024


class Disk(Protocol):
    """Where files are that soon cannot grow any more.

    Attributes:
        folder: Of these files.
        limit: Of the size of each file, for a process to set itself; None if any.
    """

    folder: Path
    limit: int | None

    def fill(self) -> None:
        """Leave little room."""

    def free(self) -> None:
        """Make room again."""


class Tmpfs:
    """A file system of its own, filled by a file that is good for nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.limit: int | None = None
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave room for some batches."""
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(_CHUNK))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
            file.truncate(file.tell() - _ROOM)

    def free(self) -> None:
        """Remove the ballast."""
        self._ballast.unlink()


class LimitedFiles:
    """A folder in which no file may become larger than the largest is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.limit: int | None = None

    def fill(self) -> None:
        """Set the limit, for processes that start from now on."""
        self.limit = max(path.stat().st_size for path in self.folder.iterdir())

    def free(self) -> None:
        """Lift the limit, for processes that start from now on."""
        self.limit = None


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Mount a tmpfs in a new folder; where that is not allowed, limit its files."""
    folder.mkdir()
    if not _is_done("mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", folder):
        yield LimitedFiles(folder)
        return
    try:
        yield Tmpfs(folder)
    finally:
        _is_done("umount", "--lazy", folder)


def _is_done(*command: str | Path) -> bool:
    try:
        ended = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
    except FileNotFoundError:
        return False
    return ended.returncode == 0
