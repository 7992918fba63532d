"""What people say of headlines: added, never changed, and what they agree on.

Of each annotator the latest word on a label of a title counts. What they agree on is
worked out by `rocktag.db.settling`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import (
    Connection,
    bindparam,
    func,
    select,
    true,
)

from rocktag.db.locks import lock_against_edits
from rocktag.db.portions import portions
from rocktag.db.settling import current_annotation, settle
from rocktag.db.tables import annotation, annotation_verdict, headline
from rocktag.text import title_hash
from rocktag.types import HumanLabels


@dataclass(frozen=True, slots=True)
class Reading:
    """What one annotator says of one headline.

    Attributes:
        headline_id: Its key.
        title: As it was read.
        said: Label to whether it applies; nothing is said of the others.
        reason: Why it was read, such as `random`; None where that is not known.
    """

    headline_id: int
    title: str
    said: Mapping[str, bool]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Vote:
    """What counts of an annotator: the latest word on a label of a current title.

    Attributes:
        headline_id: The headline.
        title: Its title.
        label: The label.
        annotator: Who.
        present: Whether the label applies.
    """

    headline_id: int
    title: str
    label: str
    annotator: str
    present: bool


def append(
    connection: Connection,
    readings: Sequence[Reading],
    annotator: str,
    note: str | None = None,
) -> int:
    """Add what an annotator says, where it is not what the annotator said last.

    Args:
        connection: A write transaction.
        readings: What is said.
        annotator: Who says it.
        note: A remark that is kept with each label.

    Returns:
        How many labels of headlines were added.
    """
    lock_against_edits(connection, shared=False)
    keys = {reading.headline_id for reading in readings}
    last = _last_words(connection, keys, annotator)
    now = datetime.now(UTC)
    rows: list[dict[str, Any]] = []
    for reading in readings:
        digest = title_hash(reading.title)
        for label, present in reading.said.items():
            word = (reading.headline_id, label, digest)
            if last.get(word) == present:
                continue
            last[word] = present
            rows.append(
                {
                    "headline_id": reading.headline_id,
                    "label": label,
                    "present": present,
                    "annotator": annotator,
                    "annotated_at": now,
                    "reason": reading.reason,
                    "note": note,
                    "title_hash": digest,
                }
            )
    if rows:
        connection.execute(annotation.insert(), rows)
        settle(connection, {row["headline_id"] for row in rows})
    return len(rows)


def human_labels(connection: Connection, labels: Sequence[str]) -> HumanLabels:
    """Return what people say of headlines as they are titled now, in order of keys.

    The same title under several sources is one row; where they differ it is unknown.

    Args:
        connection: A read transaction.
        labels: The L labels of the columns.
    """
    verdict = annotation_verdict.c
    rows = connection.execute(
        select(headline.c.title, verdict.label, verdict.present)
        .join(headline, headline.c.id == verdict.headline_id)
        .order_by(verdict.headline_id)
    )
    columns = {label: at for at, label in enumerate(labels)}
    found: dict[str, dict[int, set[bool | None]]] = {}
    for row in rows:
        of_title = found.setdefault(row.title, defaultdict(set))
        if row.label in columns:
            of_title[columns[row.label]].add(row.present)
    targets = np.zeros((len(found), len(labels)), dtype=np.int8)
    known = np.zeros((len(found), len(labels)), dtype=np.bool_)
    for at, of_title in enumerate(found.values()):
        for place, said in of_title.items():
            agreed = {word for word in said if word is not None}
            known[at, place] = len(agreed) == 1
            targets[at, place] = agreed == {True}
    return HumanLabels(titles=tuple(found), targets=targets, known=known)


def votes(connection: Connection) -> Iterator[Vote]:
    """Yield what counts of every annotator, in order of headlines and labels."""
    rows = connection.execute(
        select(current_annotation, headline.c.title)
        .join(headline, headline.c.id == current_annotation.c.headline_id)
        .order_by(
            current_annotation.c.headline_id,
            current_annotation.c.label,
            current_annotation.c.annotator,
        )
    )
    for row in rows:
        yield Vote(row.headline_id, row.title, row.label, row.annotator, row.present)


def read_titles(connection: Connection) -> list[str]:
    """Return the titles that people have read, as they are now."""
    read = select(annotation_verdict.c.headline_id)
    rows = connection.execute(
        select(headline.c.title).where(headline.c.id.in_(read)).order_by(headline.c.id)
    )
    return list(rows.scalars())


def given_counts(connection: Connection) -> dict[str, int]:
    """Return label to how many headlines people give it."""
    verdict = annotation_verdict.c
    rows = connection.execute(
        select(verdict.label, func.count())
        .where(verdict.present == true())
        .group_by(verdict.label)
    )
    return dict(rows.all())


def unread_keys(connection: Connection) -> list[int]:
    """Return the keys of the headlines that nobody has read as they are titled now."""
    read = select(annotation_verdict.c.headline_id)
    rows = connection.execute(
        select(headline.c.id).where(headline.c.id.not_in(read)).order_by(headline.c.id)
    )
    return list(rows.scalars())


def titles_of(
    connection: Connection, headline_ids: Sequence[int]
) -> dict[int, tuple[str, str]]:
    """Return key to title and source."""
    columns = headline.c
    found: dict[int, tuple[str, str]] = {}
    for keys in portions(headline_ids):
        rows = connection.execute(
            select(columns.id, columns.title, columns.source).where(
                columns.id.in_(keys)
            )
        )
        found |= {row.id: (row.title, row.source) for row in rows}
    return found


def keys_of(connection: Connection, titles: Sequence[str]) -> dict[str, list[int]]:
    """Return title to the keys of the headlines that have it, of whatever source."""
    wanted = {title_hash(title): title for title in titles}
    found: dict[str, list[int]] = defaultdict(list)
    for digests in portions(wanted):
        rows = connection.execute(
            select(headline.c.id, headline.c.title_hash)
            .where(headline.c.title_hash.in_(digests))
            .order_by(headline.c.id)
        )
        for row in rows:
            found[wanted[row.title_hash]].append(row.id)
    return dict(found)


def _last_words(
    connection: Connection, headline_ids: Collection[int], annotator: str
) -> dict[tuple[int, str, str], bool]:
    """Return headline, label and hash of the title to what the annotator said last."""
    columns = annotation.c
    statement = (
        select(columns.headline_id, columns.label, columns.title_hash, columns.present)
        .where(columns.annotator == bindparam("annotator"))
        .order_by(columns.id)
    )
    found = {}
    for keys in portions(headline_ids):
        rows = connection.execute(
            statement.where(columns.headline_id.in_(keys)), {"annotator": annotator}
        )
        for row in rows:
            found[row.headline_id, row.label, row.title_hash] = row.present
    return found
