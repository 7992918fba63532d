"""One lock that keeps those who edit headlines and those who tag them apart."""

from __future__ import annotations

from sqlalchemy import Connection, select

from rocktag.db.tables import edit_lock

_EDIT_LOCK_KEY = 7_021_978  # any number that no other lock of rocktag has


def lock_against_edits(connection: Connection, *, shared: bool) -> None:
    """Hold until the transaction ends what keeps edits and taggings apart.

    Those who store headlines hold it alone, those who tag share it; so neither waits
    for the other half-way, and nobody claims a title that is just being edited. SQLite
    needs nothing: its writers take turns.
    """
    match connection.dialect.name:
        case "postgresql":
            function = f"pg_advisory_xact_lock{'_shared' if shared else ''}"
            connection.exec_driver_sql(f"SELECT {function}({_EDIT_LOCK_KEY})")
        case "mysql":
            # InnoDB locks entries of indexes too, in orders of its own: one writer at
            # a time.
            connection.execute(select(edit_lock).with_for_update())
