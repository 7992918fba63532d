"""Files a user asked for: whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

from rocktag.errors import InputError


@contextmanager
def written_whole(path: Path) -> Iterator[TextIO]:
    """Open a text file for writing that takes its name only when it is complete.

    A device or pipe, such as /dev/stdout, is written directly.

    Raises:
        InputError: It cannot be written there.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8", newline="") as device:
                yield device
            return
        # A link, such as /dev/stdout, stays one: what it points to is replaced.
        with _draft(path.resolve()) as file:
            yield file
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror or error};"
            " nothing was left there"
        ) from error


@contextmanager
def _draft(path: Path) -> Iterator[TextIO]:
    draft = tempfile.NamedTemporaryFile(  # noqa: SIM115 - closed before the rename
        "w",
        encoding="utf-8",
        newline="",
        dir=path.parent,
        prefix=f".{path.name}-",
        delete=False,
    )
    try:
        with draft:
            yield cast("TextIO", draft)
        umask = os.umask(0)
        os.umask(umask)
        Path(draft.name).chmod(0o666 & ~umask)
        Path(draft.name).replace(path)
    except BaseException:
        Path(draft.name).unlink(missing_ok=True)
        raise
