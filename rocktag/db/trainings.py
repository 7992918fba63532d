"""What the job `retrain` asks: what came in since, what drifts, who trained when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, exists, func, select

from rocktag.db import runs
from rocktag.db.tables import alert, headline, model_version, run, run_metric

JOB = "retrain"
TRAINED = "trained"  # the metric of a run that came to the end of a training


def published_at(connection: Connection, name: str) -> datetime | None:
    """Return when a version was published, None where it is not registered."""
    version = model_version.c
    found: datetime | None = connection.scalar(
        select(version.published_at).where(version.name == name)
    )
    return found


def headlines_since(connection: Connection, moment: datetime | None) -> int:
    """Return how many headlines came in since, all where there is no moment."""
    counted = select(func.count()).select_from(headline)
    if moment is not None:
        counted = counted.where(headline.c.ingested_at > moment)
    return connection.scalar(counted) or 0


def has_drift(connection: Connection, version: str) -> bool:
    """Tell whether the alert is open that a version's tags drift."""
    found = select(alert.c.id).where(
        alert.c.kind == "drift",
        alert.c.subject == version,
        alert.c.open_key.is_not(None),
    )
    return connection.execute(found).first() is not None


def last_training(connection: Connection) -> datetime | None:
    """Return when the last training ended, well or not.

    One that was broken off with its worker does not count.
    """
    came_to_its_end = exists().where(
        run_metric.c.run_id == run.c.id, run_metric.c.name == TRAINED
    )
    found: datetime | None = connection.scalar(
        select(func.max(run.c.finished_at)).where(run.c.job == JOB, came_to_its_end)
    )
    return found


def is_under_way(connection: Connection, run_id: int) -> bool:
    """Tell whether a run began before this one that still trains."""
    found = select(run.c.id).where(
        run.c.job == JOB,
        run.c.status == "running",
        run.c.id < run_id,
        ~runs.is_silent(),
    )
    return connection.execute(found).first() is not None
