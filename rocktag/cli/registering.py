"""Entering a version that was published just now, and who made it champion."""

from __future__ import annotations

import getpass
import os

from rocktag.artifact import Published
from rocktag.db import Database, models
from rocktag.runtime import version_facts


def register(
    database: Database, published: Published, *, promote: bool, command: str
) -> bool:
    """Enter the version; make it champion if asked to or if there is none.

    Args:
        database: Where versions are registered.
        published: The version.
        promote: Whether it was asked to be champion.
        command: Who asked, for the history.

    Raises:
        StoreError: The database refuses.
    """
    facts = version_facts(published.manifest, published.manifest_sha256)
    with database.write() as connection:
        key = models.register(connection, facts)
        is_first = models.champion(connection) is None
        if is_first or promote:
            why = "first version published" if is_first else f"{command} --promote"
            models.promote(connection, key, by=_user(), why=why)
    return is_first or promote


def _user() -> str:
    """Return who runs this; a container's user may have a number only."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # OSError: since Python 3.13
        return f"uid {os.getuid()}"
