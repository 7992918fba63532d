"""Runs: one a tick, alive while their workers are, and patient with a busy database."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, text

from rocktag.db import Database, engine, headlines, models, queue, runs, taggings
from rocktag.db.runs import RunRecord
from rocktag.db.tables import edit_lock, run, tagging
from rocktag.errors import RefusedValueError, StoreError, UnavailableError
from rocktag.log_context import LoggedRun, run_under_way
from rocktag.recording import TickTaken, recorded_run
from rocktag.types import Headline
from tests.versions import invented_version

TICK = datetime(2026, 3, 1, 12, tzinfo=UTC)
GONE = -5  # seconds


@pytest.fixture
def patient(database: Database, database_url: str) -> Iterator[Database]:
    """The database as the worker opens it: what fails for a while is tried again."""
    opened = Database(database_url, retry_seconds=20)
    yield opened
    opened.close()


def _statuses(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.scalars(select(run.c.status).order_by(run.c.id)))


@pytest.mark.writers_at_once
def test_of_two_workers_that_start_the_same_tick_one_runs(patient: Database) -> None:
    barrier = threading.Barrier(2)

    def start(_: int) -> bool:
        barrier.wait()
        try:
            with recorded_run(patient, "pull", tick=TICK):
                time.sleep(0.2)
        except TickTaken:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(start, range(2))) == [False, True]
    assert _statuses(patient) == ["succeeded"]
    with pytest.raises(TickTaken), recorded_run(patient, "pull", tick=TICK):
        pass
    with recorded_run(patient, "audit", tick=TICK):
        pass
    for _ in range(2):
        with recorded_run(patient, "pull"):  # asked for by hand: of no tick
            pass
    assert _statuses(patient) == ["succeeded"] * 4


def test_a_silent_run_is_closed_and_a_renewed_one_is_not(database: Database) -> None:
    with database.write() as connection:
        runs.start(connection, "tag", alive_seconds=GONE)
        renewed = runs.start(connection, "tag", alive_seconds=GONE)
        runs.renew(connection, renewed, 60)
        assert [runs.close_lost(connection) for _ in range(2)] == [1, 0]
    assert _statuses(database) == ["failed", "running"]
    with database.read() as connection:
        error = connection.scalar(text("SELECT min(error) FROM run_summary"))
    assert str(error).startswith("lost: ")


def test_the_heartbeat_renews_the_run_and_its_lease(patient: Database) -> None:
    facts = invented_version()
    with patient.write() as connection:
        stored = Headline(source="NME", external_id="1", title="Ghost announce tour")
        headlines.store(connection, [stored])
        version = models.register(connection, facts)
        queue.enqueue(connection, version)
        assert taggings.claim(
            connection, version, claim_id="one", limit=1, lease_seconds=1
        )

    def ends(connection: Connection) -> tuple[int, int]:
        leased = connection.execute(select(tagging.c.lease_until)).scalar_one()
        alive = connection.execute(select(run.c.alive_until)).scalar_one()
        return leased, alive

    with recorded_run(patient, "tag", alive_seconds=1) as record:
        record.renew = lambda c: taggings.renew(c, version, "one", 60)
        with patient.read() as connection:
            lease, alive = ends(connection)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            time.sleep(0.1)
            with patient.read() as connection:
                now = ends(connection)
            if now[0] >= lease + 30 and now[1] > alive:
                break
        assert now[0] >= lease + 30
        assert now[1] > alive


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_run_is_under_way_for_the_log_in_its_heartbeat_too(
    database: Database,
) -> None:
    seen, beaten = [], threading.Event()

    def renew(_: Connection) -> None:
        seen.append(run_under_way())
        beaten.set()

    with recorded_run(database, "tag", alive_seconds=0.1) as record:
        record.renew = renew
        assert beaten.wait(10)
        assert run_under_way() == LoggedRun("tag", record.run_id)
    assert set(seen) == {LoggedRun("tag", record.run_id)}
    assert run_under_way() is None


def _locked_out(path: Path, seconds: float) -> Callable[[], None]:
    """Lock a SQLite file for a while; return what waits for the end of it."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    ending = threading.Timer(seconds, other.close)
    ending.start()
    return ending.join


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_locked_database_is_tried_again_and_given_up_after_its_time(
    database: Database,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "_SQLITE_LOCK_TIMEOUT", 0.01)
    path = tmp_path / "rocktag.db"
    for retry_seconds, lasts in ((15.0, 1.0), (0.3, 2.0)):
        opened = Database(database_url, retry_seconds=retry_seconds)
        with opened.read() as connection:  # connected before it is locked
            connection.execute(select(run))
        unlocked = _locked_out(path, lasts)
        begun = time.monotonic()
        if retry_seconds > lasts:
            record = opened.transact(lambda c: runs.start(c, "tag"))
            assert record.run_id > 0
            assert time.monotonic() - begun > lasts / 2
        else:
            with pytest.raises(UnavailableError, match="locked"):
                opened.transact(lambda c: runs.start(c, "tag"))
        unlocked()
        opened.close()
    assert _statuses(database) == ["running"]


def test_a_value_that_is_refused_is_not_tried_again(patient: Database) -> None:
    calls = []

    def work(connection: Connection) -> None:
        calls.append(1)
        connection.execute(insert(edit_lock).values(id=1))

    with pytest.raises(RefusedValueError):
        patient.transact(work)
    assert len(calls) == 1


def test_a_statement_that_can_never_work_is_not_tried_again(patient: Database) -> None:
    begun = time.monotonic()
    for statement in ("SELECT absent FROM run", "SELECT id FROM absent"):
        with pytest.raises(StoreError, match="absent") as raised:
            patient.query(partial(Connection.exec_driver_sql, statement=statement))
        assert not isinstance(raised.value, UnavailableError)
    assert time.monotonic() - begun < 10  # patient would try for 20 seconds


def test_a_run_that_fails_keeps_what_its_transactions_have_counted(
    database: Database,
) -> None:
    def lose_an_answer(record: RunRecord) -> None:
        """Commit what the record never comes to know of, and fail."""
        record.taken = record.failed = 1
        with database.write() as connection:
            runs.add(connection, record.run_id, taken=8, done=7)
        raise UnavailableError("gone")

    with pytest.raises(UnavailableError), recorded_run(database, "tag") as record:
        lose_an_answer(record)
    with database.read() as connection:
        stored = connection.execute(select(run.c.taken, run.c.done, run.c.failed)).one()
    assert tuple(stored) == (8, 7, 1)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_query_is_tried_again_and_tells_once_why_it_waits(
    patient: Database, caplog: pytest.LogCaptureFixture
) -> None:
    calls_once_told = []

    def ask(_: Connection) -> str:
        calls_once_told.extend(caplog.records[:1])
        if len(calls_once_told) < 2:
            raise UnavailableError("the server is away")
        return "answer"

    assert patient.query(ask) == "answer"
    assert [record.getMessage() for record in caplog.records] == [
        "the server is away; trying again for 20 s"
    ]
