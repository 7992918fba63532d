"""A table of the user's own, read and never written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import column, literal_column, select, table
from sqlalchemy.sql import quoted_name

from rocktag.db.engine import Database

_ROWS_A_FETCH = 2_000


def read_rows(
    database: Database,
    *,
    table_name: str,
    columns: Mapping[str, str],
    condition: str | None,
) -> Iterator[dict[str, Any]]:
    """Stream the rows of a table under other names, in one transaction.

    Names are quoted, whatever stands in them; the condition is SQL as written.

    Args:
        database: Where the table is; opened to be read only.
        table_name: Its name, with `schema.` before it where it has one.
        columns: The name a value gets to the column it comes from.
        condition: What follows WHERE; None for every row.

    Raises:
        StoreError: The table or a column is not there, or may not be read.
    """
    schema, _, name = table_name.rpartition(".")
    if not schema:
        name = table_name
    own = table(
        _quoted(name),
        *(column(_quoted(source)) for source in sorted(set(columns.values()))),
        schema=_quoted(schema) if schema else None,
    )
    # With the table's name before it: SQLite reads a quoted name that is no column's
    # as a text.
    statement = select(*(own.c[source].label(to) for to, source in columns.items()))
    if condition:
        statement = statement.where(literal_column(condition))  # its colons are its own
    with database.read() as connection:
        streamed = connection.execution_options(yield_per=_ROWS_A_FETCH)
        with streamed.execute(statement) as rows:
            for row in rows.mappings():
                yield dict(row)


def _quoted(name: str) -> quoted_name:
    return quoted_name(name, quote=True)
