"""How the worker is doing, as the database tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from rocktag.db import runs, taggings
from rocktag.db.queue import is_cared_for, reached
from rocktag.db.tables import alert, headline, run, tagging


@dataclass(frozen=True, slots=True)
class LastRun:
    """The newest run of a job.

    Attributes:
        job: Its name.
        run_id: Its key.
        status: running, succeeded, failed or undone.
        started_at: When it began.
        done: Headlines stored or tagged.
        failed: Rows rejected, or tries that failed.
        error: What went wrong, if anything.
    """

    job: str
    run_id: int
    status: str
    started_at: datetime
    done: int
    failed: int
    error: str | None


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """Something that somebody should look at.

    Attributes:
        kind: What is wrong.
        subject: With what.
        message: In words.
        times: How often it was seen.
        opened_at: Since when.
    """

    kind: str
    subject: str
    message: str
    times: int
    opened_at: datetime


def last_runs(connection: Connection, jobs: Sequence[str]) -> list[LastRun]:
    """Return the newest run of each job that ever ran, in the jobs' order."""
    newest = select(func.max(run.c.id)).where(run.c.job.in_(jobs)).group_by(run.c.job)
    rows = connection.execute(
        select(
            run.c.job,
            run.c.id,
            run.c.status,
            run.c.started_at,
            run.c.done,
            run.c.failed,
            run.c.error,
        ).where(run.c.id.in_(newest))
    )
    found = {row.job: LastRun(*row) for row in rows}
    return [found[job] for job in jobs if job in found]


def open_alerts(connection: Connection) -> list[OpenAlert]:
    """Return the open alerts, the oldest first."""
    rows = connection.execute(
        select(
            alert.c.kind,
            alert.c.subject,
            alert.c.message,
            alert.c.times,
            alert.c.opened_at,
        )
        .where(alert.c.closed_at.is_(None))
        .order_by(alert.c.id)
    )
    return [OpenAlert(*row) for row in rows]


def oldest_waiting(connection: Connection, model_version_id: int) -> datetime | None:
    """Return when the oldest headline came in that is new and not tagged yet."""
    came_in = select(func.min(headline.c.ingested_at))
    # Two questions: for one with OR a database reads every headline.
    queued = came_in.join(tagging, tagging.c.headline_id == headline.c.id).where(
        tagging.c.model_version_id == model_version_id,
        tagging.c.status.in_(("pending", "leased")),
        tagging.c.priority == 0,
    )
    unqueued = came_in.where(
        headline.c.id > reached(model_version_id),
        ~is_cared_for(model_version_id),  # a new champion has met none yet
    )
    found = (connection.scalar(queued), connection.scalar(unqueued))
    return min((moment for moment in found if moment is not None), default=None)


def overdue_leases(connection: Connection) -> int:
    """Return how many headlines are claimed by somebody who let the lease run out."""
    overdue = select(func.count()).select_from(tagging)
    overdue = overdue.where(taggings.is_overdue())
    return connection.scalar(overdue) or 0


def silent_runs(connection: Connection) -> int:
    """Return how many runs have not said for too long that they are alive."""
    silent = select(func.count()).select_from(run).where(runs.is_silent())
    return connection.scalar(silent) or 0
