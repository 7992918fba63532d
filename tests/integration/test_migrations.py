"""One migration history, up and down, beside whatever else the database holds."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

import migrations
from rocktag.db import Database, schema
from rocktag.db.tables import metadata
from rocktag.errors import StoreError

VIEWS = {
    "champion": [
        "model_version_id",
        "model_version",
        "since",
        "changed_by",
        "reason",
    ],
    "current_label": [
        "headline_id",
        "label",
        "probability",
        "threshold",
        "model_version",
        "run_id",
        "tagged_at",
        "served_by",
    ],
    "tagged_headline": [
        "headline_id",
        "source",
        "external_id",
        "title",
        "url",
        "published_at",
        "labels",
        "model_version",
        "tagged_at",
    ],
    "label_by_day": ["day", "week", "source", "label", "headlines"],
    "utc_day": [
        "yesterday",
        "today",
        "tomorrow",
        "seven_days_ago",
        "thirty_days_ago",
    ],
    "reign": ["model_version_id", "turn"],
    "current_tagging": [
        "headline_id",
        "model_version_id",
        "model_version",
        "tagged_at",
        "run_id",
    ],
    "label_precision_by_month": [
        "month",
        "model_version",
        "label",
        "headlines_read",
        "headlines_right",
        "human_precision",
    ],
    "open_alert": [
        "alert_id",
        "kind",
        "subject",
        "message",
        "times",
        "opened_at",
        "last_seen_at",
        "run_id",
    ],
    "run_summary": [
        "run_id",
        "job",
        "status",
        "model_version",
        "threshold_policy",
        "started_at",
        "finished_at",
        "seconds",
        "host",
        "taken",
        "done",
        "failed",
        "without_topic",
        "labels_per_headline",
        "headlines_per_second",
        "p50_batch_seconds",
        "p95_batch_seconds",
        "rule_agreement",
        "drifted_labels",
        "error",
    ],
}
VIEWS |= {
    "current_annotation": [
        "annotation_id",
        "headline_id",
        "label",
        "present",
        "annotator",
        "annotated_at",
        "reason",
        "note",
    ],
    "human_label": ["headline_id", "label", "present", "annotators", "annotated_at"],
    "annotation_conflict": [
        "headline_id",
        "label",
        "saying_present",
        "saying_absent",
        "annotated_at",
    ],
}
USERS_TABLE = (
    "CREATE TABLE customer (id INTEGER PRIMARY KEY, mail VARCHAR(80) UNIQUE,"
    " referrer INTEGER REFERENCES customer (id))",
    "CREATE INDEX ix_customer_referrer ON customer (referrer, mail)",
    "CREATE VIEW customer_mail AS SELECT mail FROM customer",
    "INSERT INTO customer VALUES (1, 'a@example.org', NULL)",
)


def _revisions() -> list[str]:
    """Return the revisions, oldest first."""
    config = Config()
    config.set_main_option("script_location", str(next(iter(migrations.__path__))))
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    return [script.revision for script in scripts][::-1]


def _tables(database: Database) -> set[str]:
    with database.read() as connection:
        return set(inspect(connection).get_table_names())


def _views(database: Database) -> set[str]:
    with database.read() as connection:
        return set(inspect(connection).get_view_names())


def _make_users_table(database: Database) -> None:
    with database.write() as connection:
        for statement in USERS_TABLE:
            connection.execute(text(statement))


def _customers(database: Database) -> list[tuple[int, str]]:
    with database.read() as connection:
        rows = connection.execute(text("SELECT id, mail FROM customer"))
        return [(row.id, row.mail) for row in rows]


def _set_revision(database: Database, revision: str) -> None:
    with database.write() as connection:
        connection.execute(
            text("UPDATE rocktag_schema SET version_num = :revision"),
            {"revision": revision},
        )


def _upgrade_at_once(
    url: str,
    begin: Callable[[], object],
    outcomes: multiprocessing.Queue[tuple[str, bool | None]],
) -> None:
    """Make one database ready; what a second process runs."""
    database = Database(url)
    begin()
    try:
        outcomes.put(("ready", schema.make_ready(database)))
    except StoreError as error:
        outcomes.put((str(error), None))
    finally:
        database.close()


def test_the_history_has_one_head_and_one_base() -> None:
    config = Config()
    config.set_main_option("script_location", str(next(iter(migrations.__path__))))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [schema._head()]
    assert len(scripts.get_bases()) == 1


def test_every_migration_goes_up_down_and_up_again(empty_database: Database) -> None:
    first = schema.upgrade(empty_database)
    assert first.current == first.head
    down = schema.downgrade(empty_database, "base")
    assert down.current is None
    assert _tables(empty_database) == {"rocktag_schema"}
    assert _views(empty_database) == set()
    again = schema.upgrade(empty_database)
    assert again == first
    assert schema.check(empty_database).is_ready


def test_each_single_step_goes_up_down_and_up(empty_database: Database) -> None:
    for below, revision in zip([None, *_revisions()], _revisions(), strict=False):
        assert schema.upgrade(empty_database, revision).current == revision
        assert schema.downgrade(empty_database, "-1").current == below
        assert schema.upgrade(empty_database, "+1").current == revision
    assert schema.check(empty_database).is_ready


def test_the_migrated_schema_is_the_declared_one(database: Database) -> None:
    found = schema.check(database)
    assert found.differences == ()
    assert found.is_ready
    assert _tables(database) == {*metadata.tables, "rocktag_schema"}


def test_what_was_changed_by_hand_is_found(database: Database) -> None:
    changes = (
        "ALTER TABLE run ADD COLUMN note INTEGER",
        "DROP TABLE run_label_pair",
        "CREATE INDEX ix_run_host ON run (host)",
    )
    for number, change in enumerate(changes, start=1):
        with database.write() as connection:
            connection.execute(text(change))
        found = schema.check(database)
        assert len(found.differences) == number
        assert not found.is_ready


def test_making_ready_makes_the_schema_once(empty_database: Database) -> None:
    assert schema.state(empty_database).current is None
    assert schema.make_ready(empty_database)
    assert not schema.make_ready(empty_database)
    assert schema.check(empty_database).is_ready


def test_a_schema_taken_down_to_base_is_made_ready_again(database: Database) -> None:
    schema.downgrade(database, "base")
    assert schema.make_ready(database)
    assert schema.check(database).is_ready


def test_upgrading_what_is_up_to_date_keeps_what_it_holds(database: Database) -> None:
    with database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO run (job, status, started_at, host, process_id, taken,"
                " done, failed) VALUES ('tag', 'running', '2026-01-02 03:04:05', 'h',"
                " 1, 0, 0, 0)"
            )
        )
    schema.upgrade(database)
    with database.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM run")) == 1


def test_a_users_own_table_is_left_alone(empty_database: Database) -> None:
    _make_users_table(empty_database)
    assert schema.make_ready(empty_database)
    assert schema.check(empty_database).differences == ()
    schema.downgrade(empty_database, "base")
    assert _tables(empty_database) == {"customer", "rocktag_schema"}
    assert _views(empty_database) == {"customer_mail"}
    assert _customers(empty_database) == [(1, "a@example.org")]


def test_a_users_table_of_the_same_name_is_refused_before_anything_is_made(
    empty_database: Database,
) -> None:
    with empty_database.write() as connection:
        connection.execute(text("CREATE TABLE run (distance INTEGER)"))
        connection.execute(text("INSERT INTO run VALUES (42)"))
    with pytest.raises(StoreError, match=r"\brun\b.*another database"):
        schema.make_ready(empty_database)
    assert _tables(empty_database) - {"rocktag_schema"} == {"run"}
    with empty_database.read() as connection:
        assert connection.scalar(text("SELECT distance FROM run")) == 42


def test_an_older_schema_is_refused_with_what_to_do_next(
    empty_database: Database,
) -> None:
    schema.upgrade(empty_database, _revisions()[0])
    with pytest.raises(StoreError, match="run: rocktag db upgrade") as refused:
        schema.make_ready(empty_database)
    assert empty_database.name in str(refused.value)
    assert schema.state(empty_database).current == _revisions()[0]
    assert not schema.check(empty_database).is_ready


def test_a_schema_of_a_newer_rocktag_is_refused_with_what_to_do_next(
    database: Database,
) -> None:
    _set_revision(database, "9999")
    with pytest.raises(StoreError, match=r"schema 9999.*newer rocktag; install that"):
        schema.make_ready(database)
    assert not schema.check(database).is_ready


def test_a_newer_schema_is_not_upgraded_either(database: Database) -> None:
    _set_revision(database, "9999")
    with pytest.raises(StoreError, match="9999"):
        schema.upgrade(database)
    assert schema.state(database).current == "9999"


@pytest.mark.parametrize("move", [schema.upgrade, schema.downgrade])
def test_moving_to_an_unknown_revision_changes_nothing(
    database: Database, move: Callable[[Database, str], object]
) -> None:
    for revision in ("no_such", "8888", "-9", "+9"):
        with pytest.raises(StoreError, match="rocktag db current"):
            move(database, revision)
    assert schema.check(database).is_ready


def test_a_move_that_failed_does_not_stop_the_next_process(
    database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_LOCK_TIMEOUT", 1)
    with pytest.raises(StoreError):
        schema.downgrade(database, "no_such")
    another = Database(database_url)
    try:
        assert schema.downgrade(another, "base").current is None
    finally:
        another.close()


@pytest.mark.parametrize("backend", ["mysql"], indirect=True)
def test_an_upgrade_that_waited_too_long_for_another_gives_up(
    empty_url: str, empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_LOCK_TIMEOUT", 1)
    another = Database(empty_url)
    with another.read() as connection:
        schema._wait_for_other_migrations(connection)
        with pytest.raises(StoreError, match="another process"):
            schema.upgrade(empty_database)
        schema._end_other_migrations_wait(connection)
    another.close()
    assert _tables(empty_database) == set()


def test_processes_that_upgrade_at_once_all_succeed(
    empty_url: str, empty_database: Database
) -> None:
    spawning = multiprocessing.get_context("spawn")
    outcomes: multiprocessing.Queue[tuple[str, bool | None]] = spawning.Queue()
    begin = spawning.Barrier(2)
    processes = [
        spawning.Process(
            target=_upgrade_at_once, args=(empty_url, begin.wait, outcomes)
        )
        for _ in range(2)
    ]
    for process in processes:
        process.start()
    found = [outcomes.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(60)
    assert [outcome for outcome, _ in found] == ["ready", "ready"]
    assert any(made for _, made in found)
    assert schema.check(empty_database).is_ready


def test_the_views_have_the_documented_columns(database: Database) -> None:
    assert _views(database) == set(VIEWS)
    with database.read() as connection:
        for view, columns in VIEWS.items():
            found = list(connection.execute(text(f"SELECT * FROM {view}")).keys())
            assert [name for name in found if name in columns] == columns
        tagged = connection.execute(text("SELECT * FROM tagged_headline"))
        assert list(tagged.keys()) == VIEWS["tagged_headline"]


def test_the_views_of_an_empty_database_are_empty(database: Database) -> None:
    with database.read() as connection:
        for view in VIEWS.keys() - {"utc_day"}:
            assert connection.scalar(text(f"SELECT count(*) FROM {view}")) == 0
        assert connection.scalar(text("SELECT count(*) FROM utc_day")) == 1


SINCE_0004 = {
    *("reign", "current_tagging", "open_alert"),
    *("current_annotation", "human_label", "annotation_conflict"),
    "label_precision_by_month",
}
LABELLED_BY_THE_SECOND_SCHEMA = (
    "INSERT INTO headline (id, source, external_id, title, title_hash, ingested_at,"
    " changed_at) VALUES (1, 's', 'e', 't', 'h', '2026-01-02 03:04:05.000000',"
    " '2026-01-02 03:04:05.000000')",
    "INSERT INTO model_version (id, name, classifier, text_view, manifest_sha256,"
    " published_at, registered_at) VALUES (1, 'a/b', 'a', 'raw', 'm',"
    " '2026-01-02 03:04:05.000000', '2026-01-02 03:04:05.000000')",
    "INSERT INTO model_alias_event (alias, model_version_id, changed_at, changed_by,"
    " reason) VALUES ('champion', 1, '2026-01-02 03:04:05.000000', 'c', 'r')",
    "INSERT INTO run (id, job, status, started_at, host, process_id, taken, done,"
    " failed) VALUES (1, 'tag', 'succeeded', '2026-01-02 03:04:05.000000', 'h', 1, 1,"
    " 1, 0)",
    "INSERT INTO tagging (model_version_id, headline_id, status, attempt, tagged_at)"
    " VALUES (1, 1, 'done', 1, '2026-01-02 03:04:05.000000')",
    "INSERT INTO headline_label (headline_id, model_version_id, label, probability,"
    " threshold, run_id) VALUES (1, 1, 'tour', 0.9, 0.5, 1)",
)


def _rows(database: Database, query: str) -> list[tuple[object, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def _execute(database: Database, *statements: str) -> None:
    with database.write() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_labels_from_before_there_were_rule_labels_are_the_models(
    empty_database: Database,
) -> None:
    schema.upgrade(empty_database, "0002")
    _execute(empty_database, *LABELLED_BY_THE_SECOND_SCHEMA)
    kept = "SELECT headline_id, label, probability, run_id FROM "
    before = _rows(empty_database, f"{kept} headline_label")
    schema.upgrade(empty_database, "0003")
    for source in ("headline_label", "current_label"):
        assert _rows(empty_database, f"{kept} {source}") == before
        served_by = _rows(empty_database, f"SELECT served_by FROM {source}")
        assert served_by == [("model",)]
    _execute(empty_database, "UPDATE headline_label SET served_by = 'rules'")
    assert schema.downgrade(empty_database, "0002").current == "0002"
    assert _views(empty_database) == set(VIEWS) - SINCE_0004
    for source in ("headline_label", "current_label"):
        assert _rows(empty_database, f"{kept} {source}") == before
        with pytest.raises(StoreError):
            _rows(empty_database, f"SELECT served_by FROM {source}")
    schema.upgrade(empty_database)
    assert schema.check(empty_database).is_ready
    assert _rows(empty_database, "SELECT served_by FROM current_label") == [("model",)]


ANNOTATED_LABELS = (
    "UPDATE headline_label SET verdict = FALSE",
    "INSERT INTO headline_label (headline_id, model_version_id, label, run_id,"
    " served_by, verdict) VALUES (1, 1, 'album', 1, 'human', TRUE)",
)


def test_without_people_the_models_labels_are_shown_as_before(
    empty_database: Database,
) -> None:
    schema.upgrade(empty_database, "0005")
    _execute(empty_database, *LABELLED_BY_THE_SECOND_SCHEMA)
    everything = "SELECT * FROM "
    before = {
        source: _rows(empty_database, everything + source)
        for source in ("headline_label", "current_label", "tagged_headline")
    }
    schema.upgrade(empty_database)
    assert _rows(empty_database, everything + "headline_label") == [
        (*row, None) for row in before["headline_label"]
    ]
    for view in ("current_label", "tagged_headline"):
        assert _rows(empty_database, everything + view) == before[view]
    _execute(empty_database, *ANNOTATED_LABELS)
    shown = _rows(empty_database, "SELECT label, served_by FROM current_label")
    assert shown == [("album", "human")]
    schema.downgrade(empty_database, "0005")
    for source, rows in before.items():
        assert _rows(empty_database, everything + source) == rows


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_a_user_hung_on_the_labels_survives_their_copy_on_sqlite(
    empty_database: Database,
) -> None:
    schema.upgrade(empty_database, "0005")
    _execute(
        empty_database,
        *LABELLED_BY_THE_SECOND_SCHEMA,
        "CREATE VIEW tours AS SELECT * FROM current_label WHERE label = 'tour'",
        "CREATE VIEW given AS SELECT label FROM headline_label",
        "CREATE TABLE seen (label TEXT)",
        "CREATE TRIGGER notes AFTER INSERT ON headline_label"
        " BEGIN INSERT INTO seen VALUES (new.label); END",
    )
    for move in (schema.upgrade, lambda database: schema.downgrade(database, "0005")):
        move(empty_database)
        assert _rows(empty_database, "SELECT headline_id FROM tours") == [(1,)]
        assert _rows(empty_database, "SELECT label FROM given") == [("tour",)]
    schema.upgrade(empty_database)
    _execute(empty_database, ANNOTATED_LABELS[1])
    assert _rows(empty_database, "SELECT label FROM seen") == [("album",)]


def test_a_label_without_who_served_it_is_refused(database: Database) -> None:
    _execute(database, *LABELLED_BY_THE_SECOND_SCHEMA)
    with pytest.raises(StoreError, match="served_by"):
        _execute(database, "UPDATE headline_label SET served_by = NULL")


@pytest.mark.parametrize("backend", ["postgresql", "mysql"], indirect=True)
def test_a_users_view_of_the_labels_survives_the_upgrade(
    empty_database: Database,
) -> None:
    schema.upgrade(empty_database, "0002")
    _execute(
        empty_database,
        *LABELLED_BY_THE_SECOND_SCHEMA,
        "CREATE VIEW tours AS SELECT * FROM current_label WHERE label = 'tour'",
    )
    schema.upgrade(empty_database)
    assert _rows(empty_database, "SELECT headline_id FROM tours") == [(1,)]


def test_sqlite_is_kept_in_wal_mode(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url)
    schema.upgrade(database)
    with database.read() as connection:
        mode = connection.scalar(text("PRAGMA journal_mode"))
        enforced = connection.scalar(text("PRAGMA foreign_keys"))
    database.close()
    assert (mode, enforced) == ("wal", 1)
    plain = sqlite3.connect(tmp_path / "rocktag.db")
    assert plain.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    plain.close()


@pytest.mark.parametrize("backend", ["mysql"], indirect=True)
def test_every_table_is_compared_by_its_code_points(database: Database) -> None:
    with database.read() as connection:
        rows = connection.execute(
            text(
                "SELECT DISTINCT engine, table_collation FROM information_schema.tables"
                " WHERE table_schema = database() AND table_type = 'BASE TABLE'"
                " AND table_name <> 'rocktag_schema'"
            )
        ).all()
    assert len(rows) == 1
    assert rows[0][0] == "InnoDB"
    assert rows[0][1].startswith("utf8mb4_")
    assert rows[0][1].endswith("_bin")
