"""Which artifacts may go, and letting them go; what the database knows stays.

Models of a folder may be used from several databases: what this one does not know is
left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rocktag.artifact import removing
from rocktag.classifiers import checkpoints
from rocktag.config import Settings
from rocktag.db import Database, aliases, models
from rocktag.db.aliases import Aliases


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be deleted.

    Attributes:
        doomed: Version to why it may go.
        kept: Version to why it stays.
        leftovers: What killed processes left behind.
        bytes: Of the doomed versions together.
    """

    doomed: Mapping[str, str]
    kept: Mapping[str, str]
    leftovers: tuple[Path, ...]
    bytes: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.doomed or self.leftovers)


def plan(database: Database, settings: Settings, *, keep: int) -> Plan:
    """Return what `carry_out` would delete.

    Args:
        database: Tells what was champion or challenger.
        settings: The models' folder, and how many champions stay.
        keep: How many of the others stay, the newest.

    Raises:
        StoreError: The database refuses.
    """
    folder = settings.models_dir
    with database.read() as connection:
        now = aliases.current(connection)
        known = models.registered_manifests(connection)
    names = [
        path.relative_to(folder).as_posix()
        for path in folder.glob("*/*/")
        if not any(part.startswith(".") for part in path.parts[-2:])
    ]
    doomed, kept = divide(names, now, known, needed(now, settings), keep=keep)
    return Plan(
        doomed,
        kept,
        tuple(removing.leftovers(folder)),
        sum(removing.size(folder / name) for name in doomed),
    )


def needed(now: Aliases, settings: Settings) -> dict[str, str]:
    """Return the versions that must stay whatever happens, each with the reason."""
    last = now.champions[: settings.retention.champions]
    found = dict.fromkeys(last, "one of the last champions")
    found[settings.tag.model] = "what tag.model names"
    if now.challenger is not None:
        found[now.challenger] = "the challenger"
    if now.champion is not None:
        found[now.champion] = "the champion"
    return found


def divide(
    names: Iterable[str],
    now: Aliases,
    known: Collection[str],
    needed: Mapping[str, str],
    *,
    keep: int,
) -> tuple[dict[str, str], dict[str, str]]:
    """Return which versions may go and which stay, the newest first, with reasons.

    Args:
        names: What is there.
        now: What holds by the history.
        known: The versions that the database knows.
        needed: Those that must stay, with reasons.
        keep: How many stay that were neither champion nor challenger.
    """
    doomed: dict[str, str] = {}
    kept: dict[str, str] = {}
    others = 0
    for name in sorted(names, key=_age, reverse=True):
        if name in needed:
            kept[name] = needed[name]
        elif name not in known:
            kept[name] = "not registered in this database, another one may use it"
        elif name in now.archived:
            doomed[name] = "archived"
        elif name in now.used:
            kept[name] = "was champion or challenger; archive it to let it go"
        elif others < keep:
            others += 1
            kept[name] = "one of the newest"
        else:
            doomed[name] = "never was champion or challenger"
    return doomed, kept


def carry_out(
    database: Database,
    settings: Settings,
    wanted: Plan,
    tell: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Delete what a plan names, and checkpoints nobody goes on with; return versions.

    Each version is taken out of sight first and looked up once more: one that became
    champion or challenger since is put back.

    Raises:
        ArtifactError: A folder cannot be written.
        StoreError: The database refuses.
    """
    folder = settings.models_dir
    gone: list[str] = []
    for name in wanted.doomed:
        aside = removing.set_aside(folder, name)
        with database.read() as connection:
            now = aliases.current(connection)
        if name in needed(now, settings):
            removing.put_back(aside, folder, name)
            continue
        removing.discard(aside)
        gone.append(name)
        tell(name)
    for path in wanted.leftovers:
        removing.discard(path)
    checkpoints.sweep(
        folder / checkpoints.CHECKPOINTS, settings.train.keep_checkpoints_days
    )
    return gone


def _age(name: str) -> str:
    """Return the version's own name: it begins with its time."""
    return name.partition("/")[2]
