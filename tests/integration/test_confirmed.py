"""What people say of tags: counted once a headline, while it has the title read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update

from rocktag.db import Database, headlines, models, run_metrics, runs
from rocktag.db.confirmed import Confirmed, confirmed
from rocktag.db.run_metrics import LabelMetric
from rocktag.db.tables import (
    annotation,
    annotation_verdict,
    headline,
    headline_label,
    run_label_metric,
    tagging,
)
from rocktag.types import Headline
from tests.versions import invented_version

WINTER = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
SPRING = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)
GIVEN = {
    1: ("tour", "announce"),
    2: ("tour",),
    3: ("vocalist", "singer"),
    4: ("tour",),
    5: ("n/a",),
}
SAID: tuple[tuple[int, str, bool | None, datetime], ...] = (
    (1, "tour", True, WINTER),
    (1, "announce", False, WINTER),
    (1, "album", True, WINTER),  # missed: nothing was shown
    (2, "tour", False, SPRING),
    (2, "festival", True, SPRING),
    (3, "singer", True, SPRING),  # two of the model's labels, one of people's
    (4, "tour", None, SPRING),  # people differ
    (5, "n/a", True, SPRING),
)


@pytest.fixture
def version(database: Database) -> int:
    """A version that has tagged five headlines, of which people say something."""
    with database.write() as connection:
        stored = [
            Headline(source="s", external_id=str(key), title=f"Headline {key}")
            for key in GIVEN
        ]
        headlines.store(connection, stored)
        key = models.register(connection, invented_version())
        run_id = runs.start(connection, "tag", tick=None, alive_seconds=60).run_id
        known = connection.execute(select(headline)).all()
        hashes = {row.external_id: row.title_hash for row in known}
        keys = {row.external_id: row.id for row in known}
        rows: list[dict[str, Any]] = [
            {
                "headline_id": keys[str(number)],
                "model_version_id": key,
                "status": "done",
                "attempt": 1,
                "title_hash": hashes[str(number)],
                "tagged_at": WINTER,
                "run_id": run_id,
            }
            for number in GIVEN
        ]
        connection.execute(insert(tagging), rows)
        labels: Iterable[dict[str, Any]] = (
            {
                "headline_id": keys[str(number)],
                "model_version_id": key,
                "label": label,
                "probability": 0.9,
                "threshold": 0.5,
                "run_id": run_id,
            }
            for number, given in GIVEN.items()
            for label in given
        )
        connection.execute(insert(headline_label), list(labels))
        of_people = {
            "headline_id": keys["1"],
            "model_version_id": key,
            "label": "album",  # the version did not give it
            "run_id": run_id,
            "served_by": "human",
            "verdict": True,
        }
        connection.execute(insert(headline_label), of_people)
        verdicts = [
            {
                "headline_id": keys[str(number)],
                "label": label,
                "present": present,
                "annotators": 2,
                "annotated_at": at,
            }
            for number, label, present, at in SAID
        ]
        connection.execute(insert(annotation_verdict), verdicts)
        by_chance = [
            {
                "headline_id": keys[str(number)],
                "label": "tour",
                "present": True,
                "annotator": "reader",
                "annotated_at": WINTER,
                "reason": reason,
                "title_hash": hashes[str(number)],
            }
            for number, reason in ((1, "random"), (2, "uncertain"), (3, "random"))
        ]
        connection.execute(insert(annotation), by_chance)
    return key


def test_what_was_shown_and_read_is_counted_by_label(
    database: Database, version: int
) -> None:
    with database.read() as connection:
        assert confirmed(connection, version) == [
            Confirmed("album", present=1, found=0),  # by chance, and missed
            Confirmed("announce", 1, 0),
            Confirmed("n/a", 1, 1),
            Confirmed("singer", 1, 1, 1, 1),
            Confirmed("tour", 2, 1, 1, 1),
        ]
        of_late = confirmed(connection, version, since=SPRING)
        assert of_late == [
            Confirmed("n/a", 1, 1),
            Confirmed("singer", 1, 1, 1, 1),
            Confirmed("tour", 1, 0),
        ]
        assert confirmed(connection, version + 1) == []


def test_a_headline_that_was_edited_since_says_nothing(
    database: Database, version: int
) -> None:
    with database.write() as connection:
        connection.execute(update(headline).values(title_hash="0" * 64))
        assert confirmed(connection, version) == []


def test_the_view_has_each_month_and_version(database: Database, version: int) -> None:
    query = "SELECT * FROM label_precision_by_month ORDER BY month, label"
    with database.read() as connection:
        rows = [tuple(row) for row in connection.execute(text(query))]
    name = invented_version().name
    assert [(*row[:5], float(row[5])) for row in rows] == [
        ("2026-01", name, "announce", 1, 0, 0.0),
        ("2026-01", name, "tour", 1, 1, 1.0),
        ("2026-04", name, "n/a", 1, 1, 1.0),
        ("2026-04", name, "singer", 1, 1, 1.0),
        ("2026-04", name, "tour", 1, 0, 0.0),
    ]


def test_what_an_audit_found_is_kept(database: Database) -> None:
    metric = LabelMetric(
        label="tour", headlines=0, assigned=0, human_read=4, human_right=3
    )
    with database.write() as connection:
        run_id = runs.start(connection, "audit", tick=None, alive_seconds=60).run_id
        run_metrics.record_label_metrics(connection, run_id, [metric])
        row = connection.execute(select(run_label_metric)).one()
    assert (row.human_read, row.human_right, row.rate) == (4, 3, 0)
