"""How a database of PostgreSQL, and one of MariaDB, is brought back for each test."""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress

from sqlalchemy.exc import OperationalError

from tests import databases
from tests.restoring import Restored, Rows

_OTHER_SCHEMAS = (
    "SELECT nspname FROM pg_namespace WHERE left(nspname, 3) <> 'pg_'"
    " AND nspname NOT IN ('information_schema', 'public')"
)
_RELATIONS = (
    "SELECT relname, relkind IN ('r', 'p') FROM pg_class"
    " WHERE relnamespace = CAST('public' AS regnamespace)"
    " AND relkind IN ('r', 'p', 'v')"
)
# A row of the catalogue that was written anew has another xmin. TRUNCATE writes those
# of tables and indexes anew: so what can be altered of them is told by itself.
_CATALOGUE = """
WITH ours AS (
    SELECT * FROM pg_class WHERE relnamespace = CAST('public' AS regnamespace)
)
SELECT 'schema', oid, CAST(xmin AS text) FROM pg_namespace WHERE nspname = 'public'
UNION ALL
SELECT 'relation', oid, concat_ws(' ', relname, relkind, relowner, relacl, reloptions,
       relchecks, relhastriggers, relhasrules, relrowsecurity, relpersistence)
FROM ours
UNION ALL
SELECT 'column', attrelid, concat_ws(' ', attnum, a.xmin)
FROM pg_attribute a JOIN ours ON ours.oid = attrelid
UNION ALL
SELECT 'default', d.oid, CAST(d.xmin AS text)
FROM pg_attrdef d JOIN ours ON ours.oid = adrelid
UNION ALL
SELECT 'sequence', seqrelid, CAST(s.xmin AS text)
FROM pg_sequence s JOIN ours ON ours.oid = seqrelid
UNION ALL
SELECT 'index', indexrelid, CAST(i.xmin AS text)
FROM pg_index i JOIN ours ON ours.oid = indexrelid
UNION ALL
SELECT 'rule', r.oid, CAST(r.xmin AS text)
FROM pg_rewrite r JOIN ours ON ours.oid = ev_class
UNION ALL
SELECT 'trigger', t.oid, CAST(t.xmin AS text)
FROM pg_trigger t JOIN ours ON ours.oid = tgrelid
UNION ALL
SELECT 'constraint', oid, CAST(xmin AS text) FROM pg_constraint
WHERE connamespace = CAST('public' AS regnamespace)
UNION ALL
SELECT 'function', oid, CAST(xmin AS text) FROM pg_proc
WHERE pronamespace = CAST('public' AS regnamespace)
UNION ALL
SELECT 'type', oid, CAST(xmin AS text) FROM pg_type
WHERE typnamespace = CAST('public' AS regnamespace)
ORDER BY 1, 2, 3
"""
_COUNTER = re.compile(r" AUTO_INCREMENT=\d+")


class PostgreSQL(Restored):
    """A database of PostgreSQL."""

    def __init__(self) -> None:
        super().__init__("postgresql")

    def _close_others(self) -> None:
        self._do(databases.CLOSE_OTHERS)

    def _relations(self) -> dict[str, bool]:
        return dict(self._select(_RELATIONS))

    def _definition(self) -> Rows:
        return self._select(_CATALOGUE)

    def _drop_others(self, kept: Collection[str]) -> None:
        for (name,) in self._select(_OTHER_SCHEMAS):
            self._do(f'DROP SCHEMA "{name}" CASCADE')
        for name, is_table in self._relations().items():
            if name not in kept:
                kind = "TABLE" if is_table else "VIEW"
                self._do(f'DROP {kind} IF EXISTS "{name}" CASCADE')

    def _drop_all(self) -> None:
        self._do(*databases.EMPTY_POSTGRESQL)

    def _empty(self, tables: Collection[str]) -> None:
        counted = "SELECT 1 FROM pg_sequences WHERE last_value IS NOT NULL LIMIT 1"
        if self._filled(tables) or self._select(counted):
            self._do(f"TRUNCATE {', '.join(sorted(tables))} RESTART IDENTITY")


class MariaDB(Restored):
    """A database of MariaDB or MySQL."""

    def __init__(self) -> None:
        super().__init__("mysql")

    def _close_others(self) -> None:
        others = self._select(
            "SELECT id FROM information_schema.processlist"
            " WHERE db = DATABASE() AND id <> CONNECTION_ID()"
        )
        for (key,) in others:
            with suppress(OperationalError):  # it has ended by itself
                self._do(f"KILL {key}")

    def _relations(self) -> dict[str, bool]:
        found = self._select("SHOW FULL TABLES")
        return {name: kind == "BASE TABLE" for name, kind in found}

    def _definition(self) -> Rows:
        shown = [
            (name, _COUNTER.sub("", self._shown(name, is_table)))
            for name, is_table in sorted(self._relations().items())
        ]
        return shown + self._select("SHOW TRIGGERS")

    def _drop_others(self, kept: Collection[str]) -> None:
        self._do("SET foreign_key_checks = 0")
        for name, is_table in self._relations().items():
            if name not in kept:
                self._do(f"DROP {'TABLE' if is_table else 'VIEW'} `{name}`")

    def _drop_all(self) -> None:
        name = self.url.rpartition("/")[2]
        self._do(f"DROP DATABASE {name}", f"CREATE DATABASE {name}", f"USE {name}")

    def _empty(self, tables: Collection[str]) -> None:
        counted = {name for name in tables if _COUNTER.search(self._shown(name, True))}
        for name in sorted(counted | self._filled(tables)):
            self._do(f"TRUNCATE {name}")

    def _shown(self, name: str, is_table: bool) -> str:
        """Return the statement that makes a table or view, and counts on from here."""
        kind = "TABLE" if is_table else "VIEW"
        return str(self._select(f"SHOW CREATE {kind} `{name}`")[0][1])
