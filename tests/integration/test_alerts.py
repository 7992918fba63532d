"""Alerts: one a cause while it lasts, and a new one when it comes back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from rocktag.db import Database, alerts


def _raise(database: Database, message: str, subject: str = "pull") -> None:
    with database.write() as connection:
        alerts.raise_alert(connection, "failed_run", subject, message)


def _close(database: Database, subject: str = "pull") -> bool:
    with database.write() as connection:
        return alerts.close_alert(connection, "failed_run", subject)


def _select(database: Database, what: str) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(text(f"SELECT {what}"))]


def test_an_alert_seen_again_counts_and_one_seen_after_its_end_is_new(
    database: Database,
) -> None:
    _raise(database, "the table is gone")
    _raise(database, "the server is gone")
    _raise(database, "no model", subject="tag")
    shown = "kind, subject, message, times FROM open_alert ORDER BY alert_id"
    assert _select(database, shown) == [
        ("failed_run", "pull", "the server is gone", 2),
        ("failed_run", "tag", "no model", 1),
    ]
    assert (_close(database), _close(database)) == (True, False)
    assert _select(database, "subject FROM open_alert") == [("tag",)]
    _raise(database, "gone once more")
    kept = "message, times, closed_at IS NULL FROM alert WHERE subject = 'pull'"
    assert _select(database, f"{kept} ORDER BY id") == [
        ("the server is gone", 2, False),
        ("gone once more", 1, True),
    ]


def test_subjects_longer_than_their_column_stay_apart_by_their_end(
    database: Database,
) -> None:
    for end in ("one", "two", "one"):
        _raise(database, "late", subject="x" * 300 + end)
    times = _select(database, "times FROM open_alert ORDER BY alert_id")
    assert times == [(2,), (1,)]
    assert _close(database, "x" * 300 + "two")
