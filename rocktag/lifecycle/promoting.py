"""Who becomes champion or challenger; every change is one more event.

A version is loaded as the worker loads it before it gets an alias, also by force: one
that must not be used would be refused by every worker.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rocktag.amending import tag_again
from rocktag.artifact import load
from rocktag.config import Settings
from rocktag.corpus import Corpus
from rocktag.db import Connection, Database, aliases, models
from rocktag.db.aliases import CHALLENGER, Aliases
from rocktag.errors import StoreError, UsageError
from rocktag.lifecycle.examining import examine
from rocktag.lifecycle.gate import Verdict
from rocktag.runtime import version_facts


@dataclass(frozen=True, slots=True)
class Promotion:
    """What came of asking for a promotion.

    Attributes:
        version: Who was to be champion.
        is_done: Whether it is.
        why: What the history says of it, or would have said.
        verdict: The gate's; None where it was not asked.
    """

    version: str
    is_done: bool
    why: str
    verdict: Verdict | None = None


def promote(
    database: Database,
    settings: Settings,
    name: str,
    *,
    by: str,
    why: str,
    corpus: Corpus | None = None,
    force: bool = False,
) -> Promotion:
    """Make a version champion if the gate lets it pass, or there is no champion.

    Args:
        database: Where the history is.
        settings: The gate's limits, the models' folder, what scores are made with.
        name: `<classifier>/<version>`.
        by: Who asks.
        why: What the history says.
        corpus: What the two are compared on; by default the database's headlines.
        force: Whether to leave the gate out; `why` must say why.

    Raises:
        ArtifactError: It must not be used, or the champion cannot be compared with.
        StoreError: The database refuses, or another became champion meanwhile.
        UsageError: It is champion already, or archived.
    """
    key, now = _usable(database, settings, name)
    if now.champion == name:
        raise UsageError(f"{name} is the champion already; nothing was changed")
    before = now.champion
    if before is None or force:
        why = f"forced: {why}" if before is not None else why
        database.transact(lambda c: _make_champion(c, key, before, by, why))
        return Promotion(name, True, why)
    verdict = examine(database, settings, name, before, corpus)
    why = f"{why}; {verdict.summary()}"
    if verdict.passed:
        database.transact(lambda c: _make_champion(c, key, before, by, why))
    return Promotion(name, verdict.passed, why, verdict)


def challenge(
    database: Database,
    settings: Settings,
    name: str,
    *,
    by: str,
    why: str,
    since: datetime | None = None,
) -> int:
    """Let a version tag in the shadow what comes in from now on.

    Args:
        database: Where the history is.
        settings: The models' folder.
        name: `<classifier>/<version>`; one that never was champion, or the views would
            show its tags.
        by: Who asks.
        why: What the history says.
        since: Also tag the headlines published since.

    Returns:
        How many old headlines were made pending for it.

    Raises:
        ArtifactError: It must not be used.
        StoreError: The database refuses.
        UsageError: It is or was champion, or is archived.
    """
    key, now = _usable(database, settings, name)
    if name in now.champions:
        raise UsageError(
            f"{name} is or was champion, so the views would show what it says; for a"
            f" version of the same model run: rocktag thresholds {name}"
        )

    def enter(connection: Connection) -> None:
        aliases.tag_from_now_on(connection, key)
        aliases.add(connection, CHALLENGER, key, action="promote", by=by, why=why)

    database.transact(enter)
    if since is None:
        return 0
    return tag_again(database, name, since=since, again=False)


def withdraw(database: Database, *, by: str, why: str) -> str:
    """Let the challenger tag no more; return its name.

    Raises:
        StoreError: The database refuses.
        UsageError: There is none.
    """

    def enter(connection: Connection) -> str:
        name = aliases.current(connection).challenger
        if name is None:
            raise UsageError("there is no challenger; see: rocktag models history")
        key = models.known_key(connection, name)
        aliases.add(connection, CHALLENGER, key, action="withdraw", by=by, why=why)
        return name

    return database.transact(enter)


def roll_back(
    database: Database, settings: Settings, *, by: str, why: str
) -> tuple[str, str]:
    """Make the champion before champion again; the gate is not asked.

    Returns:
        The champion's name now, and the one it took the place of.

    Raises:
        ArtifactError: The champion before must not be used.
        StoreError: The database refuses, or another became champion meanwhile.
        UsageError: There was none before, or it is archived.
    """
    with database.read() as connection:
        now = aliases.current(connection)
    name, before = now.champion_before(), now.champion
    if name is None or before is None:
        raise UsageError(
            "there is no champion before this one to go back to, or all are archived;"
            " see: rocktag models history"
        )
    key, _ = _usable(database, settings, name)
    database.transact(lambda c: _make_champion(c, key, before, by, why, back=True))
    return name, before


def _usable(database: Database, settings: Settings, name: str) -> tuple[int, Aliases]:
    """Load a version as the worker does; return its key, and what holds now."""
    with database.read() as connection:
        now = aliases.current(connection)
        expected = models.registered_manifests(connection).get(name)
    if name in now.archived:
        raise UsageError(
            f"{name} is archived; run: rocktag models archive --undo {name}"
        )
    found = load(settings.models_dir, name, expected_sha256=expected)
    facts = version_facts(found.manifest, found.manifest_sha256)
    return database.transact(lambda c: models.register(c, facts)), now


def _make_champion(
    connection: Connection,
    key: int,
    before: str | None,
    by: str,
    why: str,
    *,
    back: bool = False,
) -> None:
    """Add the event, if the champion is still the one that was seen."""
    found = models.champion(connection)
    if found != before:
        raise StoreError(
            f"{found} became champion meanwhile; nothing was changed, run it again"
        )
    action: aliases.Action = "rollback" if back else "promote"
    models.promote(connection, key, by=by, why=why, action=action)
