"""A run's row: opened before the work, closed after it whatever happens."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from rocktag.db import Database, runs
from rocktag.db.runs import RunRecord
from rocktag.errors import RocktagError, StoreError

logger = logging.getLogger(__name__)

_ERROR_LENGTH = 2_000  # characters of an error that are kept with its run


@contextmanager
def recorded_run(database: Database, job: str) -> Iterator[RunRecord]:
    """Enter a run and close it as succeeded, or as failed with what went wrong.

    Raises:
        StoreError: The database refuses.
    """
    with database.write() as connection:
        record = runs.start(connection, job)
    try:
        yield record
    except BaseException as error:
        _close_failed(database, record, describe(error))
        raise
    with database.write() as connection:
        runs.finish(connection, record)


def describe(error: BaseException) -> str:
    """Return an error as one text for the run's row and the log.

    >>> describe(StoreError("the database refused")), describe(KeyboardInterrupt())
    ('the database refused', 'KeyboardInterrupt()')
    """
    text = str(error) if isinstance(error, RocktagError) else repr(error)
    return text[:_ERROR_LENGTH]


def _close_failed(database: Database, record: RunRecord, message: str) -> None:
    """Close the run in a transaction of its own: the work's was rolled back."""
    try:
        with database.write() as connection:
            runs.finish(connection, record, error=message)
    except StoreError as error:
        # The first error is the one to tell; the run's row stays `running`.
        logger.error("run %d could not be closed: %s", record.run_id, error)
