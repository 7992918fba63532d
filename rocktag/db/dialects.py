"""The few places where the databases speak differently."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Insert,
    Table,
)
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class epoch_now(FunctionElement[int]):  # noqa: N801 - reads as the SQL function it is
    """Seconds since 1970 by the database's clock: workers' clocks may differ."""

    type = BigInteger()
    inherit_cache = True


@compiles(epoch_now, "sqlite")
def _epoch_now_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return "CAST(strftime('%s', 'now') AS INTEGER)"


@compiles(epoch_now, "postgresql")
def _epoch_now_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return "CAST(floor(extract(epoch FROM clock_timestamp())) AS BIGINT)"


@compiles(epoch_now, "mysql")
def _epoch_now_mysql(element: Any, compiler: Any, **options: Any) -> str:
    return "UNIX_TIMESTAMP()"


def insert_unless_present(connection: Connection, table: Table) -> Insert:
    """Return an INSERT that passes over rows whose unique key is there already."""
    match connection.dialect.name:
        case "postgresql":
            return postgresql.insert(table).on_conflict_do_nothing()
        case "sqlite":
            return sqlite.insert(table).on_conflict_do_nothing()
        case _:
            key = next(iter(table.primary_key.columns))
            # Not INSERT IGNORE: that would also cut what is too long, in silence.
            return mysql.insert(table).on_duplicate_key_update({key.name: key})
