"""Headlines in, each once; rows that cannot be headlines, with their reasons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    delete,
    func,
    select,
    update,
)

from rocktag.db import models, queue
from rocktag.db.dialects import insert_unless_present
from rocktag.db.locks import lock_against_edits
from rocktag.db.settling import settle
from rocktag.db.tables import failed_headline, headline, rejected_row, tagging
from rocktag.text import title_hash
from rocktag.types import Headline, Rejection

_KEYS_A_STATEMENT = 500  # PostgreSQL's parser runs out of stack at some thousands
_ORIGIN_LENGTH = 700  # characters of a path that are kept: its end


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a batch of headlines: counts.

    Attributes:
        new: Not seen before.
        edited: Seen before with another title; will be tagged again.
        updated: Same title, but another address or date.
        unchanged: Known already.
    """

    new: int = 0
    edited: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: Stored) -> Stored:
        """Return the sums."""
        return Stored(
            self.new + other.new,
            self.edited + other.edited,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
        )


def store(connection: Connection, headlines: Sequence[Headline]) -> Stored:
    """Insert new headlines, update changed ones; the last of equal keys counts.

    An edited title makes its taggings pending again; a missing address or date
    does not erase one known before.
    """
    newest = {(item.source, item.external_id): item for item in headlines}
    lock_against_edits(connection, shared=False)
    known = _known(connection, list(newest))
    now = datetime.now(UTC)
    new = [_new_row(item, now) for key, item in newest.items() if key not in known]
    edited, updated = [], []
    for key, row in sorted(known.items(), key=lambda entry: entry[1].id):
        change = _change(row, newest[key])
        if "title" in change:
            edited.append({"row_id": row.id, **_full(row, change), "changed_at": now})
        elif change:
            updated.append({"row_id": row.id, **_full(row, change), "changed_at": now})
    if new:
        connection.execute(insert_unless_present(connection, headline), new)
    _update(connection, edited + updated)
    settle(connection, [row["row_id"] for row in edited])
    _tag_again(connection, [row["row_id"] for row in edited])
    unchanged = len(headlines) - len(new) - len(edited) - len(updated)
    return Stored(len(new), len(edited), len(updated), unchanged)


def titles(connection: Connection) -> Iterator[str]:
    """Stream every title, in the order in which the headlines came in."""
    statement = select(headline.c.title).order_by(headline.c.id)
    with connection.execution_options(yield_per=5_000).execute(statement) as rows:
        for row in rows:
            yield row.title


def count(connection: Connection) -> int:
    """Return the number of headlines."""
    return connection.scalar(select(func.count()).select_from(headline)) or 0


def newest(connection: Connection, source: str) -> datetime | None:
    """Return when the newest headline of a source came in, None if it has none."""
    # By the greatest key: the index over source and external_id holds keys, no dates.
    last = select(func.max(headline.c.id)).where(headline.c.source == source)
    found: datetime | None = connection.scalar(
        select(headline.c.ingested_at).where(headline.c.id == last.scalar_subquery())
    )
    return found


def forget_rejections(connection: Connection, origin: str) -> None:
    """Drop what an earlier reading of this file or table rejected."""
    kept = origin[-_ORIGIN_LENGTH:]
    connection.execute(delete(rejected_row).where(rejected_row.c.origin == kept))


def record_rejections(connection: Connection, rejections: Sequence[Rejection]) -> None:
    """Keep why rows could not be headlines."""
    if not rejections:
        return
    now = datetime.now(UTC)
    connection.execute(
        rejected_row.insert(),
        [
            {
                "origin": item.origin[-_ORIGIN_LENGTH:],
                "line": item.line,
                "reason": item.reason[:500],
                "excerpt": item.excerpt[:500],
                "rejected_at": now,
            }
            for item in rejections
        ],
    )


def _known(
    connection: Connection, keys: list[tuple[str, str]]
) -> dict[tuple[str, str], Row[*tuple[Any, ...]]]:
    columns = headline.c
    statement = select(
        columns.id,
        columns.source,
        columns.external_id,
        columns.title,
        columns.title_hash,
        columns.url,
        columns.published_at,
    )
    known = {}
    # Source by source: for pairs in a list SQLite would read through the whole index.
    for source, some in _by_source(keys):
        matches = columns.source == source, columns.external_id.in_(some)
        for row in connection.execute(statement.where(*matches)):
            known[row.source, row.external_id] = row
    return known


def _by_source(keys: list[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Yield each source with some of its external ids at a time."""
    ids: dict[str, list[str]] = defaultdict(list)
    for source, external_id in keys:
        ids[source].append(external_id)
    for source, of_source in ids.items():
        for start in range(0, len(of_source), _KEYS_A_STATEMENT):
            yield source, of_source[start : start + _KEYS_A_STATEMENT]


def _new_row(item: Headline, now: datetime) -> dict[str, Any]:
    return {
        "source": item.source,
        "external_id": item.external_id,
        "title": item.title,
        "title_hash": title_hash(item.title),
        "url": item.url,
        "published_at": item.published_at,
        "ingested_at": now,
        "changed_at": now,
    }


def _change(row: Row[*tuple[Any, ...]], item: Headline) -> dict[str, Any]:
    """Return the columns in which a headline differs from its row."""
    digest = title_hash(item.title)
    change: dict[str, Any] = {}
    if digest != row.title_hash:
        change |= {"title": item.title, "title_hash": digest}
    if item.url is not None and item.url != row.url:
        change["url"] = item.url
    if item.published_at is not None and item.published_at != row.published_at:
        change["published_at"] = item.published_at
    return change


def _full(row: Row[*tuple[Any, ...]], change: dict[str, Any]) -> dict[str, Any]:
    columns = ("title", "title_hash", "url", "published_at")
    return {name: getattr(row, name) for name in columns} | change


def _update(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        matches = headline.c.id == bindparam("row_id")
        connection.execute(update(headline).where(matches), rows)


def _tag_again(connection: Connection, headline_ids: list[int]) -> None:
    """Make the taggings of edited headlines pending; a lease in work loses its claim.

    The champion tags them even where an earlier one did. Their labels stay in sight
    until the new ones replace them.
    """
    if not headline_ids:
        return
    connection.execute(
        update(tagging)
        .where(tagging.c.headline_id.in_(headline_ids))
        .values(
            status="pending", attempt=0, priority=0, claimed_by=None, lease_until=None
        )
    )
    champion = models.champion_key(connection)
    if champion is not None:
        queue.add(connection, champion, headline.c.id.in_(headline_ids))
    connection.execute(
        delete(failed_headline).where(failed_headline.c.headline_id.in_(headline_ids))
    )
