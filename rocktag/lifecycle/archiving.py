"""Putting versions away and taking them back, each an event of the history."""

from __future__ import annotations

from rocktag.config import Settings
from rocktag.db import Connection, Database, aliases, models
from rocktag.db.aliases import ARCHIVED
from rocktag.errors import UsageError


def archive(
    database: Database, settings: Settings, name: str, *, by: str, why: str
) -> None:
    """Put a version away: not listed, never chosen, and open to `prune`.

    Raises:
        StoreError: The database refuses, or does not know it.
        UsageError: It is in use, or archived already.
    """

    def enter(connection: Connection) -> None:
        now, key = (
            aliases.current(connection),
            models.known_key(connection, name),
        )
        used = {now.champion: "the champion", now.challenger: "the challenger"}
        used[settings.tag.model] = "what tag.model names"
        if name in used:
            raise UsageError(f"{name} is {used[name]}; choose another one first")
        if name in now.archived:
            raise UsageError(f"{name} is archived already; nothing was changed")
        aliases.add(connection, ARCHIVED, key, action="archive", by=by, why=why)

    database.transact(enter)


def restore(database: Database, name: str, *, by: str, why: str) -> None:
    """Take a version back from the archive.

    Raises:
        StoreError: The database refuses, or does not know it.
        UsageError: It is not archived.
    """

    def enter(connection: Connection) -> None:
        key = models.known_key(connection, name)
        if name not in aliases.current(connection).archived:
            raise UsageError(f"{name} is not archived; nothing was changed")
        aliases.add(connection, ARCHIVED, key, action="restore", by=by, why=why)

    database.transact(enter)
