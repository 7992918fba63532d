"""A table of the user's own, read and never written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, column, select, table, text

from rocktag.db.engine import Database

_ROWS_A_FETCH = 2_000


def read_rows(
    database: Database,
    *,
    table_name: str,
    columns: Mapping[str, str],
    condition: str | None,
) -> Iterator[dict[str, Any]]:
    """Stream the rows of a table under other names, in a read-only transaction.

    Names are quoted, whatever stands in them; the condition is SQL as written.

    Args:
        database: Where the table is.
        table_name: Its name, with `schema.` before it where it has one.
        columns: The name a value gets to the column it comes from.
        condition: What follows WHERE; None for every row.

    Raises:
        StoreError: The table or a column is not there, or may not be read.
    """
    schema, _, name = table_name.rpartition(".")
    picked: list[ColumnElement[Any]] = [
        column(source).label(target) for target, source in columns.items()
    ]
    statement = select(*picked).select_from(table(name, schema=schema or None))
    if condition:
        statement = statement.where(text(condition))
    with database.read() as connection:
        _refuse_writing(connection)
        try:
            rows = connection.execution_options(yield_per=_ROWS_A_FETCH)
            for row in rows.execute(statement).mappings():
                yield dict(row)
        finally:
            _allow_writing(connection)


def _refuse_writing(connection: Connection) -> None:
    match connection.dialect.name:
        case "sqlite":
            connection.exec_driver_sql("PRAGMA query_only = ON")
        case "postgresql":
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        case _:
            # MySQL takes it only before a transaction; this one has done nothing yet.
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("START TRANSACTION READ ONLY")


def _allow_writing(connection: Connection) -> None:
    """Undo what outlives the transaction when the connection goes back to its pool."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA query_only = OFF")
