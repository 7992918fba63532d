"""What an operator changes about what was tagged: again, once more, or not at all."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial

from rocktag.db import Connection, Database, failures, models, queue, runs, write_back
from rocktag.db.failures import FailedHeadline
from rocktag.errors import StoreError, UsageError


def tag_again(
    database: Database, name: str, *, since: datetime | None, again: bool
) -> int:
    """Make old headlines pending for a version, after all that is new; return how many.

    Args:
        database: Where the headlines are.
        name: The version that is to tag them.
        since: Only those published since, or ingested where they have no date.
        again: Also those that the version has tagged before.

    Raises:
        StoreError: The database refuses, or does not know the version.
    """
    version = _key(database, name)
    after: int | None = 0
    total = 0
    while after is not None:
        after, count = database.transact(
            partial(
                queue.tag_again,
                model_version_id=version,
                after=after,
                since=since,
                again=again,
            )
        )
        total += count
    return total


def failed(database: Database, name: str) -> list[FailedHeadline]:
    """Return the headlines that a version could not tag, the newest failure first.

    Raises:
        StoreError: The database refuses, or does not know the version.
    """
    version = _key(database, name)
    with database.read() as connection:
        return failures.failed_headlines(connection, version)


def retry(database: Database, name: str, headline_ids: Collection[int] | None) -> int:
    """Make failed headlines of a version pending once more; return how many.

    Args:
        database: Where they are.
        name: The version.
        headline_ids: Which; None for all.

    Raises:
        StoreError: The database refuses, or does not know the version.
    """
    version = _key(database, name)
    return database.transact(lambda c: write_back.retry(c, version, headline_ids))


def undo(database: Database, run_id: int) -> int:
    """Take back the labels that a `tag` run wrote; return of how many headlines.

    Raises:
        StoreError: The database refuses.
        UsageError: There is no such run, or it wrote no labels, or still writes them.
    """

    def take_back(connection: Connection) -> int:
        runs.close_lost(connection)
        found = runs.find(connection, run_id)
        if found is None:
            raise UsageError(f"there is no run {run_id}; see: rocktag status")
        if found.job != "tag" or found.model_version_id is None:
            raise UsageError(
                f"run {run_id} is of the job {found.job} and wrote no labels; only"
                " a run of `tag` can be undone"
            )
        if found.status == "running":
            raise UsageError(
                f"run {run_id} is still running; stop its worker first (one that was"
                " killed counts as running for tag.lease_seconds)"
            )
        runs.mark_undone(connection, run_id)
        return write_back.undo(connection, found.model_version_id, run_id)

    return database.transact(take_back)


def _key(database: Database, name: str) -> int:
    with database.read() as connection:
        key = models.key(connection, name)
    if key is None:
        raise StoreError(
            f"{database.name} does not know the model {name}; see: rocktag models list"
        )
    return key
