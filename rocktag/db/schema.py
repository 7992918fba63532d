"""The schema's state: where it is in the one migration history, and moving it.

Every command asks for the state, so that is told without Alembic: the database keeps
its revision in a table, and a migration's file begins with its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, String, column, inspect, select, table

import migrations
from rocktag.db.engine import Database
from rocktag.db.tables import VERSION_TABLE, metadata
from rocktag.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK_KEY = 7_021_977  # any number; the same for every rocktag
_MYSQL_LOCK = "CONCAT('rocktag-', MD5(DATABASE()))"  # its locks are the server's
_LOCK_TIMEOUT = 60  # seconds one upgrade waits for another's


@dataclass(frozen=True, slots=True)
class SchemaState:
    """Where a database stands.

    Attributes:
        current: Its revision; None where rocktag's tables were never made.
        head: The newest revision this rocktag knows.
        differences: What differs from the declared tables; empty when all is well.
    """

    current: str | None
    head: str
    differences: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether this rocktag can work with the database."""
        return self.current == self.head and not self.differences


def upgrade(database: Database, revision: str = "head") -> SchemaState:
    """Bring the schema up to a revision; what is there already stays.

    Raises:
        StoreError: There is no such revision, or the database refuses.
    """
    from alembic import command

    return _migrate(database, lambda config: command.upgrade(config, revision))


def downgrade(database: Database, revision: str) -> SchemaState:
    """Take the schema back to a revision, `base` for none; drops what it held.

    Raises:
        StoreError: There is no such revision, or the database refuses.
    """
    from alembic import command

    return _migrate(database, lambda config: command.downgrade(config, revision))


def state(database: Database) -> SchemaState:
    """Return the revision of the database and of this rocktag."""
    with database.read() as connection:
        return SchemaState(_current(connection), _head())


def check(database: Database) -> SchemaState:
    """Return the state with every difference from the declared tables."""
    with database.read() as connection:
        current = _current(connection)
        if current != _head():
            return SchemaState(current, _head())
        return SchemaState(current, _head(), _differences(connection))


def make_ready(database: Database) -> bool:
    """Make the schema in a database that has none; refuse one of another revision.

    Returns:
        Whether it was made now.

    Raises:
        StoreError: The schema is older or newer than this rocktag.
    """
    found = state(database)
    if found.current is None:
        upgrade(database)
        return True
    if not found.is_ready:
        advice = (
            "run: rocktag db upgrade"
            if found.current in _revisions()
            else "it was made by a newer rocktag; install that"
        )
        raise StoreError(
            f"{database.name} has schema {found.current},"
            f" this rocktag needs {found.head}; {advice}"
        )
    return False


def _migrate(database: Database, action: Callable[[Config], None]) -> SchemaState:
    from alembic.util import CommandError

    try:
        with database.write() as connection:
            _wait_for_other_migrations(connection)
            try:
                _refuse_other_tables(connection, database.name)
                config = _config()
                config.attributes["connection"] = connection
                action(config)
            finally:
                _end_other_migrations_wait(connection)
    except CommandError as error:
        raise StoreError(
            f"{database.name}: {error}; see: rocktag db current"
        ) from error
    return state(database)


def _refuse_other_tables(connection: Connection, name: str) -> None:
    """Refuse to begin where a table of the user's has a name of rocktag's.

    MySQL cannot take back what a migration made before it met the table.
    """
    if _current(connection) is not None:
        return
    found = metadata.tables.keys() & set(inspect(connection).get_table_names())
    if found:
        raise StoreError(
            f"{name} has other tables named {', '.join(sorted(found))};"
            " give rocktag another database"
        )


def _is_compared(name: str | None, kind: str, _: object) -> bool:
    """Pass over the user's own tables in the same database, with their indexes."""
    return kind != "table" or name in metadata.tables


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    return config


def _folder() -> Path:
    return Path(next(iter(migrations.__path__)))


def _revisions() -> list[str]:
    """Return every revision there is a migration to, the oldest first."""
    files = (_folder() / "versions").glob("[0-9]*.py")
    return sorted(file.name.partition("_")[0] for file in files)


def _head() -> str:
    return _revisions()[-1]


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version = column("version_num", String)
    kept = select(version).select_from(table(VERSION_TABLE))
    found = connection.execute(kept).scalar()
    return None if found is None else str(found)


def _differences(connection: Connection) -> tuple[str, ...]:
    """Return what differs from the declared tables."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    options = {
        "compare_type": True,
        "include_name": _is_compared,
        "version_table": VERSION_TABLE,
    }
    context = MigrationContext.configure(connection, opts=options)
    return tuple(map(str, compare_metadata(context, metadata)))


def _wait_for_other_migrations(connection: Connection) -> None:
    """Let one process at a time migrate; SQLite's write lock does that by itself."""
    match connection.dialect.name:
        case "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_KEY})")
        case "mysql":
            lock = f"SELECT GET_LOCK({_MYSQL_LOCK}, {_LOCK_TIMEOUT})"
            if connection.exec_driver_sql(lock).scalar() != 1:
                raise StoreError(
                    f"another process has been migrating for {_LOCK_TIMEOUT} seconds;"
                    " try again when it is done"
                )


def _end_other_migrations_wait(connection: Connection) -> None:
    if connection.dialect.name == "mysql":
        connection.exec_driver_sql(f"SELECT RELEASE_LOCK({_MYSQL_LOCK})")
