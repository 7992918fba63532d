"""A server's database that migrations made once, brought back for each test.

Migrating takes a server a second, looking for what a test left some hundredths: so
each test process migrates one database of each server, and before a test takes away
what the last one left there: rows, and tables of its own. Where a test changed more
than that, the database is migrated anew; and on MariaDB for writers at once, who met in
deadlocks in truncated tables that they do not meet in new ones.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import create_engine, text

from rocktag.db import Database, schema
from rocktag.db.engine import with_driver
from tests import databases

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Made:
    """What migrations made.

    Attributes:
        relations: The names of tables and views.
        definition: How they are defined: any change of one is a difference.
        seeds: The rows of each table that has any.
    """

    relations: frozenset[str]
    definition: Rows
    seeds: dict[str, Rows]


class Restored(ABC):
    """A database of a server with rocktag's tables, for one test after another.

    Attributes:
        url: Its own.
    """

    def __init__(self, backend: str) -> None:
        self._database = databases.make(backend)
        self.url = self._database.url
        self._engine = create_engine(
            with_driver(self.url), isolation_level="AUTOCOMMIT"
        )
        self._connection = self._engine.connect()
        self._made = self._migrate()

    def restore(self) -> None:
        """Bring back what migrations made, whatever was done to it."""
        self._close_others()
        self._drop_others(self._made.relations)
        if self._is_defined_as_made():
            self._empty(self._tables() - self._made.seeds.keys())
        else:
            self.make_anew()

    def make_anew(self) -> None:
        """Take away everything and migrate."""
        self._close_others()
        self._drop_all()
        self._made = self._migrate()

    def end(self) -> None:
        """Drop the database."""
        self._connection.close()
        self._engine.dispose()
        self._database.end()

    @abstractmethod
    def _close_others(self) -> None:
        """End whatever else is connected to the database."""

    @abstractmethod
    def _relations(self) -> dict[str, bool]:
        """Return the names of tables and views, and whether each is a table."""

    @abstractmethod
    def _definition(self) -> Rows:
        """Return how everything is defined, but not what is counted."""

    @abstractmethod
    def _drop_others(self, kept: Collection[str]) -> None:
        """Drop what is beside these tables and views."""

    @abstractmethod
    def _drop_all(self) -> None:
        """Drop everything."""

    @abstractmethod
    def _empty(self, tables: Collection[str]) -> None:
        """Leave these tables as if they had never had a row."""

    def _tables(self) -> set[str]:
        return {name for name, is_table in self._relations().items() if is_table}

    def _filled(self, tables: Collection[str]) -> set[str]:
        """Return those tables that have rows."""
        asked = " UNION ALL ".join(
            f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in tables
        )
        return {str(name) for (name,) in self._select(asked)}

    def _select(self, statement: str) -> Rows:
        found = self._connection.execute(text(statement))
        return [tuple(row) for row in found]

    def _do(self, *statements: str) -> None:
        for statement in statements:
            self._connection.execute(text(statement))

    def _migrate(self) -> Made:
        database = Database(self.url)
        schema.upgrade(database)
        database.close()
        seeded = self._filled(self._tables())
        return Made(
            frozenset(self._relations()), self._definition(), self._rows(seeded)
        )

    def _is_defined_as_made(self) -> bool:
        made = self._made
        return (
            self._definition() == made.definition
            and self._rows(made.seeds) == made.seeds
        )

    def _rows(self, tables: Collection[str]) -> dict[str, Rows]:
        return {
            name: self._select(f"SELECT * FROM {name} ORDER BY 1") for name in tables
        }
