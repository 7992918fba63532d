"""The one edge to a database: connections, transactions, and errors translated.

Nothing outside rocktag.db catches an SQLAlchemy error. A transaction is short and
belongs to the caller; the statements elsewhere in this package only run in it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    InvalidatePoolError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from rocktag.db.retrying import Result, done_in_time
from rocktag.errors import RefusedValueError, StoreError, UnavailableError

_DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",  # the dialect sees by itself which server answers
    "mariadb+pymysql": "mysql+pymysql",
}
_EXTRAS = {"psycopg": "postgres", "pymysql": "mysql"}
_EXPECTED = (
    "expected for instance sqlite:///rocktag.db or"
    " postgresql://user:password@host/database, with %40 for an @ in the password"
)
_SQLITE_CACHE = 64 * 1024  # KiB; hashed ids fall all over a large index
_SQLITE_LOCK_TIMEOUT = 30.0  # seconds a writer waits for another
_SQLITE_RETRY_PAUSE = 0.01  # seconds
_MYSQL_REFUSALS = {1644, 3819, 4025}  # by SIGNAL in a trigger, by CHECK
# Access denied, unknown database, unknown column, command denied: no time mends them.
_MYSQL_FAULTS = {1044, 1045, 1049, 1054, 1142, 1143}
_POSTGRESQL_RAISED = "P0001"  # by RAISE in a trigger


class Database:
    """A database by its URL: SQLite, PostgreSQL, MariaDB or MySQL.

    With `read_only` its sessions refuse to write, and a SQLite file is neither made
    nor brought into another journal mode: it may be the user's own. With `must_exist`
    a SQLite file is not made either. `transact` and `query` try again for
    `retry_seconds` where a deadlock, a lock or a lost server stopped them.
    """

    def __init__(
        self,
        url: str,
        *,
        read_only: bool = False,
        must_exist: bool = False,
        retry_seconds: float = 0.0,
    ) -> None:
        self._retry_seconds = retry_seconds
        try:
            self._url = with_driver(url)
            self._engine = _engine(self._url, read_only, must_exist)
        except (ArgumentError, NoSuchModuleError, ValueError):
            raise StoreError(f"the database URL cannot be read; {_EXPECTED}") from None
        except ModuleNotFoundError as error:
            raise StoreError(
                f"the driver {error.name} for {self.name} is not installed;"
                f" {_driver_advice(error)}"
            ) from error

    @property
    def name(self) -> str:
        """The URL without its password, for people and logs."""
        # A driver also takes ?password=...
        return self._url.set(query={}).render_as_string(hide_password=True)

    @property
    def secret_url(self) -> str:
        """The URL as SQLAlchemy reads it, with its password: never print it."""
        return self._url.render_as_string(hide_password=False)

    @property
    def engine_options(self) -> dict[str, Any]:
        """What SQLAlchemy's create_engine is told beside the URL."""
        return _options(self._url, read_only=False)

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

    def transact(self, work: Callable[[Connection], Result]) -> Result:
        """Do a unit of work, again and again while the database cannot do it now.

        Args:
            work: What is done within the transaction. It may be called several times
                and must change nothing but the database. A connection that is lost
                during the commit leaves open whether it was stored: work must be such
                that doing it twice does no harm.

        Raises:
            UnavailableError: It still could not after `retry_seconds`.
            StoreError: The database refuses.
        """
        return done_in_time(self.write, work, self._retry_seconds)

    def query(self, work: Callable[[Connection], Result]) -> Result:
        """Read, again and again while the database cannot do it now.

        Raises:
            UnavailableError: It still could not after `retry_seconds`.
            StoreError: The database refuses.
        """
        return done_in_time(self.read, work, self._retry_seconds)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def _driver_advice(error: ModuleNotFoundError) -> str:
    extra = _EXTRAS.get(error.name or "")
    if extra is None:
        return f"rocktag is tested with other databases and drivers; {_EXPECTED}"
    return f"run: pip install 'rocktag[{extra}]'"


@contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise _kind(error)(f"{name}: {reason(error)}") from error
    except UnicodeEncodeError as error:
        raise RefusedValueError(
            f"{name}: a text of the statement is not valid Unicode; correct it"
        ) from error


def _kind(error: SQLAlchemyError) -> type[StoreError]:
    """Return what an error means to one who might try again.

    A StatementError that is no DBAPIError arose while a value was made ready.
    """
    match error:
        case DataError() | IntegrityError():
            return RefusedValueError
        case OperationalError() if _MYSQL_REFUSALS & {*_arguments(error)[:1]}:
            return RefusedValueError
        case DBAPIError() if _has(error, "sqlstate", _POSTGRESQL_RAISED):
            return RefusedValueError
        case OperationalError() if _is_fault(error):
            return StoreError
        case OperationalError() | InterfaceError() | PoolTimeoutError():
            return UnavailableError
        case DBAPIError():
            return UnavailableError if error.connection_invalidated else StoreError
        case StatementError():
            return RefusedValueError
    return StoreError


def _is_fault(error: OperationalError) -> bool:
    """Tell what a driver calls operational, though trying again cannot help."""
    return bool(_MYSQL_FAULTS & {*_arguments(error)[:1]}) or _has(
        error, "sqlite_errorcode", sqlite3.SQLITE_ERROR
    )


def _has(error: DBAPIError, name: str, value: object) -> bool:
    return getattr(error.orig, name, None) == value


def _arguments(error: DBAPIError) -> tuple[object, ...]:
    return () if error.orig is None else error.orig.args


def reason(error: SQLAlchemyError) -> str:
    """Return the driver's words on one line, without statement and parameters."""
    cause = error.orig if isinstance(error, StatementError) else error
    words = " ".join(str(cause).split())
    if "unable to open database file" in words:
        return f"{words}; does its folder exist, and may this user write to it?"
    return words


def with_driver(url: str) -> URL:
    """Return the URL with the driver that rocktag is tested with, unless it names one.

    >>> str(with_driver("postgres://localhost/news"))
    'postgresql+psycopg://localhost/news'
    """
    if b"\x00" in unquote_to_bytes(url):  # ValueError for a lone surrogate
        raise ValueError("the URL contains a NUL character")
    parsed = make_url(url)
    if parsed.host and "@" in f"{parsed.host}{parsed.database}":
        raise ValueError("the password holds a character that must be written as %40")
    return parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))


def _engine(url: URL, read_only: bool, must_exist: bool) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url, read_only, must_exist)
    engine = create_engine(url, **_options(url, read_only=read_only))
    event.listen(engine, "do_connect", _connect)
    if read_only and engine.dialect.name == "mysql":
        event.listen(engine, "connect", _prepare_read_only_mysql)
    return engine


def _connect(dialect: Any, _: Any, arguments: Any, options: Any) -> Any:
    """Connect; what a driver raises of a URL that it cannot use becomes one kind."""
    try:
        return dialect.connect(*arguments, **options)
    except (AttributeError, OSError, TypeError, ValueError) as error:
        raise ArgumentError(
            f"the driver cannot use a part of the database URL: {error}"
        ) from error


def _options(url: URL, *, read_only: bool) -> dict[str, Any]:
    match url.get_backend_name():
        case "sqlite":
            return {"connect_args": {"timeout": _SQLITE_LOCK_TIMEOUT}}
        case "postgresql":
            mode = " -c default_transaction_read_only=on" if read_only else ""
            options = f"{url.query.get('options', '')} -c timezone=UTC{mode}"
            return {"pool_pre_ping": True, "connect_args": {"options": options}}
        case _:
            # READ COMMITTED takes no gap locks: claims of two workers do not clash.
            return {
                "pool_pre_ping": True,
                "isolation_level": "READ COMMITTED",
                "connect_args": {"init_command": "SET time_zone = '+00:00'"},
            }


def _sqlite_engine(url: URL, read_only: bool, must_exist: bool) -> Engine:
    file = _plain_file(url)
    if file is not None and (must_exist or read_only):
        # Mode rw makes no new file, and is ro where the file may not be written to.
        url = url.set(database=file.as_uri())
        url = url.update_query_dict({"uri": "true", "mode": "rw"})
    engine = create_engine(url, **_options(url, read_only=read_only))
    if file is not None and must_exist:
        event.listen(engine, "do_connect", partial(_refuse_missing, file))
    event.listen(engine, "do_connect", _connect)
    prepare = _prepare_read_only_sqlite if read_only else _prepare_sqlite
    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", _begin_sqlite)
    if file is not None:
        _watch_file(engine, file)
    return engine


def _plain_file(url: URL) -> Path | None:
    """Return a file given by its path: not one in memory, not SQLite's own URIs."""
    if not url.database or url.database == ":memory:" or "uri" in url.query:
        return None
    return Path(url.database).absolute()


def _refuse_missing(file: Path, *_: Any) -> None:
    if not file.exists():
        raise UnavailableError(
            f"there is no database {file};"
            " rocktag ingest and rocktag db upgrade make it, or correct database_url"
        )


def _watch_file(engine: Engine, file: Path) -> None:
    """Let no connection go on with a file that was deleted or replaced.

    The system would keep that file for those who have it open, and what is written to
    it would be lost in silence.
    """

    def remember(_: Any, record: ConnectionPoolEntry) -> None:
        record.info["file"] = _identity(file)

    def compare(_: Any, record: ConnectionPoolEntry, __: Any) -> None:
        if record.info["file"] != _identity(file):
            raise InvalidatePoolError(f"{file} was deleted or replaced")

    event.listen(engine, "connect", remember)
    event.listen(engine, "checkout", compare)


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _prepare_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    # The driver's own BEGIN comes too late and is never IMMEDIATE: see _begin_sqlite.
    connection.isolation_level = None
    cache = f"cache_size=-{_SQLITE_CACHE}"
    for pragma in ("synchronous=NORMAL", "foreign_keys=ON", cache):
        connection.execute(f"PRAGMA {pragma}")
    _turn_on_wal(connection)


def _turn_on_wal(connection: sqlite3.Connection) -> None:
    """Turn on the write-ahead log; SQLite itself does not wait for others here."""
    deadline = time.monotonic() + _SQLITE_LOCK_TIMEOUT
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(_SQLITE_RETRY_PAUSE)


def _prepare_read_only_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only=ON")
    # Text that is no UTF-8 becomes lone surrogates: it costs its own row only.
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")


def _prepare_read_only_mysql(connection: Any, _: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION READ ONLY")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    connection.exec_driver_sql(options.get("sqlite_begin", "BEGIN"))
