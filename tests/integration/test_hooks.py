"""Who is told of an alert, how often and when, on each kind of database."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from rocktag.config import Settings
from rocktag.db import Database, alerts, notices, runs
from rocktag.hooks import telling
from rocktag.runtime import Runtime
from tests.e2e.conftest import wait_until
from tests.web_hooks import Inbox, web_hook


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """A web server that takes alerts."""
    with web_hook() as found:
        yield found


def _runtime(database: Database, **hook: object) -> Runtime:
    settings = Settings.model_validate({"hook": hook})
    return Runtime(settings, database)


def _raise(
    database: Database, subject: str = "pull", run_id: int | None = None
) -> None:
    with database.write() as connection:
        alerts.raise_alert(
            connection, "failed_run", subject, "lost mysql://u:pw@h/d", run_id=run_id
        )


def _select(database: Database, what: str) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(text(f"SELECT {what}"))]


def _make_due(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alert SET next_try_at = 1"))


def _pause(database: Database) -> int:
    """Return in how many seconds by the database's clock the alert is tried again."""
    with database.read() as connection:
        dialect = connection.dialect.name
    now = {
        "sqlite": "CAST(strftime('%s', 'now') AS INTEGER)",
        "postgresql": "CAST(extract(epoch FROM clock_timestamp()) AS BIGINT)",
        "mysql": "UNIX_TIMESTAMP()",
    }[dialect]
    return int(_select(database, f"next_try_at - {now} FROM alert")[0][0])


@pytest.mark.writers_at_once
def test_each_alert_is_told_once_however_many_workers_there_are(
    database: Database, database_url: str, inbox: Inbox
) -> None:
    with database.write() as connection:
        run_id = runs.start(connection, "pull").run_id
    others = [Database(database_url, retry_seconds=10) for _ in range(3)]
    with ExitStack() as stack:
        workers = [_runtime(other, url=inbox.url) for other in others]
        for worker in workers:
            stack.enter_context(telling(worker))
        for number in range(5):
            _raise(database, f"job {number}", run_id=run_id)
        threads = [threading.Thread(target=each.alerted.set) for each in workers]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(inbox.posts) == 5, "the alerts", seconds=10)
        _raise(database, "job 0")  # seen again
    for other in others:
        other.close()
    assert sorted(post["subject"] for post in inbox.posts) == [
        f"job {number}" for number in range(5)
    ]
    told = "count(*) FROM alert WHERE notified_at IS NOT NULL AND tries = 1"
    assert _select(database, told) == [(5,)]
    first = min(inbox.posts, key=lambda post: post["id"])
    assert first.keys() == {
        *("id", "kind", "subject", "message", "times", "opened_at", "run_id"),
        *("host", "rocktag"),
    }
    assert (first["kind"], first["run_id"], first["times"]) == ("failed_run", run_id, 1)
    assert first["message"] == "lost mysql://u:***@h/d"
    assert first["opened_at"].endswith("+00:00")


def test_a_hook_that_fails_is_tried_again_ever_later_and_given_up(
    database: Database, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.status = 500
    runtime = _runtime(database, url=inbox.url, maximum_tries=3)
    pauses = []
    for tries in (1, 2, 3):
        _raise(database)
        with telling(runtime):
            pass
        assert len(inbox.posts) == tries
        pauses.append(_pause(database))
        with telling(runtime):  # it is not due
            pass
        assert _select(database, "tries, notified_at FROM alert") == [(tries, None)]
        _make_due(database)
    for pause, expected in zip(pauses, (30, 120, 480), strict=True):
        assert expected - 10 <= pause <= expected
    inbox.status = 200
    with telling(runtime):
        pass
    assert len(inbox.posts) == 3
    warnings = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert len(warnings) == 3
    assert "try 3 of 3: the server answered with status 500; given up" in (
        warnings[-1].getMessage()
    )
    assert "T0K3N" not in caplog.text


def test_a_hook_that_fails_once_is_told_at_the_next_try(
    database: Database, inbox: Inbox
) -> None:
    inbox.status = 503
    runtime = _runtime(database, url=inbox.url)
    _raise(database)
    with telling(runtime):
        pass
    inbox.status = 204
    _make_due(database)
    with telling(runtime):
        pass
    assert len(inbox.posts) == 2
    assert _select(database, "tries, next_try_at FROM alert") == [(2, None)]
    assert _select(database, "1 FROM alert WHERE notified_at IS NOT NULL") == [(1,)]


def test_nobody_is_told_of_an_alert_that_is_over(
    database: Database, inbox: Inbox
) -> None:
    _raise(database)
    with database.read() as connection:
        (notice,) = notices.due(connection, 5)
    with database.write() as connection:
        alerts.close_alert(connection, "failed_run", "pull")
        assert notices.due(connection, 5) == []
        assert not notices.claim(connection, notice, 60)
    _raise(database)
    with database.write() as connection:
        (notice,) = notices.due(connection, 5)
        assert notices.claim(connection, notice, 60)
        assert not notices.claim(connection, notice, 60)
        assert notices.due(connection, 5) == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_without_a_hook_there_is_no_thread_and_no_query(database: Database) -> None:
    _raise(database)
    statements: list[str] = []
    event.listen(
        database._engine,
        "before_cursor_execute",
        lambda _c, _k, statement, *_: statements.append(statement),
    )
    before = threading.active_count()
    with telling(runtime := _runtime(database)):
        runtime.alerted.set()
        assert threading.active_count() == before
    assert statements == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_hook_that_is_set_up_by_a_reload_is_told(
    database: Database, inbox: Inbox
) -> None:
    _raise(database)
    runtime = _runtime(database)
    with telling(runtime) as notifier:
        runtime.reload(Settings.model_validate({"hook": {"url": inbox.url}}))
        notifier.start()
        notifier.start()
        wait_until(lambda: len(inbox.posts) == 1, "the alert", seconds=10)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_database_that_fails_does_not_end_the_thread(
    database: Database, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    with database.write() as connection:
        connection.execute(text("ALTER TABLE alert RENAME TO away"))
    runtime = _runtime(database, url=inbox.url)
    with telling(runtime):
        wait_until(lambda: "no such table" in caplog.text, "the fault", seconds=10)
        with database.write() as connection:
            connection.execute(text("ALTER TABLE away RENAME TO alert"))
        _raise(database)
        runtime.alerted.set()
        wait_until(lambda: len(inbox.posts) == 1, "the alert", seconds=10)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_command_that_hangs_costs_its_timeout_and_a_try(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _raise(database)
    script = (
        "import sys, time; print('hm', file=sys.stderr, flush=True); time.sleep(60)"
    )
    command = (sys.executable, "-c", script)
    with telling(_runtime(database, command=command, timeout_seconds=1)):
        wait_until(lambda: "was killed" in caplog.text, "the end", seconds=10)
    assert "it said: hm" in caplog.text
    assert _select(database, "tries, notified_at FROM alert") == [(1, None)]
