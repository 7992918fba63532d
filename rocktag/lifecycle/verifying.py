"""Whether artifacts can be used, found out as the worker does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rocktag.artifact import load, published
from rocktag.config import Settings
from rocktag.db import Database, aliases, models
from rocktag.errors import ArtifactError


@dataclass(frozen=True, slots=True)
class Checked:
    """One version that was looked at.

    Attributes:
        version: Its name.
        fault: Why it must not be used; None where it may.
    """

    version: str
    fault: str | None


def verify(
    database: Database, settings: Settings, versions: Sequence[str] = ()
) -> Iterator[Checked]:
    """Load versions one after another, each as the worker does.

    Args:
        database: Knows the hashes of their manifests.
        settings: The models' folder.
        versions: Which; by default all that are there, and champion and challenger.

    Raises:
        StoreError: The database refuses.
    """
    with database.read() as connection:
        now = aliases.current(connection)
        expected = models.registered_manifests(connection)
        wanted = [models.resolve(connection, name) for name in versions]
    if not wanted:
        used = [name for name in (now.champion, now.challenger) if name is not None]
        there = [listing.name for listing in published(settings.models_dir)]
        wanted = list(dict.fromkeys([*used, *there]))
    for name in wanted:
        yield Checked(name, _fault(settings, name, expected.get(name)))


def _fault(settings: Settings, name: str, expected: str | None) -> str | None:
    try:
        load(settings.models_dir, name, expected_sha256=expected)
    except ArtifactError as error:
        return str(error)
    return None
