"""Who tags what: claims under a lease, fenced write-back, and failures.

A batch is claimed in one short transaction and written in another; between them no
transaction is open. An expired lease makes a headline pending again. What is written
must still be owned by the claim: a worker that was slow, or whose headline was edited
meanwhile, writes nothing for it. So nothing is lost and nothing is written twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from rocktag.db.dialects import epoch_now, insert_unless_present
from rocktag.db.locks import lock_against_edits
from rocktag.db.tables import failed_headline, headline, headline_label, tagging

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


@dataclass(frozen=True, slots=True)
class AssignedLabel:
    """A label of a headline, as it is stored."""

    label: str
    probability: float
    threshold: float


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
        .where(_of(model_version_id, ids))
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
        .where(_of(model_version_id, ids))
        .order_by(headline.c.id)
    )
    return [Claimed(*row) for row in rows]


def complete(
    connection: Connection,
    model_version_id: int,
    *,
    claim_id: str,
    run_id: int,
    labels: Mapping[int, Sequence[AssignedLabel]],
) -> set[int]:
    """Write the labels of claimed headlines and mark them done, where still owned.

    Args:
        connection: A write transaction.
        model_version_id: The version that tagged them.
        claim_id: The claim under which they were taken.
        run_id: The run that writes.
        labels: Headline key to its labels; never an empty sequence.

    Returns:
        The keys written; the others belong to somebody else by now.
    """
    owned = _owned(connection, model_version_id, claim_id, labels.keys())
    if not owned:
        return owned
    _delete_labels(connection, model_version_id, owned)
    connection.execute(
        insert(headline_label),
        [
            {
                "headline_id": headline_id,
                "model_version_id": model_version_id,
                "label": assigned.label,
                "probability": assigned.probability,
                "threshold": assigned.threshold,
                "run_id": run_id,
            }
            for headline_id in sorted(owned)
            for assigned in labels[headline_id]
        ],
    )
    connection.execute(
        update(tagging)
        .where(_of(model_version_id, owned))
        .values(
            status="done",
            claimed_by=None,
            lease_until=None,
            # Still the one that was tagged: an edit would have taken the lease away.
            title_hash=select(headline.c.title_hash)
            .where(headline.c.id == tagging.c.headline_id)
            .scalar_subquery(),
            tagged_at=datetime.now(UTC),
            run_id=run_id,
        )
    )
    connection.execute(
        delete(failed_headline).where(
            failed_headline.c.model_version_id == model_version_id,
            failed_headline.c.headline_id.in_(owned),
        )
    )
    return owned


def fail(
    connection: Connection,
    model_version_id: int,
    *,
    claim_id: str,
    run_id: int,
    errors: Mapping[int, str],
    maximum_attempts: int,
) -> set[int]:
    """Record why headlines could not be tagged; they stay pending for another try.

    Args:
        connection: A write transaction.
        model_version_id: The version that could not tag them.
        claim_id: The claim under which they were taken.
        run_id: The run that failed.
        errors: Headline key to what went wrong.
        maximum_attempts: With that many tries behind it a headline is failed for good.

    Returns:
        The keys recorded; the others belong to somebody else by now.
    """
    owned = _owned(connection, model_version_id, claim_id, errors.keys())
    if not owned:
        return owned
    mine = _of(model_version_id, owned)
    attempts = dict(
        connection.execute(
            select(tagging.c.headline_id, tagging.c.attempt).where(mine)
        ).all()
    )
    final = {key for key, attempt in attempts.items() if attempt >= maximum_attempts}
    for status, keys in (("failed", final), ("pending", owned - final)):
        connection.execute(
            update(tagging)
            .where(_of(model_version_id, keys))
            .values(status=status, claimed_by=None, lease_until=None)
        )
    failed = failed_headline.c
    connection.execute(
        delete(failed_headline).where(
            failed.model_version_id == model_version_id, failed.headline_id.in_(owned)
        )
    )
    connection.execute(
        insert(failed_headline),
        [
            {
                "headline_id": key,
                "model_version_id": model_version_id,
                "attempts": attempts[key],
                "error": errors[key],
                "run_id": run_id,
                "failed_at": datetime.now(UTC),
            }
            for key in sorted(owned)
        ],
    )
    return owned


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


def _of(model_version_id: int, headline_ids: Collection[int]) -> ColumnElement[bool]:
    return and_(
        tagging.c.model_version_id == model_version_id,
        tagging.c.headline_id.in_(headline_ids),
    )


def _owned(
    connection: Connection,
    model_version_id: int,
    claim_id: str,
    headline_ids: Collection[int],
) -> set[int]:
    """Lock and return those of the headlines that the claim still holds."""
    lock_against_edits(connection, shared=True)
    return set(
        connection.scalars(
            select(tagging.c.headline_id)
            .where(
                _of(model_version_id, headline_ids),
                tagging.c.status == "leased",
                tagging.c.claimed_by == claim_id,
            )
            .with_for_update()
        )
    )


def _delete_labels(
    connection: Connection, model_version_id: int, headline_ids: Collection[int]
) -> None:
    connection.execute(
        delete(headline_label).where(
            headline_label.c.model_version_id == model_version_id,
            headline_label.c.headline_id.in_(headline_ids),
        )
    )
