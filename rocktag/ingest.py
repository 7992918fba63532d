"""Rows into the database: of a file, or of a table of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice

from rocktag.config import SourceSettings
from rocktag.db import Connection, Database, headlines, sources
from rocktag.db.headlines import Stored
from rocktag.db.runs import RunRecord
from rocktag.feeds import to_headline
from rocktag.types import Headline, Rejection


def store_rows(
    database: Database,
    rows: Iterable[Headline | Rejection],
    *,
    origin: str,
    batch_size: int,
    record: RunRecord,
    on_batch: Callable[[], None] = lambda: None,
) -> Stored:
    """Store a feed's headlines, each once, and its rejections, a batch a transaction.

    The rejections of an earlier reading of the same origin are replaced. What was
    stored before an error stays; reading the feed again adds what is missing.

    Args:
        database: Where they go.
        rows: The feed.
        origin: The name of the file or table, as its rejections bear it.
        batch_size: Rows a transaction.
        record: The run; its counts grow.
        on_batch: Called after each batch, to show progress.

    Raises:
        StoreError: The database refuses.
        InputError: The feed cannot be read further.
    """
    total = Stored()
    database.transact(lambda c: headlines.forget_rejections(c, origin))
    for batch in _batches(rows, batch_size):
        accepted = [row for row in batch if isinstance(row, Headline)]
        rejected = [row for row in batch if isinstance(row, Rejection)]
        total += database.transact(partial(_store, accepted, rejected))
        record.taken += len(batch)
        record.done = total.new + total.edited + total.updated
        record.failed += len(rejected)
        on_batch()
    return total


def _store(
    accepted: list[Headline], rejected: list[Rejection], connection: Connection
) -> Stored:
    headlines.record_rejections(connection, rejected)
    return headlines.store(connection, accepted)


def pull(
    database: Database,
    source: SourceSettings,
    batch_size: int,
    record: RunRecord,
    *,
    on_batch: Callable[[], None] = lambda: None,
) -> Stored:
    """Copy what is new or edited from the user's table; that table is only read.

    Every row the filter lets through is read at each pull: an edited title is noticed
    wherever it stands, and no row is missed that was committed late.

    Args:
        database: Where they go.
        source: The table.
        batch_size: Rows a transaction.
        record: The run; its counts grow.
        on_batch: Called after each batch.

    Raises:
        StoreError: One of the two databases refuses.
    """
    own = Database(source.url.get_secret_value(), read_only=True)
    try:
        return store_rows(
            database,
            _source_rows(own, source),
            origin=source.table,
            batch_size=batch_size,
            record=record,
            on_batch=on_batch,
        )
    finally:
        own.close()


def _source_rows(
    own: Database, source: SourceSettings
) -> Iterator[Headline | Rejection]:
    columns = {
        "external_id": source.id,
        "title": source.title,
        "published_at": source.published_at,
        "url": source.link,
    }
    rows = sources.read_rows(
        own,
        table_name=source.table,
        columns={field: name for field, name in columns.items() if name is not None},
        condition=source.filter,
    )
    for row in rows:
        yield to_headline(
            row,
            origin=source.table,
            line=None,
            default_source=source.feed,
        )


def _batches(
    rows: Iterable[Headline | Rejection], size: int
) -> Iterator[list[Headline | Rejection]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch
