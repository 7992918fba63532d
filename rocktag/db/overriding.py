"""Verdicts of people beside the labels of models, where the views read them.

`headline_label.verdict` says of a label that a version gave whether readers are to see
it; a label that only people give is a row of that version, served by `human`. Nothing
is compared when the views are read: where nobody has annotated they cost what they
did before there were verdicts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from sqlalchemy import Connection, and_, bindparam, delete, select, update

from rocktag.db.tables import headline_label, tagging
from rocktag.types import ALIASES, HUMAN, NO_TOPIC

Decided: TypeAlias = Mapping[str, bool]  # label to whether it applies, for people
_Tagged: TypeAlias = tuple[int, int]  # headline and version
# Headline, version and label: in this order rows are written, by whomever.
_RowKey: TypeAlias = tuple[int, int, str]
_Verdicts: TypeAlias = dict[_RowKey, bool | None]

_IS_ROW = and_(
    headline_label.c.headline_id == bindparam("of_headline"),
    headline_label.c.model_version_id == bindparam("of_version"),
    headline_label.c.label == bindparam("of_label"),
)


def override(
    connection: Connection,
    decided: Mapping[int, Decided],
    model_version_id: int | None = None,
) -> None:
    """Bring the rows of these headlines up to date, of each version that tagged them.

    What is right already is not written again.

    Args:
        connection: A write transaction that holds the lock against edits: shared where
            the version is given and its taggings are locked, else alone.
        decided: Headline to what people agree on, which may be nothing any more.
        model_version_id: The only version to look at, if it is not all.
    """
    if not decided:
        return
    run_of = _runs(connection, decided, model_version_id)
    given, of_people = _labels(connection, run_of)
    wanted = _wanted(run_of, given, decided)
    if stale := sorted(of_people - wanted.keys()):
        connection.execute(
            delete(headline_label).where(_IS_ROW), [_named(key) for key in stale]
        )
    changed = [
        _named(key) | {"of_people": verdict}
        for key, verdict in sorted(wanted.items())
        if key in given and given[key] != verdict
    ]
    if changed:
        connection.execute(
            update(headline_label)
            .where(_IS_ROW)
            .values(verdict=bindparam("of_people")),
            changed,
        )
    if added := sorted(wanted.keys() - given.keys() - of_people):
        connection.execute(
            headline_label.insert(),
            [_row_of_people(key, run_of[key[:2]]) for key in added],
        )


def overridden(given: Collection[str], decided: Decided) -> dict[str, bool | None]:
    """Return label to verdict, of a version's labels and of those only people give.

    None lets the version's label stand. A label with False is not shown: people deny
    it, or name it otherwise, or there is a topic beside `n/a`.

    Args:
        given: The labels that the version gave a headline.
        decided: What people agree on.

    >>> overridden(["tour", "vocalist"], {"singer": True})
    {'tour': None, 'vocalist': False, 'singer': True}
    >>> overridden(["tour"], {"tour": False})
    {'tour': False, 'n/a': True}
    """
    if not decided:
        return dict.fromkeys(given)
    said = {label: applies for label, applies in decided.items() if label != NO_TOPIC}
    verdicts: dict[str, bool | None] = {
        label: said.get(label, False) if ALIASES.get(label, label) in said else None
        for label in given
        if label != NO_TOPIC
    }
    verdicts |= {label: True for label, applies in said.items() if applies}
    if any(verdict is not False for verdict in verdicts.values()):
        return verdicts | ({NO_TOPIC: False} if NO_TOPIC in given else {})
    by_people = NO_TOPIC not in given or decided.get(NO_TOPIC, False)
    return verdicts | {NO_TOPIC: True if by_people else None}


def _wanted(
    tagged: Collection[_Tagged], given: _Verdicts, decided: Mapping[int, Decided]
) -> _Verdicts:
    """Return the verdicts that there should be, with the rows that only people give."""
    labels: dict[_Tagged, list[str]] = {key: [] for key in tagged}
    for headline_id, version, label in given:
        labels[headline_id, version].append(label)
    return {
        (headline_id, version, label): verdict
        for (headline_id, version), of_version in labels.items()
        for label, verdict in overridden(of_version, decided[headline_id]).items()
    }


def _runs(
    connection: Connection, headline_ids: Collection[int], model_version_id: int | None
) -> dict[_Tagged, int]:
    """Return the run that tagged each headline, by each version or by one."""
    tagged = tagging.c
    rows = connection.execute(
        select(tagged.headline_id, tagged.model_version_id, tagged.run_id).where(
            tagged.headline_id.in_(headline_ids), tagged.tagged_at.is_not(None)
        )
    )
    # All versions are read and one is chosen here: a headline has few, and PostgreSQL,
    # on a table without statistics, would read all that a version gave.
    return {
        (row.headline_id, row.model_version_id): row.run_id
        for row in rows
        if model_version_id in (None, row.model_version_id)
    }


def _labels(
    connection: Connection, tagged: Collection[_Tagged]
) -> tuple[_Verdicts, set[_RowKey]]:
    """Return the labels that versions gave, with their verdicts, and people's rows."""
    label = headline_label.c
    rows = connection.execute(
        select(
            label.headline_id,
            label.model_version_id,
            label.label,
            label.served_by,
            label.verdict,
        ).where(label.headline_id.in_({headline_id for headline_id, _ in tagged}))
    )
    given: _Verdicts = {}
    of_people = set()
    for row in rows:
        key = (row.headline_id, row.model_version_id, row.label)
        if key[:2] not in tagged:
            continue
        if row.served_by == HUMAN:
            of_people.add(key)
        else:
            given[key] = row.verdict
    return given, of_people


def _named(key: _RowKey) -> dict[str, Any]:
    return dict(zip(("of_headline", "of_version", "of_label"), key, strict=True))


def _row_of_people(key: _RowKey, run_id: int) -> dict[str, Any]:
    """Return a label that only people give; it goes when the run is undone."""
    headline_id, model_version_id, label = key
    return {
        "headline_id": headline_id,
        "model_version_id": model_version_id,
        "label": label,
        "probability": None,
        "threshold": None,
        "run_id": run_id,
        "served_by": HUMAN,
        "verdict": True,
    }
