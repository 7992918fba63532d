"""What a claim came to: labels written or errors kept, each under the claim's fence.

What is written must still be owned by the claim: a worker that was slow, or whose
headline was edited meanwhile, writes nothing for it. So nothing is lost and nothing is
written twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, and_, case, delete, insert, select, update

from rocktag.db.locks import lock_against_edits
from rocktag.db.settling import settle_tagged
from rocktag.db.tables import failed_headline, headline, headline_label, tagging
from rocktag.db.taggings import is_overdue, of_version
from rocktag.types import ServedBy

_NEVER_BACK = "every worker that took it ended without a word, or took too long"


@dataclass(frozen=True, slots=True)
class AssignedLabel:
    """A label of a headline, as it is stored.

    Attributes:
        label: Its name.
        probability: What it was given by.
        threshold: What it had to reach.
        served_by: Whether the probability is the model's, or the keyword rules' 1.
    """

    label: str
    probability: float
    threshold: float
    served_by: ServedBy = "model"


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
        return set()
    # Nothing else has labels yet. And on a table without statistics PostgreSQL would
    # read all labels of the version to find those of a batch.
    tagged_before = [key for key, moment in owned.items() if moment is not None]
    if tagged_before:
        _delete_labels(connection, model_version_id, tagged_before)
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
                "served_by": assigned.served_by,
            }
            for headline_id in sorted(owned)
            for assigned in labels[headline_id]
        ],
    )
    connection.execute(
        update(tagging)
        .where(of_version(model_version_id, owned))
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
    settle_tagged(connection, model_version_id, owned)
    _forget_failures(connection, model_version_id, owned)
    return set(owned)


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
    owned = set(_owned(connection, model_version_id, claim_id, errors.keys()))
    if not owned:
        return owned
    mine = of_version(model_version_id, owned)
    attempts = dict(
        connection.execute(
            select(tagging.c.headline_id, tagging.c.attempt).where(mine)
        ).all()
    )
    final = {key for key, attempt in attempts.items() if attempt >= maximum_attempts}
    for status, keys in (("failed", final), ("pending", owned - final)):
        connection.execute(
            update(tagging)
            .where(of_version(model_version_id, keys))
            .values(status=status, claimed_by=None, lease_until=None)
        )
    _keep_failures(
        connection,
        model_version_id,
        run_id,
        {key: (attempts[key], errors[key]) for key in owned},
    )
    return owned


def release_expired(
    connection: Connection,
    model_version_id: int,
    *,
    run_id: int,
    maximum_attempts: int,
) -> tuple[int, int]:
    """Make headlines pending whose lease has run out.

    One that was taken `maximum_attempts` times and never brought back is failed: it may
    be what kills the worker that tags it.

    Args:
        connection: A write transaction.
        model_version_id: The version whose headlines they are.
        run_id: The run that notices.
        maximum_attempts: With that many tries behind it a headline is failed for good.

    Returns:
        How many became pending, and how many failed.
    """
    # Alone: it meets rows of any claim, in an order that those do not know.
    lock_against_edits(connection, shared=False)
    expired = and_(tagging.c.model_version_id == model_version_id, is_overdue())
    tried = select(tagging.c.headline_id, tagging.c.attempt).where(
        expired, tagging.c.attempt >= maximum_attempts
    )
    given_up = dict(connection.execute(tried).all())
    if given_up:
        connection.execute(
            update(tagging)
            .where(of_version(model_version_id, given_up))
            .values(status="failed", claimed_by=None, lease_until=None)
        )
        failures = {key: (tries, _NEVER_BACK) for key, tries in given_up.items()}
        _keep_failures(connection, model_version_id, run_id, failures)
    released = connection.execute(
        update(tagging)
        .where(expired)
        .values(status="pending", claimed_by=None, lease_until=None)
    )
    return released.rowcount, len(given_up)


def retry(
    connection: Connection, model_version_id: int, headline_ids: Collection[int] | None
) -> int:
    """Make failed headlines pending once more, all or some; return how many."""
    failed = and_(
        tagging.c.model_version_id == model_version_id, tagging.c.status == "failed"
    )
    if headline_ids is not None:
        failed = and_(failed, tagging.c.headline_id.in_(headline_ids))
    lock_against_edits(connection, shared=False)
    return connection.execute(
        update(tagging).where(failed).values(status="pending", attempt=0)
    ).rowcount


def undo(connection: Connection, model_version_id: int, run_id: int) -> int:
    """Take back the labels that a run wrote and nobody has replaced; return how many.

    The headlines show what an earlier champion said, or nothing; they are tagged again
    only when that is asked for, or when they are edited.
    """
    lock_against_edits(connection, shared=False)
    connection.execute(delete(headline_label).where(headline_label.c.run_id == run_id))
    return connection.execute(
        update(tagging)
        .where(
            tagging.c.model_version_id == model_version_id, tagging.c.run_id == run_id
        )
        .values(
            status=case((tagging.c.status == "done", "undone"), else_=tagging.c.status),
            tagged_at=None,
            title_hash=None,
            run_id=None,
        )
    ).rowcount


def _keep_failures(
    connection: Connection,
    model_version_id: int,
    run_id: int,
    failures: Mapping[int, tuple[int, str]],
) -> None:
    """Keep tries and error of headlines, in place of what was kept of them before."""
    _forget_failures(connection, model_version_id, failures)
    now = datetime.now(UTC)
    connection.execute(
        insert(failed_headline),
        [
            {
                "headline_id": key,
                "model_version_id": model_version_id,
                "attempts": attempts,
                "error": error,
                "run_id": run_id,
                "failed_at": now,
            }
            for key, (attempts, error) in sorted(failures.items())
        ],
    )


def _forget_failures(
    connection: Connection, model_version_id: int, headline_ids: Collection[int]
) -> None:
    connection.execute(
        delete(failed_headline).where(
            failed_headline.c.model_version_id == model_version_id,
            failed_headline.c.headline_id.in_(headline_ids),
        )
    )


def _owned(
    connection: Connection,
    model_version_id: int,
    claim_id: str,
    headline_ids: Collection[int],
) -> dict[int, datetime | None]:
    """Lock those of the headlines that the claim still holds.

    Returns:
        Their keys, each with when it was last tagged by this version, None for never.
    """
    lock_against_edits(connection, shared=True)
    rows = connection.execute(
        select(tagging.c.headline_id, tagging.c.tagged_at)
        .where(
            # By key, for what has a claim is leased: in the queue's index PostgreSQL
            # passes over every lease there ever was, until it is vacuumed.
            of_version(model_version_id, headline_ids),
            tagging.c.claimed_by == claim_id,
        )
        .with_for_update()
    )
    return dict(rows.all())


def _delete_labels(
    connection: Connection, model_version_id: int, headline_ids: Collection[int]
) -> None:
    connection.execute(
        delete(headline_label).where(
            headline_label.c.model_version_id == model_version_id,
            headline_label.c.headline_id.in_(headline_ids),
        )
    )
