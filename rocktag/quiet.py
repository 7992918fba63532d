"""Silence for native libraries that write to standard error past Python's logging."""

from __future__ import annotations

import os
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
