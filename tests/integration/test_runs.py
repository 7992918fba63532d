"""The audit trail, the champion's history, and errors that tell no password."""

from __future__ import annotations

import logging
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from rocktag.db import Database, models, reading, run_metrics, runs, schema
from rocktag.db.engine import with_driver
from rocktag.db.run_metrics import LabelMetric
from rocktag.db.tables import (
    model_alias_event,
    model_version,
    run,
    run_label_metric,
    run_label_pair,
)
from rocktag.errors import RocktagError, StoreError
from rocktag.recording import recorded_run
from tests.versions import invented_version

SECRET = "s3cret-p4ss"
TOUR = LabelMetric(
    label="tour",
    headlines=40,
    assigned=10,
    overlap=0.25,
    mean_probability=0.3,
    rule_agreement=0.975,
    expected_rate=0.2,
    psi=0.01,
    rate_p_value=0.4,
    drifted=False,
    histogram=(30, 0, 10),
)
ALBUM = LabelMetric(label="album", headlines=0, assigned=0)


def _promote(database: Database, name: str, why: str) -> None:
    with database.write() as connection:
        key = models.register(connection, invented_version(name))
        models.promote(connection, key, by="ann", why=why)


def _summary(database: Database) -> dict[str, object]:
    with database.read() as connection:
        row = connection.execute(text("SELECT * FROM run_summary")).mappings().one()
        return dict(row)


def _fail_in_a_run(
    database: Database, error: BaseException, *, without_tables: bool = False
) -> None:
    with recorded_run(database, "ingest") as record:
        record.taken = 3
        if without_tables:
            schema.downgrade(database, "base")
        raise error


def test_a_run_that_goes_well_succeeds(database: Database) -> None:
    with recorded_run(database, "tag") as record:
        assert _summary(database)["status"] == "running"
        record.taken, record.done, record.failed = 5, 4, 1
    summary = _summary(database)
    assert (summary["job"], summary["status"]) == ("tag", "succeeded")
    assert [summary[name] for name in ("taken", "done", "failed")] == [5, 4, 1]
    assert (summary["error"], summary["host"]) == (None, socket.gethostname())
    with database.read() as connection:
        row = connection.execute(select(run)).one()
    assert row.process_id == os.getpid()
    assert timedelta(0) <= row.finished_at - row.started_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (StoreError("the feed ended early"), "the feed ended early"),
        (ValueError("no number"), "ValueError('no number')"),
        (KeyboardInterrupt(), "KeyboardInterrupt()"),
        (SystemExit(3), "SystemExit(3)"),
        (RocktagError(""), ""),
        (StoreError("a NUL \x00 and \udcff"), "a NUL \\x00 and \\udcff"),
        (StoreError("🎸" * 9_000), "🎸" * 2_000),
    ],
)
def test_a_run_that_ends_in_an_error_failed_and_says_why(
    database: Database, error: BaseException, told: str
) -> None:
    with pytest.raises(type(error)) as raised:
        _fail_in_a_run(database, error)
    assert raised.value is error
    summary = _summary(database)
    assert (summary["status"], summary["error"]) == ("failed", told)
    assert summary["taken"] == 3
    assert summary["finished_at"] is not None


def test_the_first_error_is_told_also_where_the_run_cannot_be_closed(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.ERROR),
        pytest.raises(ValueError, match="first"),
    ):
        _fail_in_a_run(database, ValueError("first"), without_tables=True)
    assert "could not be closed" in caplog.text


def test_a_run_without_tables_is_a_store_error(empty_database: Database) -> None:
    with (
        pytest.raises(StoreError, match="run"),
        recorded_run(empty_database, "tag"),
    ):
        pytest.fail("the run began")


def test_the_summary_shows_a_run_with_its_metrics_and_model(
    database: Database,
) -> None:
    with recorded_run(database, "tag") as record:
        record.taken, record.done = 5, 5
        with database.write() as connection:
            key = models.register(connection, invented_version())
            runs.set_model(connection, record.run_id, key, "micro")
            run_metrics.record_outcome(
                connection,
                record,
                {"without_topic": 0.5, "labels_per_headline": 2, "another": 1.5},
                [
                    TOUR,
                    ALBUM,
                    LabelMetric(label="live", headlines=4, assigned=4, drifted=True),
                ],
            )
    with database.write() as connection:
        begun = datetime(2026, 1, 2, 3, 4, 5, 250_000, tzinfo=UTC)
        connection.execute(
            update(run).values(
                started_at=begun, finished_at=begun + timedelta(days=1, seconds=1.5)
            )
        )
    summary = _summary(database)
    assert (summary["model_version"], summary["threshold_policy"]) == (
        "decision-tree/1",
        "micro",
    )
    assert (summary["without_topic"], summary["labels_per_headline"]) == (0.5, 2.0)
    assert (summary["rule_agreement"], summary["drifted_labels"]) == (None, 1.0)
    assert float(str(summary["seconds"])) == pytest.approx(86_401.5, abs=0.002)
    with database.read() as connection:
        report = reading.last_run(connection, "tag")
        assert reading.last_run(connection, "train") is None
    assert report is not None
    assert (report.run_id, report.status) == (record.run_id, "succeeded")
    assert report.metrics == {
        "claimed": 5,
        "tagged": 5,
        "failed": 0,
        "drifted_labels": 1,
        "without_topic": 0.5,
        "labels_per_headline": 2,
        "another": 1.5,
    }
    assert list(report.labels.items()) == [("tour", 10), ("live", 4)]


def test_the_last_run_of_a_job_is_the_newest(database: Database) -> None:
    for job in ("tag", "tag", "ingest"):
        with recorded_run(database, job):
            pass
    with database.read() as connection:
        last = reading.last_run(connection, "tag")
    assert last is not None
    assert (last.run_id, last.metrics, last.labels) == (2, {}, {})


def test_metrics_of_labels_are_kept_with_their_rate(database: Database) -> None:
    with database.write() as connection:
        record = runs.start(connection, "audit")
        run_metrics.record_label_metrics(connection, record.run_id, [TOUR, ALBUM])
        run_metrics.record_label_metrics(connection, record.run_id, [])
        run_metrics.record_metrics(connection, record.run_id, {})
        rows = connection.execute(
            select(run_label_metric).order_by(run_label_metric.c.label.desc())
        ).all()
    assert [(row.label, row.rate) for row in rows] == [("tour", 0.25), ("album", 0.0)]
    assert (rows[0].histogram, rows[0].drifted) == ("30;0;10", False)
    assert (rows[1].histogram, rows[1].drifted, rows[1].psi) == (None, None, None)


def test_late_metrics_of_labels_are_those_of_the_versions_tag_runs(
    database: Database,
) -> None:
    with database.write() as connection:
        one = models.register(connection, invented_version())
        two = models.register(connection, invented_version("decision-tree/2"))
        for job, version in (("tag", one), ("tag", two), ("audit", one), ("tag", one)):
            record = runs.start(connection, job)
            runs.set_model(connection, record.run_id, version, "micro")
            run_metrics.record_label_metrics(connection, record.run_id, [TOUR])
        old = datetime.now(UTC) - timedelta(days=3)
        connection.execute(update(run).where(run.c.id == 1).values(started_at=old))
        late = run_metrics.label_metrics_since(connection, one, timedelta(days=1))
        all_of_one = run_metrics.label_metrics_since(connection, one, timedelta(days=7))
    assert len(late) == 1
    assert len(all_of_one) == 2
    assert (late[0].label, late[0].assigned, late[0].histogram) == (
        "tour",
        10,
        (30, 0, 10),
    )


def test_pairs_of_labels_are_kept(database: Database) -> None:
    pairs = {("album", "tour"): 3, ("album", "live"): 0, ("Album", "tour"): 1}
    with database.write() as connection:
        record = runs.start(connection, "audit")
        run_metrics.record_label_pairs(connection, record.run_id, pairs)
        run_metrics.record_label_pairs(connection, record.run_id, {})
        rows = connection.execute(select(run_label_pair)).all()
    assert {(row.label, row.other_label): row.headlines for row in rows} == pairs


def test_a_version_is_registered_once(database: Database) -> None:
    with database.write() as connection:
        first = models.register(connection, invented_version())
        assert models.register(connection, invented_version()) == first
        assert models.register(connection, invented_version("decision-tree/2")) != first
        row = connection.execute(
            select(model_version).where(model_version.c.id == first)
        ).one()
        manifests = models.registered_manifests(connection)
    assert (row.micro_f1, row.macro_f1) == (0.9, None)
    assert row.published_at == invented_version().published_at
    assert manifests == {"decision-tree/1": "0" * 64, "decision-tree/2": "0" * 64}


def test_without_a_champion_there_is_advice(database: Database) -> None:
    with database.read() as connection:
        assert models.champion(connection) is None
        assert models.resolve(connection, "decision-tree/1") == "decision-tree/1"
        with pytest.raises(StoreError, match="run: rocktag train"):
            models.resolve(connection, "champion")
        assert connection.execute(text("SELECT * FROM champion")).all() == []


def test_the_champion_is_the_last_promoted_and_its_history_is_kept(
    database: Database,
) -> None:
    for name, why in (
        ("decision-tree/1", "the first"),
        ("decision-tree/2", "better"),
        ("decision-tree/1", "back: 🎸 ' ;"),
    ):
        _promote(database, name, why)
    with database.read() as connection:
        assert models.champion(connection) == "decision-tree/1"
        assert models.resolve(connection, "champion") == "decision-tree/1"
        (row,) = connection.execute(text("SELECT * FROM champion"))
        history = connection.execute(
            select(model_version.c.name, model_alias_event.c.reason)
            .join(
                model_alias_event,
                model_alias_event.c.model_version_id == model_version.c.id,
            )
            .order_by(model_alias_event.c.id)
        ).all()
    assert (row.model_version, row.changed_by, row.reason) == (
        "decision-tree/1",
        "ann",
        "back: 🎸 ' ;",
    )
    assert [entry.reason for entry in history] == ["the first", "better", row.reason]


def _use(url: str) -> None:
    database = Database(url)
    try:
        with database.read() as connection:
            connection.execute(text("SELECT 1"))
    finally:
        database.close()


def _refusal(url: str) -> str:
    """Return what is said when the URL is used, and everything it was said after."""
    with pytest.raises(StoreError) as raised:
        _use(url)
    said = []
    error: BaseException | None = raised.value
    while error is not None:
        said.append(str(error))
        error = error.__cause__ or (
            None if error.__suppress_context__ else error.__context__
        )
    return "\n".join(said)


@pytest.mark.parametrize("backend", ["postgresql", "mysql"], indirect=True)
@pytest.mark.parametrize(
    "form",
    [
        "{scheme}://nobody_at_all:{secret}@{host}",
        "{scheme}://{host}?user=nobody_at_all&password={secret}",
    ],
)
def test_a_wrong_password_is_not_told(empty_url: str, form: str) -> None:
    scheme, _, rest = empty_url.partition("://")
    host = rest.rpartition("@")[2]
    said = _refusal(form.format(scheme=scheme, secret=SECRET, host=host))
    assert SECRET not in said
    assert "nobody_at_all" in said


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_server_that_does_not_answer_is_named_without_the_password(
    scheme: str,
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        said = _refusal(f"{scheme}://ann:{SECRET}@127.0.0.1:{port}/news")
    assert SECRET not in said
    assert f"127.0.0.1:{port}/news" in said


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ann:{SECRET}@host:port/news",
        f"no-such-database://ann:{SECRET}@host/news",
        f"postgresql+nosuchdriver://ann:{SECRET}@host/news",
        f"oracle://ann:{SECRET}@host/news",
        f"mssql://ann:{SECRET}@host/news",
        f"postgresql+asyncpg://ann:{SECRET}@host/news",
        f"mysql+mysqldb://ann:{SECRET}@host/news",
        f"ann:{SECRET}@host/news",
        f"://{SECRET}",
        f"postgresql://ann:x@{SECRET}@host/news",
        f"mysql://ann:x@{SECRET}/y@host/news",
        f"postgresql://ann:x/@{SECRET}@host/news",
        "",
    ],
)
def test_a_url_that_cannot_be_used_is_not_told(url: str) -> None:
    said = _refusal(url)
    assert SECRET not in said
    assert "database" in said


def test_a_driver_that_is_not_there_comes_with_the_ones_that_are() -> None:
    said = _refusal("oracle://host/news")
    assert "postgresql://" in said
    assert "pip install" not in said


def test_the_name_of_a_database_has_no_password() -> None:
    for url in (
        f"postgresql://ann:{SECRET}@host/news",
        f"postgresql://host/news?user=ann&password={SECRET}",
        f"mysql://host/news?passwd={SECRET}&ssl_key_password={SECRET}",
    ):
        database = Database(url)
        assert SECRET not in database.name
        assert "host/news" in database.name
        database.close()


def test_a_password_with_its_special_characters_written_out_is_kept() -> None:
    assert with_driver("postgresql://ann:p%40ss%2F@host/news").password == "p@ss/"


def test_a_statement_that_is_refused_is_told_without_its_values(
    database: Database,
) -> None:
    with pytest.raises(StoreError) as error, database.write() as connection:
        connection.execute(text("INSERT INTO no_such VALUES (:x)"), {"x": SECRET})
    assert SECRET not in str(error.value)
    assert "no_such" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_folder_that_is_not_there_comes_with_advice(tmp_path: Path) -> None:
    said = _refusal(f"sqlite:///{tmp_path / 'missing' / 'rocktag.db'}")
    assert "does its folder exist" in said


def _fail_midway(database: Database) -> None:
    with database.write() as connection:
        runs.start(connection, "tag")
        raise ValueError("midway")


def test_a_unit_of_work_is_stored_whole_or_not_at_all(database: Database) -> None:
    with pytest.raises(ValueError, match="midway"):
        _fail_midway(database)
    with database.read() as connection:
        assert connection.execute(select(run)).all() == []
