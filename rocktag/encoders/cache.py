"""Folders of the cache: each is there whole and checked, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from pathlib import Path

from rocktag.encoders.sources import UnusableError
from rocktag.errors import InputError
from rocktag.locks import locked


def kept(
    folder: Path,
    fill: Callable[[Path], None],
    check: Callable[[Path], object],
    files: Collection[str],
) -> Path:
    """Return a folder of the cache, filled if it is not there.

    It is filled under another name and renamed. A fill that breaks off leaves its
    draft, for the next one to go on from; a draft that is refused is removed. Of two
    processes the second waits for the first.

    Args:
        folder: Its final name.
        fill: Writes into the draft.
        check: Refuses the draft by an UnusableError.
        files: Names that are kept; whatever else is in the draft is removed.

    Raises:
        UnusableError: The check's.
        InputError: The folder cannot be written.
    """
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with locked(folder.with_name(f"{folder.name}.lock")):
            if not folder.is_dir():
                _make(folder, fill, check, files)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written: {error.strerror}; make room or give another"
            " cache folder"
        ) from error
    return folder


def clear(folder: Path, keep: Collection[str] = ()) -> None:
    """Remove what is in a folder but for some files."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name not in keep:
            path.unlink()


def _make(
    folder: Path,
    fill: Callable[[Path], None],
    check: Callable[[Path], object],
    files: Collection[str],
) -> None:
    draft = folder.with_name(f"{folder.name}.part")
    draft.mkdir(exist_ok=True)
    try:
        fill(draft)
        clear(draft, keep=files)
        check(draft)
    except UnusableError:
        shutil.rmtree(draft)
        raise
    except BaseException:
        if not any(draft.iterdir()):
            draft.rmdir()
        raise
    draft.replace(folder)
