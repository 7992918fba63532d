"""Which headlines a model version is to tag: made pending, each once.

A champion takes over what no champion before it has tagged: new headlines at once, old
ones when `tag_again` asks for them. Whatever version is named otherwise tags all.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from rocktag.db.aliases import CHAMPION
from rocktag.db.dialects import insert_unless_present
from rocktag.db.locks import lock_against_edits
from rocktag.db.tables import headline, model_alias_event, model_version, tagging
from rocktag.db.taggings import is_overdue

_IDS_A_STATEMENT = 10_000  # headlines enqueued in one transaction
LATER = 1  # the priority of what is tagged again, after all that is new


def enqueue(connection: Connection, model_version_id: int) -> bool:
    """Make the next headlines pending that this model version is to tag.

    Every headline is looked at once: those that come in have greater keys, in the order
    in which they are stored, and one that is edited is made pending by the edit.

    Args:
        connection: A write transaction.
        model_version_id: The version that is to tag them.

    Returns:
        Whether there may be more.
    """
    lock_against_edits(connection, shared=True)
    version = model_version.c.id == model_version_id
    looked_at = select(model_version.c.enqueued_up_to).where(version)
    after = connection.execute(looked_at).scalar_one()
    last = _end_of_window(connection, after)
    if last is None:
        return False
    window = and_(headline.c.id > after, headline.c.id <= last)
    add(connection, model_version_id, window & ~is_cared_for(model_version_id))
    connection.execute(
        update(model_version)
        .where(version, model_version.c.enqueued_up_to < last)
        .values(enqueued_up_to=last)
    )
    return True


def add(
    connection: Connection,
    model_version_id: int,
    wanted: ColumnElement[bool],
    *,
    priority: int = 0,
) -> int:
    """Make headlines pending that the version has no tagging of; return how many.

    Args:
        connection: A write transaction.
        model_version_id: The version that is to tag them.
        wanted: Which headlines.
        priority: 0 for what is new.
    """
    rows = select(
        literal(model_version_id),
        headline.c.id,
        literal("pending"),
        literal(0),
        literal(priority),
    ).where(wanted)
    columns = ["model_version_id", "headline_id", "status", "attempt", "priority"]
    added = connection.execute(
        insert_unless_present(connection, tagging).from_select(columns, rows),
        execution_options={"preserve_rowcount": True},
    )
    return added.rowcount


def tag_again(
    connection: Connection,
    model_version_id: int,
    after: int,
    *,
    since: datetime | None,
    again: bool,
) -> tuple[int | None, int]:
    """Make old headlines pending at the lower priority.

    Their labels stay in sight until the new ones replace them.

    Args:
        connection: A write transaction.
        model_version_id: The version that is to tag them.
        after: Only headlines with a greater key are looked at.
        since: Only headlines published since; those without a date, ingested since.
        again: Also those that the version itself has tagged or given up.

    Returns:
        The greatest key looked at, to go on from, None when there are no more; and how
        many were made pending.
    """
    lock_against_edits(connection, shared=False)
    last = _end_of_window(connection, after)
    if last is None:
        return None, 0
    wanted = and_(headline.c.id > after, headline.c.id <= last, _is_recent(since))
    own = exists().where(_is_own(model_version_id))
    count = add(connection, model_version_id, wanted & ~own, priority=LATER)
    statuses = ("undone", "done", "failed") if again else ("undone",)
    count += connection.execute(
        update(tagging)
        .where(
            tagging.c.model_version_id == model_version_id,
            tagging.c.status.in_(statuses),
            tagging.c.headline_id.in_(select(headline.c.id).where(wanted)),
        )
        .values(status="pending", attempt=0, priority=LATER)
    ).rowcount
    return last, count


def waiting(connection: Connection, model_version_id: int) -> int:
    """Return how many headlines the version has yet to tag or is tagging."""
    queued = select(func.count()).where(
        tagging.c.model_version_id == model_version_id,
        tagging.c.status.in_(("pending", "leased")),
    )
    unseen = select(func.count()).where(
        headline.c.id > reached(model_version_id), ~is_cared_for(model_version_id)
    )
    return int(
        (connection.scalar(queued) or 0)
        + (connection.scalar(unseen.select_from(headline)) or 0)
    )


def is_waited_for(connection: Connection, model_version_id: int) -> bool:
    """Tell whether anything is to be tagged by the version, or is in work.

    Asked after each batch of others: it counts nothing, and a new headline counts that
    may turn out to be cared for.
    """
    version = tagging.c.model_version_id == model_version_id
    for status in ("pending", "leased"):
        queued = select(tagging.c.headline_id).where(
            version, tagging.c.status == status
        )
        if connection.execute(queued.limit(1)).first() is not None:
            return True
    unseen = select(headline.c.id).where(headline.c.id > reached(model_version_id))
    return connection.execute(unseen.limit(1)).first() is not None


def in_work(connection: Connection, model_version_id: int) -> int:
    """Return how many headlines somebody holds whose lease has not run out."""
    held = select(func.count()).where(
        tagging.c.model_version_id == model_version_id,
        tagging.c.status == "leased",
        ~is_overdue(),
    )
    return connection.scalar(held) or 0


def count_by_status(connection: Connection, model_version_id: int) -> dict[str, int]:
    """Return how many headlines are pending, leased, done, failed and undone."""
    rows = connection.execute(
        select(tagging.c.status, func.count())
        .where(tagging.c.model_version_id == model_version_id)
        .group_by(tagging.c.status)
    )
    return dict(rows.all())


def _end_of_window(connection: Connection, after: int) -> int | None:
    """Return the greatest of the next keys, or None where there are no more."""
    window = (
        select(headline.c.id)
        .where(headline.c.id > after)
        .order_by(headline.c.id)
        .limit(_IDS_A_STATEMENT)
        .subquery()
    )
    last: int | None = connection.scalar(select(func.max(window.c.id)))
    return last


def _is_own(model_version_id: int) -> ColumnElement[bool]:
    return and_(
        tagging.c.model_version_id == model_version_id,
        tagging.c.headline_id == headline.c.id,
    )


def reached(model_version_id: int) -> ScalarSelect[int]:
    """Return the greatest key that the version has looked at to make it pending."""
    return (
        select(model_version.c.enqueued_up_to)
        .where(model_version.c.id == model_version_id)
        .scalar_subquery()
    )


def is_cared_for(model_version_id: int) -> ColumnElement[bool]:
    """Return whether the version has met a headline, or another champion tagged it.

    A version that never was champion cares for every headline by itself.
    """
    champions = select(model_alias_event.c.model_version_id).where(
        model_alias_event.c.alias == CHAMPION
    )
    other = tagging.alias("other")
    return or_(
        exists().where(_is_own(model_version_id)),
        and_(
            literal(model_version_id).in_(champions),
            exists().where(
                other.c.headline_id == headline.c.id,
                other.c.status == "done",
                other.c.model_version_id.in_(champions),
            ),
        ),
    )


def _is_recent(since: datetime | None) -> ColumnElement[bool]:
    if since is None:
        return literal(True)
    return func.coalesce(headline.c.published_at, headline.c.ingested_at) >= since
