"""When jobs raise alerts, and when these close, on each kind of database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, text, update

from rocktag.alerting import tell_drift, tell_failed_headlines, tell_stale_feed
from rocktag.config import Settings, SourceSettings
from rocktag.db import Database, headlines, models, runs
from rocktag.db.run_metrics import LabelMetric
from rocktag.db.tables import failed_headline, headline
from rocktag.types import Headline
from tests.versions import invented_version

VERSION = "decision-tree/1"


def _run(database: Database) -> int:
    with database.write() as connection:
        return runs.start(connection, "pull").run_id


def _store(database: Database, source: str, *, hours_ago: float) -> None:
    item = Headline(source=source, external_id=str(hours_ago), title="Ghost on tour")
    moment = datetime.now(UTC) - timedelta(hours=hours_ago)
    with database.write() as connection:
        headlines.store(connection, [item])
        connection.execute(
            update(headline)
            .where(
                headline.c.source == source, headline.c.external_id == str(hours_ago)
            )
            .values(ingested_at=moment)
        )


def _open(database: Database) -> list[tuple[Any, ...]]:
    query = "SELECT kind, subject, times, run_id FROM open_alert ORDER BY alert_id"
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def _settings(name: str | None, hours: float = 72.0) -> Settings:
    settings = Settings.model_validate({"alert": {"stale_hours": hours}})
    url = SecretStr("sqlite:///cms.db")
    source = name and SourceSettings(url=url, table=name, id="id", title="title")
    return settings.model_copy(update={"source": source or None})


def test_a_feed_is_stale_from_its_hours_without_a_headline_until_one_comes_in(
    database: Database,
) -> None:
    run_id = _run(database)
    tell_stale_feed(database, _settings("site"), run_id)  # it never had a headline
    _store(database, "site", hours_ago=80)
    _store(database, "site", hours_ago=71)
    _store(database, "file.csv", hours_ago=500)
    tell_stale_feed(database, _settings("site"), run_id)
    assert _open(database) == []
    for _ in range(2):
        tell_stale_feed(database, _settings("site", 70), run_id)
    assert _open(database) == [("stale_feed", "site", 2, run_id)]
    _store(database, "site", hours_ago=1)
    tell_stale_feed(database, _settings("site", 70), run_id)
    assert _open(database) == []


@pytest.mark.parametrize("settings", [_settings(None), _settings("site", 0)])
def test_a_feed_that_nobody_watches_any_more_is_no_longer_stale(
    database: Database, settings: Settings
) -> None:
    _store(database, "site", hours_ago=80)
    tell_stale_feed(database, _settings("site"), run_id := _run(database))
    assert _open(database) == [("stale_feed", "site", 1, run_id)]
    tell_stale_feed(database, settings, run_id)
    assert _open(database) == []


def test_failed_headlines_are_an_alert_while_there_are_any(database: Database) -> None:
    facts = invented_version(VERSION)
    _store(database, "site", hours_ago=1)
    run_id = _run(database)
    with database.write() as connection:
        key = models.register(connection, facts)
        tell_failed_headlines(connection, VERSION, key, run_id)
    assert _open(database) == []
    row = {"headline_id": 1, "model_version_id": key, "attempts": 3, "run_id": run_id}
    with database.write() as connection:
        connection.execute(
            insert(failed_headline),
            [{**row, "error": "odd", "failed_at": datetime.now(UTC)}],
        )
        tell_failed_headlines(connection, VERSION, key, run_id)
    assert _open(database) == [("failed_headlines", VERSION, 1, run_id)]
    with database.write() as connection:
        connection.execute(failed_headline.delete())
        tell_failed_headlines(connection, VERSION, key, run_id)
    assert _open(database) == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_drift_is_raised_by_any_job_and_closed_by_one(database: Database) -> None:
    run_id = _run(database)

    def tell(drifted: bool | None, *, may_close: bool) -> int:
        judged = [
            LabelMetric(label="tour", headlines=300, assigned=20, drifted=drifted)
        ]
        with database.write() as connection:
            tell_drift(connection, VERSION, run_id, judged, may_close=may_close)
        return len(_open(database))

    assert tell(None, may_close=True) == 0
    assert tell(True, may_close=False) == 1
    assert tell(False, may_close=False) == 1
    assert tell(None, may_close=True) == 1
    assert tell(False, may_close=True) == 0
