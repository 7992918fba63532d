"""Taking an artifact away: renamed first, so that none is ever there in part.

What a killed process leaves behind has a name that no listing shows, and goes with the
next `sweep`.
"""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rocktag.artifact.publishing import DRAFT_MAY_LIVE, DRAFT_PREFIX, sync_folder
from rocktag.errors import ArtifactError

_PREFIX = ".pruned-"


def set_aside(models_dir: Path, name: str) -> Path:
    """Give an artifact a name under which nobody finds it; return its folder then.

    Raises:
        ArtifactError: It is not there, or the folder cannot be written.
    """
    folder = models_dir / name
    aside = folder.with_name(f"{_PREFIX}{folder.name}-{uuid.uuid4().hex[:8]}")
    try:
        folder.rename(aside)
        sync_folder(folder.parent)
    except OSError as error:
        raise ArtifactError(
            f"{folder} cannot be removed: {error.strerror}; it is as it was"
        ) from error
    return aside


def put_back(aside: Path, models_dir: Path, name: str) -> None:
    """Give an artifact its own name again.

    Raises:
        ArtifactError: The folder cannot be written.
    """
    try:
        aside.rename(models_dir / name)
    except OSError as error:
        raise ArtifactError(
            f"{aside} cannot be put back: {error.strerror}; rename it to"
            f" {models_dir / name}"
        ) from error


def leftovers(models_dir: Path) -> list[Path]:
    """Return what killed processes left: parts of artifacts, and day-old drafts."""
    return sorted(_leftovers(models_dir))


def discard(path: Path) -> None:
    """Delete a folder or file that no listing shows; what cannot be deleted stays."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def size(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def _leftovers(models_dir: Path) -> Iterator[Path]:
    yield from models_dir.glob(f"*/{_PREFIX}*")
    for pattern in (f"{DRAFT_PREFIX}*", f"*/{DRAFT_PREFIX}*"):
        for draft in models_dir.glob(pattern):
            with suppress(FileNotFoundError):
                if time.time() - draft.stat().st_mtime > DRAFT_MAY_LIVE:
                    yield draft
