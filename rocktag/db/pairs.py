"""Headlines that two model versions have tagged under the same title."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from rocktag.db.portions import portions
from rocktag.db.tables import headline, headline_label, tagging
from rocktag.types import HUMAN


@dataclass(frozen=True, slots=True)
class Pair:
    """What two versions say of a headline.

    Attributes:
        title: The headline.
        first: The labels of the first version.
        second: The labels of the second.
    """

    title: str
    first: frozenset[str]
    second: frozenset[str]


def tagged_by_both(
    connection: Connection, first: int, second: int, *, since: datetime, limit: int
) -> list[Pair]:
    """Return what both versions say of the same titles, the newest headlines first.

    Args:
        connection: A read transaction.
        first: The key of one version.
        second: The key of the other.
        since: When the second has tagged them, at the earliest.
        limit: How many, at most.
    """
    one, other = tagging.alias("one"), tagging.alias("other")
    rows = connection.execute(
        select(headline.c.id, headline.c.title)
        .join(one, one.c.headline_id == headline.c.id)
        .join(other, other.c.headline_id == headline.c.id)
        .where(
            one.c.model_version_id == first,
            other.c.model_version_id == second,
            one.c.status == "done",
            other.c.status == "done",
            one.c.title_hash == headline.c.title_hash,
            other.c.title_hash == headline.c.title_hash,
            other.c.tagged_at >= since,
        )
        .order_by(headline.c.id.desc())
        .limit(limit)
    ).all()
    labels = _labels(connection, (first, second), [row.id for row in rows])
    return [
        Pair(
            row.title,
            frozenset(labels[row.id, first]),
            frozenset(labels[row.id, second]),
        )
        for row in rows
    ]


def _labels(
    connection: Connection, versions: tuple[int, int], keys: list[int]
) -> dict[tuple[int, int], set[str]]:
    """Return the labels that versions gave headlines, by key and version."""
    label = headline_label.c
    found: dict[tuple[int, int], set[str]] = defaultdict(set)
    for some in portions(keys):
        rows = connection.execute(
            select(label.headline_id, label.model_version_id, label.label).where(
                label.headline_id.in_(some),
                label.model_version_id.in_(versions),
                label.served_by != HUMAN,
            )
        )
        for row in rows:
            found[row.headline_id, row.model_version_id].add(row.label)
    return found
