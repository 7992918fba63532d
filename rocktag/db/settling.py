"""What people agree on of headlines, worked out when somebody speaks, edits or tags.

`annotation_verdict` holds the majority of the annotators on each label of a headline as
it is titled now; `rocktag.db.overriding` writes what follows from it for the labels of
model versions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    column,
    delete,
    select,
    table,
)

from rocktag.db.column_types import UtcDateTime
from rocktag.db.overriding import override
from rocktag.db.portions import portions
from rocktag.db.tables import annotation_verdict

current_annotation = table(
    "current_annotation",
    column("headline_id"),
    column("label"),
    column("present", Boolean(create_constraint=False)),
    column("annotator"),
    column("annotated_at", UtcDateTime),
)


def settle(connection: Connection, headline_ids: Collection[int]) -> None:
    """Work out anew what people agree on of these headlines, under their titles of now.

    Args:
        connection: A write transaction that holds the lock against edits alone.
        headline_ids: Those of which something was said, or that were edited.
    """
    verdict = annotation_verdict.c
    for keys in portions(headline_ids):
        before = connection.scalars(
            select(verdict.headline_id).where(verdict.headline_id.in_(keys)).distinct()
        ).all()
        votes = connection.execute(
            select(current_annotation).where(current_annotation.c.headline_id.in_(keys))
        ).all()
        if before:
            connection.execute(
                delete(annotation_verdict).where(verdict.headline_id.in_(before))
            )
        rows = list(_verdicts(votes))
        if rows:
            connection.execute(annotation_verdict.insert(), rows)
        decided: dict[int, dict[str, bool]] = {key: {} for key in before}
        for row in rows:
            of_headline = decided.setdefault(row["headline_id"], {})
            if row["present"] is not None:
                of_headline[row["label"]] = row["present"]
        override(connection, decided)


def settle_tagged(
    connection: Connection, model_version_id: int, headline_ids: Collection[int]
) -> None:
    """Apply what people agree on to labels that a version has just given.

    Args:
        connection: A write transaction that holds the lock against edits.
        model_version_id: The version.
        headline_ids: What it has tagged; mostly nobody has read any of it.
    """
    verdict = annotation_verdict.c
    for keys in portions(headline_ids):
        rows = connection.execute(
            select(verdict.headline_id, verdict.label, verdict.present).where(
                verdict.headline_id.in_(keys), verdict.present.is_not(None)
            )
        )
        decided: dict[int, dict[str, bool]] = defaultdict(dict)
        for row in rows:
            decided[row.headline_id][row.label] = row.present
        override(connection, decided, model_version_id)


def _verdicts(rows: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Yield a verdict on each label of a headline that was spoken of."""
    ordered = sorted(rows, key=_spoken_of)
    for (headline_id, label), of_label in groupby(ordered, key=_spoken_of):
        votes = list(of_label)
        balance = sum(1 if row.present else -1 for row in votes)
        yield {
            "headline_id": headline_id,
            "label": label,
            "present": None if balance == 0 else balance > 0,
            "annotators": len(votes),
            "annotated_at": max(row.annotated_at for row in votes),
        }


def _spoken_of(row: Any) -> tuple[int, str]:
    return row.headline_id, row.label
