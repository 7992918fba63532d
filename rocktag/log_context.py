"""Which run is under way where something is logged.

The log's lines say it without each of them being told; a thread that works for the run
is started in a copy of its context.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """What the log says of a run.

    Attributes:
        job: What runs.
        run_id: Its key.
    """

    job: str
    run_id: int


_under_way: ContextVar[LoggedRun | None] = ContextVar("run_under_way", default=None)


@contextmanager
def logged_as(job: str, run_id: int) -> Iterator[None]:
    """Let what is logged within the block bear this run."""
    token = _under_way.set(LoggedRun(job, run_id))
    try:
        yield
    finally:
        _under_way.reset(token)


def run_under_way() -> LoggedRun | None:
    """Return the run to which a line belongs that is logged now; None outside of one.

    >>> with logged_as("tag", 42):
    ...     run_under_way()
    LoggedRun(job='tag', run_id=42)
    """
    return _under_way.get()
