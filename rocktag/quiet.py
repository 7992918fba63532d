"""Libraries that do more than they are asked: what they write, what they import."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_STANDARD_ERROR = 2


@contextmanager
def native_silence() -> Iterator[None]:
    """Drop what the process writes to standard error; what is raised still comes out.

    TensorFlow and LiteRT announce processors and delegates there, whatever their log
    level says. It is the whole process that is silent: keep it short.
    """
    try:
        kept = os.dup(_STANDARD_ERROR)
    except OSError:  # there is none: nothing to silence
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STANDARD_ERROR)
        yield
    finally:
        os.dup2(kept, _STANDARD_ERROR)
        os.close(kept)
        os.close(nowhere)


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Let imports of modules fail that nobody has imported yet.

    For a library that imports large ones for parts of it that are not used here, and
    does without where they are not installed.
    """
    hiding = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hiding))  # type: ignore[arg-type]  # None: absent
    try:
        yield
    finally:
        for name in hiding:
            del sys.modules[name]
