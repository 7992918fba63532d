"""Alerts: what somebody should look at, open until its cause is gone.

Of one kind and subject one alert is open at a time; seen again, it counts.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, TypeAlias

from sqlalchemy import Connection, update

from rocktag.db.dialects import insert_unless_present
from rocktag.db.tables import alert

AlertKind: TypeAlias = Literal["drift", "failed_run", "refused_champion"]


def raise_alert(
    connection: Connection,
    kind: AlertKind,
    subject: str,
    message: str,
    *,
    run_id: int | None = None,
) -> None:
    """Open an alert, or count one more sight of it with its newest message.

    Args:
        connection: A write transaction.
        kind: What is wrong.
        subject: With what: a job, a model version, a source.
        message: For a person: what, where, what next.
        run_id: The run that saw it.
    """
    key, now = _open_key(kind, subject), datetime.now(UTC)
    seen_again = connection.execute(
        update(alert)
        .where(alert.c.open_key == key)
        .values(
            times=alert.c.times + 1, last_seen_at=now, message=message, run_id=run_id
        )
    )
    if seen_again.rowcount:
        return
    connection.execute(
        insert_unless_present(connection, alert),
        [
            {
                "kind": kind,
                "subject": subject[-255:],
                "open_key": key,
                "message": message,
                "times": 1,
                "run_id": run_id,
                "opened_at": now,
                "last_seen_at": now,
                "tries": 0,
            }
        ],
    )


def close_alert(connection: Connection, kind: AlertKind, subject: str) -> bool:
    """Close an alert whose cause is gone; tell whether one was open."""
    closed = connection.execute(
        update(alert)
        .where(alert.c.open_key == _open_key(kind, subject))
        .values(open_key=None, closed_at=datetime.now(UTC))
    )
    return closed.rowcount > 0


def _open_key(kind: AlertKind, subject: str) -> str:
    return f"{kind}:{subject[-255:]}"
