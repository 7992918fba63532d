"""The databases that tests are given are what migrations make, whoever had them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from rocktag.db import Database, schema
from rocktag.errors import UnavailableError
from tests.restoring import Restored

on_servers = pytest.mark.parametrize("backend", ["postgresql", "mysql"], indirect=True)
# What else there is, by backend: settings of a file, counters, triggers.
ASKED = {
    "sqlite": (
        "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2",
        "SELECT name FROM sqlite_master WHERE name = 'sqlite_sequence'",
        "PRAGMA journal_mode",
        "PRAGMA application_id",
        "PRAGMA user_version",
        "PRAGMA schema_version",
        "PRAGMA page_size",
        "PRAGMA auto_vacuum",
        "PRAGMA encoding",
        "PRAGMA integrity_check",
    ),
    "postgresql": (
        "SELECT sequencename, last_value, increment_by FROM pg_sequences ORDER BY 1",
        "SELECT relname, CAST(relacl AS text), reloptions FROM pg_class"
        " WHERE relnamespace = CAST('public' AS regnamespace) ORDER BY 1",
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
        "SELECT nspname FROM pg_namespace WHERE left(nspname, 3) <> 'pg_' ORDER BY 1",
        "SELECT proname FROM pg_proc"
        " WHERE pronamespace = CAST('public' AS regnamespace)",
    ),
    "mysql": (
        "SELECT table_name, engine, table_collation, auto_increment, create_options"
        " FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1",
        "SHOW TRIGGERS",
        "SELECT default_character_set_name, default_collation_name"
        " FROM information_schema.schemata WHERE schema_name = DATABASE()",
    ),
}
A_RUN = (
    "INSERT INTO run (job, status, started_at, host, process_id, taken, done, failed)"
    " VALUES ('tag', 'running', '2026-01-02 03:04:05', 'here', 1, 0, 0, 0)"
)
EVERYWHERE = {
    "rows": (A_RUN,),
    "counters": (A_RUN, "DELETE FROM run"),
    "tables": ("CREATE TABLE posts (id INTEGER)", "INSERT INTO posts VALUES (1)"),
    "views": ("CREATE VIEW posts AS SELECT id FROM run",),
    "views of tables": (
        "CREATE TABLE posts (id INTEGER)",
        "CREATE VIEW more AS SELECT id FROM posts",
    ),
    "columns": ("ALTER TABLE run ADD COLUMN note INTEGER",),
    "indexes": ("CREATE INDEX ix_run_host ON run (host)",),
    "constraints": ("ALTER TABLE run ADD CONSTRAINT picky CHECK (process_id <> 7)",),
    "views taken away": ("DROP VIEW open_alert",),
    "tables taken away": ("DROP TABLE run_label_pair",),
    "tables renamed": ("ALTER TABLE alert RENAME TO away",),
    "seeds taken away": ("DELETE FROM edit_lock",),
    "another revision": ("UPDATE rocktag_schema SET version_num = '9999'",),
}
OWN = {
    "postgresql": {
        "schemas": ('CREATE SCHEMA "News Desk"',),
        "functions": ("CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",),
        "grants": ("GRANT SELECT ON run TO PUBLIC",),
    },
    "mysql": {
        "triggers": (
            "CREATE TRIGGER picky BEFORE INSERT ON run FOR EACH ROW SET NEW.done = 2",
        ),
    },
}


def _described(database: Database) -> dict[str, Any]:
    """Return whatever can be told of a database."""
    with database.read() as connection:
        seen = inspect(connection)
        own = f"`{seen.default_schema_name}`."  # as MariaDB names what views show
        found: dict[str, Any] = {
            "columns": {
                table: [{**each, "type": repr(each["type"])} for each in columns]
                for table, columns in seen.get_multi_columns().items()
            },
            "primary keys": seen.get_multi_pk_constraint(),
            "foreign keys": {
                table: sorted(map(str, keys))
                for table, keys in seen.get_multi_foreign_keys().items()
            },
            "indexes": seen.get_multi_indexes(),
            "unique": seen.get_multi_unique_constraints(),
            "checks": seen.get_multi_check_constraints(),
            "views": {
                name: str(seen.get_view_definition(name)).replace(own, "")
                for name in sorted(seen.get_view_names())
            },
            "rows": {
                name: connection.execute(text(f"SELECT * FROM {name}")).all()
                for name in sorted(seen.get_table_names())
            },
        }
        for question in ASKED[database.backend]:
            rows = connection.exec_driver_sql(question)
            found[question] = [tuple(map(_unordered, row)) for row in rows]
    return found


def _unordered(value: object) -> object:
    """Sort the lines of a statement: SQLite's tables are copied with theirs at will."""
    if not isinstance(value, str):
        return value
    return sorted(line.strip("\t ,") for line in value.splitlines())


@pytest.fixture
def migrated(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Database]:
    """A database that was just migrated."""
    apart = f"sqlite:///{tmp_path / 'migrated.db'}"
    url = apart if backend == "sqlite" else request.getfixturevalue("empty_url")
    opened = Database(url)
    schema.upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def restored(backend: str, request: pytest.FixtureRequest) -> Restored:
    """The server's database that tests are given in turn, as the next would be."""
    found: Restored = request.getfixturevalue(f"restored_{backend}")
    found.restore()
    return found


def test_a_test_is_given_what_migrations_make(
    database: Database, migrated: Database
) -> None:
    given = _described(database)
    assert given == _described(migrated)
    assert schema.check(database).is_ready
    with database.write() as connection:
        connection.execute(text(A_RUN))
    assert given != _described(database)


@pytest.mark.parametrize(
    ("backend", "what"),
    [(server, what) for server in OWN for what in EVERYWHERE | OWN[server]],
    indirect=["backend"],
)
def test_whatever_a_test_leaves_is_taken_away(
    backend: str, restored: Restored, what: str
) -> None:
    database = Database(restored.url)
    before = _described(database)
    with database.write() as connection:
        for statement in (EVERYWHERE | OWN[backend])[what]:
            connection.exec_driver_sql(statement)
    assert _described(database) != before
    restored.restore()
    again = Database(restored.url)  # PostgreSQL has ended the connections of the first
    assert _described(again) == before
    again.close()
    database.close()


@on_servers
def test_what_a_test_left_open_is_closed(restored: Restored) -> None:
    left = Database(restored.url)

    def write() -> None:
        with left.write() as connection:
            connection.execute(text(A_RUN))
            restored.restore()
            connection.execute(text(A_RUN))

    with pytest.raises(UnavailableError):
        write()
    with left.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM run")) == 0
    left.close()
