"""Alerts: what somebody should look at, open until its cause is gone.

Of one kind and subject one alert is open at a time; seen again, it counts.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from sqlalchemy import Connection, select, update

from rocktag.db.dialects import insert_unless_present
from rocktag.db.tables import alert

AlertKind: TypeAlias = Literal[
    "drift", "failed_headlines", "failed_run", "refused_champion", "stale_feed"
]
OF_VERSIONS: tuple[AlertKind, ...] = ("drift", "failed_headlines", "refused_champion")


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
    return _close(connection, {_open_key(kind, subject)}) > 0


def close_others(
    connection: Connection, kinds: Collection[AlertKind], subject: str | None
) -> None:
    """Close the alerts of these kinds with every subject but this, which none watches.

    Args:
        connection: A write transaction.
        kinds: Which alerts.
        subject: What is watched now; None: nothing.
    """
    open_keys = select(alert.c.open_key).where(alert.c.open_key.is_not(None))
    found = connection.scalars(open_keys.where(alert.c.kind.in_(kinds)))
    watched = {_open_key(kind, subject) for kind in kinds} if subject else set()
    _close(connection, {key for key in found if key} - watched)


def _close(connection: Connection, open_keys: Collection[str]) -> int:
    """Close the open alerts with these keys, and return how many there were."""
    if not open_keys:
        return 0
    closed = connection.execute(
        update(alert)
        .where(alert.c.open_key.in_(sorted(open_keys)))
        .values(open_key=None, closed_at=datetime.now(UTC))
    )
    return closed.rowcount


def _open_key(kind: AlertKind, subject: str) -> str:
    return f"{kind}:{subject[-255:]}"
