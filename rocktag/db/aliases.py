"""The history of aliases: which version was what, when, by whom and why.

Events are only ever added. What holds now follows from them: a version is champion by
the newest event of that alias; a rollback is an event too, and takes back the promotion
before it. A challenger is one until another is, it is withdrawn, or it is promoted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from sqlalchemy import Connection, Row, func, select, update

from rocktag.db.tables import headline, model_alias_event, model_version

Alias: TypeAlias = Literal["champion", "challenger", "archived"]
Action: TypeAlias = Literal["promote", "rollback", "withdraw", "archive", "restore"]

CHAMPION: Alias = "champion"
CHALLENGER: Alias = "challenger"
ARCHIVED: Alias = "archived"
_LONGEST_REASON, _LONGEST_NAME = 2_000, 255  # characters of their columns


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasEvent:
    """One entry of the history.

    Attributes:
        event_id: Its key; a later event has a greater one.
        alias: champion, challenger or archived.
        action: What was done with it.
        version: The name of the version it concerns.
        changed_at: When, UTC.
        changed_by: Who.
        reason: Why.
    """

    event_id: int
    alias: str
    action: str
    version: str
    changed_at: datetime
    changed_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Aliases:
    """What holds now, by the names of versions.

    Attributes:
        champion: Tags what the views show.
        challenger: Tags in the shadow.
        archived: Neither shown nor chosen.
        champions: Every one that was champion, each once, the newest first.
        used: Every one that was champion or challenger.
        stack: The promotions that no rollback has taken back, the champion last.
    """

    champion: str | None
    challenger: str | None
    archived: frozenset[str]
    champions: tuple[str, ...]
    used: frozenset[str]
    stack: tuple[str, ...]

    def champion_before(self) -> str | None:
        """Return whom a rollback makes champion: the last one that is not archived."""
        before = self.stack[:-1]
        return next(
            (
                name
                for name in reversed(before)
                if name != self.champion and name not in self.archived
            ),
            None,
        )


def add(
    connection: Connection,
    alias: Alias,
    model_version_id: int,
    *,
    action: Action,
    by: str,
    why: str,
) -> None:
    """Add an event to the history.

    Args:
        connection: A write transaction.
        alias: Which alias.
        model_version_id: The version that gets or loses it.
        action: What is done.
        by: Who does it.
        why: For whoever reads the history.
    """
    connection.execute(
        model_alias_event.insert().values(
            alias=alias,
            model_version_id=model_version_id,
            changed_at=datetime.now(UTC),
            changed_by=by[:_LONGEST_NAME],
            reason=why[:_LONGEST_REASON],
            action=action,
        )
    )


def history(connection: Connection) -> list[AliasEvent]:
    """Return every event, the newest first."""
    event = model_alias_event.c
    rows = connection.execute(
        select(
            event.id,
            event.alias,
            event.action,
            model_version.c.name,
            event.changed_at,
            event.changed_by,
            event.reason,
        )
        .join(model_version, model_version.c.id == event.model_version_id)
        .order_by(event.id.desc())
    )
    return [_event(row) for row in rows]


def current(connection: Connection) -> Aliases:
    """Return what follows from the history."""
    return following(history(connection)[::-1])


def following(events: list[AliasEvent]) -> Aliases:
    """Return what follows from events, the oldest first."""
    champions = [event for event in events if event.alias == CHAMPION]
    stack = _stack(champions)
    newest_first = dict.fromkeys(event.version for event in reversed(champions))
    return Aliases(
        champion=stack[-1] if stack else None,
        challenger=_challenger(events),
        archived=_archived(events),
        champions=tuple(newest_first),
        used=frozenset(one.version for one in events if one.alias != ARCHIVED),
        stack=stack,
    )


def challenger(connection: Connection) -> str | None:
    """Return the name of the challenger, or None while there is none."""
    return current(connection).challenger


def tag_from_now_on(connection: Connection, model_version_id: int) -> None:
    """Let a version pass over the headlines that are there already."""
    newest = select(func.coalesce(func.max(headline.c.id), 0)).scalar_subquery()
    connection.execute(
        update(model_version)
        .where(model_version.c.id == model_version_id)
        .values(enqueued_up_to=newest)
    )


def _stack(champions: list[AliasEvent]) -> tuple[str, ...]:
    """Return the promotions that no rollback has taken back, the champion last."""
    stack: tuple[str, ...] = ()
    for event in champions:
        if event.action == "rollback" and event.version in stack[:-1]:
            before = stack[:-1]
            place = len(before) - before[::-1].index(event.version)
            stack = before[:place]
        else:
            stack = (*stack, event.version)
    return stack


def _challenger(events: list[AliasEvent]) -> str | None:
    found: str | None = None
    for event in events:
        if event.alias == CHALLENGER:
            found = event.version if event.action == "promote" else None
        elif event.alias == CHAMPION and event.version == found:
            found = None
    return found


def _archived(events: list[AliasEvent]) -> frozenset[str]:
    last = {one.version: one.action for one in events if one.alias == ARCHIVED}
    return frozenset(name for name, action in last.items() if action == "archive")


def _event(row: Row[*tuple[object, ...]]) -> AliasEvent:
    return AliasEvent(
        event_id=row.id,
        alias=row.alias,
        action=row.action,
        version=row.name,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        reason=row.reason,
    )
