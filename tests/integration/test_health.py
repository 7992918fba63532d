"""What can be seen of the worker from outside, on each kind of database."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import func, select, update

from rocktag.db import Database, alerts, headlines, models, queue, runs, taggings
from rocktag.db.tables import headline, run, tagging
from rocktag.health import look
from rocktag.types import Headline
from tests.versions import invented_version

JOBS = ("pull", "tag", "audit")


def _champion(database: Database) -> int:
    with database.write() as connection:
        key = models.register(
            connection,
            invented_version(),
        )
        models.promote(connection, key, by="test", why="test")
    return key


def _store(database: Database, *numbers: int) -> None:
    items = [
        Headline(source="NME", external_id=str(number), title="Ghost announce tour")
        for number in numbers
    ]
    with database.write() as connection:
        headlines.store(connection, items)


def test_a_database_without_a_champion_is_not_well(database: Database) -> None:
    found = look(database, JOBS, "champion")
    assert (found.model, found.runs, found.waiting) == (None, (), 0)
    assert found.problems() == ("there is no champion; run: rocktag train",)


def test_what_waits_counts_whether_or_not_it_was_queued(database: Database) -> None:
    version = _champion(database)
    _store(database, 1, 2)
    with database.write() as connection:
        queue.enqueue(connection, version)
    _store(database, 3)
    found = look(database, JOBS, "champion")
    assert found.waiting == 3
    assert found.oldest_waiting is not None
    assert found.problems() == ()


def test_the_oldest_that_waits_is_new_queued_or_not(database: Database) -> None:
    version = _champion(database)
    moments = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3)]
    _store(database, 1, 2)
    with database.write() as connection:
        queue.enqueue(connection, version)
    _store(database, 3)
    with database.write() as connection:
        for number, moment in enumerate(moments, start=1):
            connection.execute(
                update(headline)
                .where(headline.c.external_id == str(number))
                .values(ingested_at=moment)
            )
    assert look(database, JOBS, "champion").oldest_waiting == moments[0]
    with database.write() as connection:
        connection.execute(
            update(tagging)
            .where(
                tagging.c.headline_id
                == select(func.min(headline.c.id)).scalar_subquery()
            )
            .values(status="done")
        )
    assert look(database, JOBS, "champion").oldest_waiting == moments[1]
    with database.write() as connection:
        connection.execute(update(tagging).values(status="done"))
    assert look(database, JOBS, "champion").oldest_waiting == moments[2]


def test_what_an_earlier_champion_tagged_does_not_wait_for_the_next(
    database: Database,
) -> None:
    version = _champion(database)
    _store(database, 1, 2)
    with database.write() as connection:
        queue.enqueue(connection, version)
        title_hash = select(headline.c.title_hash).limit(1).scalar_subquery()
        connection.execute(update(tagging).values(status="done", title_hash=title_hash))
        second = models.register(connection, invented_version("decision-tree/2"))
        models.promote(connection, second, by="test", why="test")
    found = look(database, JOBS, "champion")
    assert (found.waiting, found.oldest_waiting) == (0, None)
    _store(database, 3)
    found = look(database, JOBS, "champion")
    assert (found.waiting, found.oldest_waiting is None) == (1, False)


def test_a_worker_that_is_gone_is_noticed(database: Database) -> None:
    version = _champion(database)
    _store(database, 1, 2)
    with database.write() as connection:
        record = runs.start(connection, "tag")
        queue.enqueue(connection, version)
        taggings.claim(connection, version, claim_id="one", limit=2, lease_seconds=60)
    assert look(database, JOBS, "champion").problems() == ()
    with database.write() as connection:
        connection.execute(update(run).values(alive_until=1))
        connection.execute(update(tagging).values(lease_until=1))
    found = look(database, JOBS, "champion")
    assert (found.overdue_leases, found.silent_runs) == (2, 1)
    assert [one.run_id for one in found.runs] == [record.run_id]
    assert len(found.problems()) == 2


def test_only_open_alerts_are_problems(database: Database) -> None:
    _champion(database)
    with database.write() as connection:
        alerts.raise_alert(connection, "failed_run", "tag", "the server is gone")
    problems = look(database, JOBS, "champion").problems()
    assert problems == ("failed_run tag: the server is gone",)
    with database.write() as connection:
        alerts.close_alert(connection, "failed_run", "tag")
    assert look(database, JOBS, "champion").problems() == ()


def test_a_job_that_should_have_run_by_now_is_late(database: Database) -> None:
    _champion(database)
    found = look(database, JOBS, "champion")
    assert found.problems(within_seconds=60) == ("the job tag has never run",)
    with database.write() as connection:
        runs.start(connection, "tag")
    assert look(database, JOBS, "champion").problems(within_seconds=60) == ()
    with database.write() as connection:
        long_ago = datetime(2026, 1, 2, tzinfo=UTC)
        connection.execute(update(run).values(started_at=long_ago))
    (late,) = look(database, JOBS, "champion").problems(within_seconds=60)
    assert "is a worker running?" in late
