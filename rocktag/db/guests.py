"""A library that keeps tables of its own in rocktag's database: how it gets in.

It opens its own connections, the way rocktag does, and what the database says to it
becomes a StoreError, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from contextlib import contextmanager

from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from rocktag.db.engine import Database, reason
from rocktag.errors import StoreError


@contextmanager
def translated(database: Database) -> Iterator[None]:
    """Translate what a guest's statements raise, also where the guest wrapped it.

    Raises:
        StoreError: The database cannot be reached or refuses a statement.
    """
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(f"{database.name}: {reason(error)}") from error
    except Exception as error:
        if not isinstance(error.__cause__, SQLAlchemyError):
            raise
        raise StoreError(f"{database.name}: {reason(error.__cause__)}") from error


def refuse_other_tables(database: Database, names: Set[str], mark: str) -> None:
    """Refuse where the user's own tables have names that the guest wants.

    Args:
        database: Where it wants to be.
        names: Of the guest's tables.
        mark: The one of them that is there wherever the guest has been.

    Raises:
        StoreError: Some are there, but not `mark`.
    """
    with database.read() as connection:
        found = names & set(inspect(connection).get_table_names())
    if found and mark not in found:
        raise StoreError(
            f"{database.name} has other tables named {', '.join(sorted(found))};"
            " give rocktag another database"
        )
