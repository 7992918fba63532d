"""Which alerts somebody has yet to be told of, each by one worker at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select, update

from rocktag.db.dialects import epoch_now
from rocktag.db.tables import alert

_AT_A_TIME = 20  # more wait for the next look


@dataclass(frozen=True, slots=True)
class Notice:
    """An open alert that nobody was told of yet.

    Attributes:
        alert_id: Its key.
        kind: What is wrong.
        subject: With what.
        message: In words.
        times: How often it was seen.
        run_id: The run that saw it last.
        opened_at: Since when.
        tries: To tell it, before this one.
    """

    alert_id: int
    kind: str
    subject: str
    message: str
    times: int
    run_id: int | None
    opened_at: datetime
    tries: int


def due(connection: Connection, maximum_tries: int) -> list[Notice]:
    """Return the alerts that are to be told now, the oldest first."""
    columns = alert.c
    rows = connection.execute(
        select(
            columns.id,
            columns.kind,
            columns.subject,
            columns.message,
            columns.times,
            columns.run_id,
            columns.opened_at,
            columns.tries,
        )
        .where(
            columns.open_key.is_not(None),
            columns.notified_at.is_(None),
            columns.tries < maximum_tries,
            func.coalesce(columns.next_try_at, 0) <= epoch_now(),
        )
        .order_by(columns.id)
        .limit(_AT_A_TIME)
    )
    return [Notice(*row) for row in rows]


def claim(connection: Connection, notice: Notice, seconds: int) -> bool:
    """Count one more try and keep others from it for so long; tell whether it is ours.

    It is not where another worker has claimed it since it was read, or it was closed.
    """
    taken = connection.execute(
        update(alert)
        .where(
            alert.c.id == notice.alert_id,
            alert.c.tries == notice.tries,
            alert.c.notified_at.is_(None),
            alert.c.open_key.is_not(None),
        )
        .values(tries=notice.tries + 1, next_try_at=epoch_now() + seconds)
    )
    return taken.rowcount == 1


def delivered(connection: Connection, notice: Notice) -> None:
    """Say that a claimed alert was told."""
    connection.execute(
        update(alert)
        .where(alert.c.id == notice.alert_id)
        .values(notified_at=datetime.now(UTC), next_try_at=None)
    )


def try_later(connection: Connection, notice: Notice, seconds: int) -> None:
    """Say that telling a claimed alert failed, and when it may be tried again."""
    connection.execute(
        update(alert)
        .where(alert.c.id == notice.alert_id, alert.c.tries == notice.tries + 1)
        .values(next_try_at=epoch_now() + seconds)
    )
