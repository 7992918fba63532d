"""What rocktag itself shows of the views and the audit tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, column, desc, select, table

from rocktag.db.tables import run, run_label_metric, run_metric

_tagged_headline = table(
    "tagged_headline", column("headline_id"), column("title"), column("labels")
)


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run with its metrics.

    Attributes:
        run_id: Its key.
        status: running, succeeded or failed.
        started_at: When it began.
        metrics: Name to value.
        labels: Label to headlines that got it; only those that any got.
    """

    run_id: int
    status: str
    started_at: datetime
    metrics: dict[str, float]
    labels: dict[str, int]


def newest_tagged(connection: Connection, limit: int) -> list[tuple[str, str]]:
    """Return titles and labels of the headlines that came in last, newest first."""
    columns = _tagged_headline.c
    rows = connection.execute(
        select(columns.title, columns.labels)
        .order_by(desc(columns.headline_id))
        .limit(limit)
    )
    return [(row.title, row.labels) for row in rows]


def last_run(connection: Connection, job: str) -> RunReport | None:
    """Return the latest run of a job, or None while there is none."""
    row = connection.execute(
        select(run).where(run.c.job == job).order_by(desc(run.c.id)).limit(1)
    ).first()
    if row is None:
        return None
    metrics = connection.execute(
        select(run_metric.c.name, run_metric.c.value).where(
            run_metric.c.run_id == row.id
        )
    )
    labels = connection.execute(
        select(run_label_metric.c.label, run_label_metric.c.assigned)
        .where(run_label_metric.c.run_id == row.id, run_label_metric.c.assigned > 0)
        .order_by(desc(run_label_metric.c.assigned), run_label_metric.c.label)
    )
    return RunReport(
        run_id=row.id,
        status=row.status,
        started_at=row.started_at,
        metrics=dict(metrics.all()),
        labels=dict(labels.all()),
    )
