"""Headlines that could not be tagged, with what was wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, select

from rocktag.db.tables import failed_headline, headline, tagging


@dataclass(frozen=True, slots=True)
class FailedHeadline:
    """A headline that a model version could not tag.

    Attributes:
        headline_id: Its key.
        title: What could not be tagged.
        status: failed, or pending while it will be tried again.
        attempts: Tries so far.
        error: What the last one came to.
        run_id: The run of the last one.
        failed_at: When that was.
    """

    headline_id: int
    title: str
    status: str
    attempts: int
    error: str
    run_id: int
    failed_at: datetime


def count(connection: Connection, model_version_id: int) -> int:
    """Return how many headlines are kept that a version could not tag."""
    failed = select(func.count()).select_from(failed_headline)
    kept = failed_headline.c.model_version_id == model_version_id
    return connection.scalar(failed.where(kept)) or 0


def failed_headlines(
    connection: Connection, model_version_id: int
) -> list[FailedHeadline]:
    """Return the failures of a version, the newest first."""
    failed = failed_headline.c
    rows = connection.execute(
        select(
            failed.headline_id,
            headline.c.title,
            tagging.c.status,
            failed.attempts,
            failed.error,
            failed.run_id,
            failed.failed_at,
        )
        .join(headline, headline.c.id == failed.headline_id)
        .join(
            tagging,
            and_(
                tagging.c.headline_id == failed.headline_id,
                tagging.c.model_version_id == failed.model_version_id,
            ),
        )
        .where(failed.model_version_id == model_version_id)
        .order_by(failed.failed_at.desc(), failed.headline_id)
    )
    return [FailedHeadline(*row) for row in rows]
