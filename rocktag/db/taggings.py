"""Who tags what: headlines made pending, and claimed under a lease.

A batch is claimed in one short transaction and written in another (`write_back`);
between them no transaction is open. An expired lease makes a headline pending again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    exists,
    func,
    literal,
    select,
    update,
)

from rocktag.db.dialects import epoch_now, insert_unless_present
from rocktag.db.locks import lock_against_edits
from rocktag.db.tables import headline, tagging

_IDS_A_STATEMENT = 10_000  # headlines enqueued in one transaction


@dataclass(frozen=True, slots=True)
class Claimed:
    """A headline that one worker has taken for tagging.

    Attributes:
        headline_id: Its key.
        title: What to tag.
        attempt: The number of this try, from 1.
    """

    headline_id: int
    title: str
    attempt: int


def enqueue(connection: Connection, model_version_id: int, after: int) -> int | None:
    """Make headlines pending that this model version has never met.

    Args:
        connection: A write transaction.
        model_version_id: The version that is to tag them.
        after: Only headlines with a greater key are looked at.

    Returns:
        The greatest key looked at, to go on from; None when there are no more.
    """
    lock_against_edits(connection, shared=True)
    window = (
        select(headline.c.id)
        .where(headline.c.id > after)
        .order_by(headline.c.id)
        .limit(_IDS_A_STATEMENT)
        .subquery()
    )
    last = connection.scalar(select(func.max(window.c.id)))
    if last is None:
        return None
    met = exists().where(
        tagging.c.model_version_id == model_version_id,
        tagging.c.headline_id == headline.c.id,
    )
    unmet = select(
        literal(model_version_id), headline.c.id, literal("pending"), literal(0)
    ).where(headline.c.id > after, headline.c.id <= last, ~met)
    columns = ["model_version_id", "headline_id", "status", "attempt"]
    connection.execute(
        insert_unless_present(connection, tagging).from_select(columns, unmet)
    )
    return int(last)


def release_expired(connection: Connection, model_version_id: int) -> int:
    """Make headlines pending whose lease has run out; return how many."""
    # Alone: it meets rows of any claim, in an order that those do not know.
    lock_against_edits(connection, shared=False)
    released = connection.execute(
        update(tagging)
        .where(
            tagging.c.model_version_id == model_version_id,
            tagging.c.status == "leased",
            tagging.c.lease_until < epoch_now(),
        )
        .values(status="pending", claimed_by=None, lease_until=None)
    )
    return released.rowcount


def claim(
    connection: Connection,
    model_version_id: int,
    *,
    claim_id: str,
    limit: int,
    lease_seconds: int,
) -> list[Claimed]:
    """Take up to `limit` pending headlines, the oldest first, passing over others'.

    Args:
        connection: A write transaction.
        model_version_id: The version that is to tag them.
        claim_id: Names this claim and no other; the fence of the write-back.
        limit: How many at the most.
        lease_seconds: After that, others may take them.
    """
    lock_against_edits(connection, shared=True)
    pending = (
        select(tagging.c.headline_id)
        .where(
            tagging.c.model_version_id == model_version_id,
            tagging.c.status == "pending",
        )
        .order_by(tagging.c.headline_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(connection.scalars(pending))
    if not ids:
        return []
    connection.execute(
        update(tagging)
        .where(of_version(model_version_id, ids))
        .values(
            status="leased",
            attempt=tagging.c.attempt + 1,
            claimed_by=claim_id,
            lease_until=epoch_now() + lease_seconds,
        )
    )
    rows = connection.execute(
        select(headline.c.id, headline.c.title, tagging.c.attempt)
        .join(tagging, tagging.c.headline_id == headline.c.id)
        .where(of_version(model_version_id, ids))
        .order_by(headline.c.id)
    )
    return [Claimed(*row) for row in rows]


def release(connection: Connection, model_version_id: int, claim_id: str) -> int:
    """Give back what a claim still holds, as if it had never been taken."""
    lock_against_edits(connection, shared=True)
    released = connection.execute(
        update(tagging)
        .where(
            tagging.c.model_version_id == model_version_id,
            tagging.c.status == "leased",
            tagging.c.claimed_by == claim_id,
        )
        .values(
            status="pending",
            attempt=tagging.c.attempt - 1,
            claimed_by=None,
            lease_until=None,
        )
    )
    return released.rowcount


def count_by_status(connection: Connection, model_version_id: int) -> dict[str, int]:
    """Return how many headlines are pending, leased, done and failed."""
    rows = connection.execute(
        select(tagging.c.status, func.count())
        .where(tagging.c.model_version_id == model_version_id)
        .group_by(tagging.c.status)
    )
    return dict(rows.all())


def of_version(
    model_version_id: int, headline_ids: Collection[int]
) -> ColumnElement[bool]:
    """Return the condition for a version's taggings of these headlines."""
    return and_(
        tagging.c.model_version_id == model_version_id,
        tagging.c.headline_id.in_(headline_ids),
    )
