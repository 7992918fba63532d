"""The one edge to a database: connections, transactions, and errors translated.

Nothing outside rocktag.db catches an SQLAlchemy error. A transaction is short and
belongs to the caller; the statements elsewhere in this package only run in it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from rocktag.errors import StoreError

_DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",  # the dialect sees by itself which server answers
    "mariadb+pymysql": "mysql+pymysql",
}
_EXTRAS = {"psycopg": "postgres", "pymysql": "mysql"}
_SQLITE_LOCK_TIMEOUT = 30.0  # seconds a writer waits for another


class Database:
    """A database by its URL: SQLite, PostgreSQL, MariaDB or MySQL."""

    def __init__(self, url: str) -> None:
        try:
            self._url = with_driver(url)
            self._engine = _engine(self._url)
        except (ArgumentError, NoSuchModuleError, ValueError):
            raise StoreError(
                "the database URL cannot be read; expected for instance"
                " sqlite:///rocktag.db or postgresql://user:password@host/database"
            ) from None
        except ModuleNotFoundError as error:
            extra = _EXTRAS.get(error.name or "", "postgres or mysql")
            raise StoreError(
                f"the driver {error.name} for {self.name} is not installed;"
                f" run: pip install 'rocktag[{extra}]'"
            ) from error

    @property
    def name(self) -> str:
        """The URL without its password, for people and logs."""
        return self._url.render_as_string(hide_password=True)

    @property
    def backend(self) -> str:
        """Which SQL is spoken: sqlite, postgresql or mysql (MariaDB included)."""
        return self._engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads.

        Raises:
            StoreError: The database cannot be reached or refuses a statement.
        """
        with _translated(self.name), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a unit of work: all of it is stored, or none.

        On SQLite it takes the write lock at once, so that what it reads first is
        still true when it writes.

        Raises:
            StoreError: The database cannot be reached or refuses a statement.
        """
        immediate = self._engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")
        with _translated(self.name), immediate.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


@contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(f"{name}: {_reason(error)}") from error


def _reason(error: SQLAlchemyError) -> str:
    """Return the driver's words on one line, without statement and parameters."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    words = " ".join(str(cause).split())
    if "unable to open database file" in words:
        return f"{words}; does its folder exist, and may this user write to it?"
    return words


def with_driver(url: str) -> URL:
    """Return the URL with the driver that rocktag is tested with, unless it names one.

    >>> str(with_driver("postgres://localhost/news"))
    'postgresql+psycopg://localhost/news'
    """
    parsed = make_url(url)
    return parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))


def _engine(url: URL) -> Engine:
    match url.get_backend_name():
        case "sqlite":
            engine = create_engine(url, connect_args={"timeout": _SQLITE_LOCK_TIMEOUT})
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        case "postgresql":
            options = {"options": "-c timezone=UTC"}
            return create_engine(url, pool_pre_ping=True, connect_args=options)
        case _:
            # READ COMMITTED takes no gap locks: claims of two workers do not clash.
            return create_engine(
                url,
                pool_pre_ping=True,
                isolation_level="READ COMMITTED",
                connect_args={"init_command": "SET time_zone = '+00:00'"},
            )


def _prepare_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    # The driver's own BEGIN comes too late and is never IMMEDIATE: see _begin_sqlite.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    connection.exec_driver_sql(options.get("sqlite_begin", "BEGIN"))
