"""Databases for tests: made, emptied, ended.

A server takes long to make a database: so each test process makes one of PostgreSQL
for the tests that begin without tables, and it is emptied from test to test. Each such
test has a MariaDB of its own. What other tests begin with is told in restoring.py.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from rocktag.db import Database, schema
from rocktag.db.engine import with_driver

_ADMIN_URLS = {
    "postgresql": ("ROCKTAG_TEST_POSTGRES_URL", "postgresql://127.0.0.1:5432/test"),
    "mysql": ("ROCKTAG_TEST_MYSQL_URL", "mysql://root@127.0.0.1:3306/test"),
}
CLOSE_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
# What a test left open, what it made, and a schema as a new database has it.
EMPTY_POSTGRESQL = (
    CLOSE_OTHERS,
    """DO $$ DECLARE made record; BEGIN
      FOR made IN SELECT nspname FROM pg_namespace
        WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'
      LOOP EXECUTE format('DROP SCHEMA %I CASCADE', made.nspname); END LOOP;
    END $$""",
    "CREATE SCHEMA public",
    "GRANT USAGE ON SCHEMA public TO PUBLIC",
)


@dataclass(frozen=True, slots=True)
class Made:
    """A database on a server.

    Attributes:
        url: Its own.
        backend: Of which kind it is.
    """

    url: str
    backend: str

    def end(self) -> None:
        """Drop it."""
        name = self.url.rpartition("/")[2]
        force = " WITH (FORCE)" if self.backend == "postgresql" else ""
        _administer(self.backend, f"DROP DATABASE {name}{force}")


def make(backend: str) -> Made:
    """Make a database; skip the test where no server answers."""
    name = f"rocktag_test_{uuid.uuid4().hex[:12]}"
    _administer(backend, f"CREATE DATABASE {name}")
    return Made(_admin_url(backend).rpartition("/")[0] + f"/{name}", backend)


def empty_postgresql(url: str) -> None:
    """Take away whatever a test has made or left open."""
    with _connected(url, "postgresql") as connection:
        for statement in EMPTY_POSTGRESQL:
            connection.execute(text(statement))


def migrated_file(folder: Path) -> Path:
    """Make a SQLite file with rocktag's tables; all of it is in the one file."""
    file = folder / "migrated.db"
    database = Database(f"sqlite:///{file}")
    schema.upgrade(database)
    database.close()  # the last to close it takes its write-ahead log in
    return file


def _admin_url(backend: str) -> str:
    return os.environ.get(*_ADMIN_URLS[backend])


def _administer(backend: str, statement: str) -> None:
    with _connected(_admin_url(backend), backend) as connection:
        connection.execute(text(statement))


@contextmanager
def _connected(url: str, backend: str) -> Iterator[Connection]:
    """Open a connection without transactions; skip where no server answers."""
    server = create_engine(with_driver(url), isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        name = server.url.render_as_string(hide_password=True)
        variable = _ADMIN_URLS[backend][0]
        pytest.skip(f"{name} cannot be used: {error}; set {variable}")
    finally:
        server.dispose()
