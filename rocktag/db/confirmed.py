"""How many of the tags that a version gave people have read, and found right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    case,
    func,
    literal,
    select,
    true,
)

from rocktag.db.tables import (
    annotation,
    annotation_verdict,
    headline,
    headline_label,
    tagging,
)
from rocktag.types import ALIASES, HUMAN

_BY_CHANCE = "random"  # why a headline was read, whatever a model says of it


@dataclass(frozen=True, slots=True)
class Confirmed:
    """One label of one version, on headlines that people have read.

    Attributes:
        label: As people say it.
        read: Headlines that carry it, of which people say whether it applies.
        right: Those of them of which they say that it does.
        present: Headlines that were read because chance chose them, of which people say
            that it applies.
        found: Those of them that carry it.
    """

    label: str
    read: int = 0
    right: int = 0
    present: int = 0
    found: int = 0


def confirmed(
    connection: Connection, model_version_id: int, *, since: datetime | None = None
) -> list[Confirmed]:
    """Return what people say of the labels a version gave, by label.

    What the version itself gave counts, whatever the views show in its place. A
    headline counts while it has the title that was tagged; where people differ it does
    not count.

    Args:
        connection: A read transaction.
        model_version_id: The version.
        since: When people said it, at the earliest; None for all they ever said.
    """
    shown = _count(connection, _shown(model_version_id, since))
    chosen = _count(connection, _chosen_by_chance(model_version_id, since))
    return [
        Confirmed(label, *shown.get(label, (0, 0)), *chosen.get(label, (0, 0)))
        for label in sorted(shown.keys() | chosen.keys())
    ]


def _count(connection: Connection, each: Select[Any]) -> dict[str, tuple[int, int]]:
    """Return label to how many rows of it there are, and how many are true."""
    rows = each.subquery()
    true_ones = func.sum(case((rows.c.is_true, literal(1)), else_=literal(0)))
    counted = connection.execute(
        select(rows.c.label, func.count(), true_ones).group_by(rows.c.label)
    )
    return {label: (int(count), int(right)) for label, count, right in counted}


def _shown(model_version_id: int, since: datetime | None) -> Select[Any]:
    """Select each label that was given and read, and whether it applies."""
    verdict = annotation_verdict.c
    return (
        _read(model_version_id, since)
        .add_columns(verdict.present.label("is_true"))
        .where(verdict.present.is_not(None), _is_given(model_version_id))
    )


def _chosen_by_chance(model_version_id: int, since: datetime | None) -> Select[Any]:
    """Select each label that applies where chance chose, and whether it was given."""
    said = annotation.c
    by_chance = (
        select(said.id)
        .where(
            said.headline_id == headline.c.id,
            said.title_hash == headline.c.title_hash,
            said.reason == _BY_CHANCE,
        )
        .exists()
    )
    return (
        _read(model_version_id, since)
        .add_columns(_is_given(model_version_id).label("is_true"))
        .where(annotation_verdict.c.present == true(), by_chance)
    )


def _read(model_version_id: int, since: datetime | None) -> Select[Any]:
    """Select the labels that people spoke of, of headlines the version has tagged."""
    verdict = annotation_verdict.c
    return (
        select(verdict.headline_id, verdict.label)
        .join(headline, headline.c.id == verdict.headline_id)
        .join(
            tagging,
            (tagging.c.headline_id == headline.c.id)
            & (tagging.c.title_hash == headline.c.title_hash),
        )
        .where(
            tagging.c.model_version_id == model_version_id,
            tagging.c.tagged_at.is_not(None),
            *([] if since is None else [verdict.annotated_at >= since]),
        )
    )


def _is_given(model_version_id: int) -> ColumnElement[bool]:
    """Say whether the version gave the label, or another that means the same."""
    label = headline_label.c
    return (
        select(literal(1))
        .where(
            label.headline_id == annotation_verdict.c.headline_id,
            label.model_version_id == model_version_id,
            label.served_by != HUMAN,
            case(ALIASES, value=label.label, else_=label.label)
            == annotation_verdict.c.label,
        )
        .exists()
    )
