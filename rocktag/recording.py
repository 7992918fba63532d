"""A run's row: opened before the work, kept alive, closed whatever happens."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from datetime import datetime

from rocktag.db import Connection, Database, runs
from rocktag.db.runs import RunRecord
from rocktag.errors import RefusedValueError, RocktagError, StoreError
from rocktag.log_context import logged_as

logger = logging.getLogger(__name__)

ALIVE_SECONDS = 120.0  # that a run may keep silent before it counts as lost
_JOIN_SECONDS = 1.0
_ERROR_LENGTH = 2_000  # characters of an error that are kept with its run


class TickTaken(Exception):  # noqa: N818 - no error: the work is done elsewhere
    """Another worker has run the job for this moment of its schedule."""


@contextmanager
def recorded_run(
    database: Database,
    job: str,
    *,
    tick: datetime | None = None,
    alive_seconds: float = ALIVE_SECONDS,
) -> Iterator[RunRecord]:
    """Enter a run and close it as succeeded, or as failed with what went wrong.

    While it lasts a thread of its own renews it, and what it holds, twice in
    `alive_seconds`. What is logged meanwhile bears the run.

    Args:
        database: Where runs are recorded.
        job: Its name.
        tick: The moment of the schedule, of a job that runs once over all workers.
        alive_seconds: How long it may keep silent before it counts as lost.

    Raises:
        StoreError: The database refuses.
        TickTaken: Another worker has had this tick.
    """
    record = _start(database, job, tick, alive_seconds)
    with logged_as(job, record.run_id):
        try:
            with _heartbeat(database, record, alive_seconds):
                yield record
        except BaseException as error:
            _close_failed(database, record, describe(error))
            raise
        database.transact(lambda connection: runs.finish(connection, record))


def describe(error: BaseException) -> str:
    """Return an error as one text for the run's row and the log.

    >>> describe(StoreError("the database refused")), describe(KeyboardInterrupt())
    ('the database refused', 'KeyboardInterrupt()')
    """
    text = str(error) if isinstance(error, RocktagError) else repr(error)
    return text[:_ERROR_LENGTH]


def _start(
    database: Database, job: str, tick: datetime | None, alive_seconds: float
) -> RunRecord:
    def enter(connection: Connection) -> RunRecord:
        if tick is not None and runs.has_tick(connection, job, tick):
            raise TickTaken
        return runs.start(connection, job, tick=tick, alive_seconds=alive_seconds)

    try:
        return database.transact(enter)
    except RefusedValueError:
        if tick is None:
            raise
        raise TickTaken from None  # by one who entered it in the same moment


@contextmanager
def _heartbeat(
    database: Database, record: RunRecord, alive_seconds: float
) -> Iterator[None]:
    """Renew the run from another thread until the block ends."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(alive_seconds / 2):
            try:
                database.transact(lambda c: runs.renew(c, record, alive_seconds))
            except StoreError as error:
                # The next beat may get through; if none does, others take over.
                logger.warning(
                    "no heartbeat: %s", error, extra={"event": "heartbeat_missed"}
                )

    thread = threading.Thread(
        target=copy_context().run, args=(beat,), name="rocktag-heartbeat", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(_JOIN_SECONDS)  # one beat more does no harm


def _close_failed(database: Database, record: RunRecord, message: str) -> None:
    """Close the run in a transaction of its own: the work's was rolled back."""
    try:
        database.transact(lambda c: runs.finish(c, record, error=message))
    except StoreError as error:
        # The first error is the one to tell; others will close the run as lost.
        logger.error(
            "the run could not be closed: %s", error, extra={"event": "run_not_closed"}
        )
