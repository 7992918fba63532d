"""Which champion tags what: takeover, edits, rollback, retagging and undoing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from rocktag import amending
from rocktag.db import (
    Database,
    headlines,
    models,
    queue,
    run_metrics,
    runs,
    taggings,
    write_back,
)
from rocktag.db.run_metrics import LabelMetric
from rocktag.db.write_back import AssignedLabel
from rocktag.errors import UsageError
from rocktag.types import Headline
from tests.versions import invented_version

OLD, NEW = datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Model:
    """A model version and what a worker does with it; its label is its name's."""

    database: Database
    name: str
    key: int

    def promote(self) -> None:
        """Make it the champion."""
        with self.database.write() as connection:
            models.promote(connection, self.key, by="test", why="test")

    def enqueue(self) -> dict[str, int]:
        """Make pending what it is to tag; return how many have each status."""
        with self.database.write() as connection:
            while queue.enqueue(connection, self.key):
                pass
            return queue.count_by_status(connection, self.key)

    def claim(self, limit: int = 100) -> list[int]:
        """Take pending headlines; return their keys."""
        with self.database.write() as connection:
            claimed = taggings.claim(
                connection,
                self.key,
                claim_id=self.name,
                limit=limit,
                lease_seconds=600,
            )
        return [item.headline_id for item in claimed]

    def tag(self, limit: int = 100) -> int:
        """Tag pending headlines, and count them, in a run; return its key."""
        claimed = self.claim(limit)
        label = AssignedLabel(label=self.name, probability=0.9, threshold=0.5)
        metric = LabelMetric(label=self.name, headlines=len(claimed), assigned=1)
        with self.database.write() as connection:
            record = runs.start(connection, "tag")
            runs.set_model(connection, record.run_id, self.key, "micro")
            write_back.complete(
                connection,
                self.key,
                claim_id=self.name,
                run_id=record.run_id,
                labels={key: [label] for key in claimed},
            )
            run_metrics.record_label_metrics(connection, record.run_id, [metric])
            runs.finish(connection, record)
        return record.run_id

    def fail(self, headline_id: int) -> None:
        """Give up a headline that it holds."""
        with self.database.write() as connection:
            write_back.fail(
                connection,
                self.key,
                claim_id=self.name,
                run_id=runs.start(connection, "tag").run_id,
                errors={headline_id: "ValueError: broken"},
                maximum_attempts=1,
            )

    def statuses(self) -> dict[int, str]:
        """Return the status of each headline that it has met."""
        rows = _select(
            self.database,
            f"headline_id, status FROM tagging WHERE model_version_id = {self.key}",
        )
        return dict(rows)


def _select(database: Database, what: str) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(text(f"SELECT {what}"))]


def _store(database: Database, *numbers: int, title: str = "Ghost tour") -> None:
    """Store headlines; those of odd number are of long ago."""
    with database.write() as connection:
        headlines.store(
            connection,
            [
                Headline(
                    source="NME",
                    external_id=str(number),
                    title=title,
                    published_at=OLD if number % 2 else NEW,
                )
                for number in numbers
            ],
        )


def _shown(database: Database) -> dict[int, str]:
    """Return which version each headline shows; both views must agree on one."""
    shown = _select(database, "headline_id, model_version FROM tagged_headline")
    labels = _select(database, "DISTINCT headline_id, model_version FROM current_label")
    assert len(shown) == len(dict(shown))
    assert sorted(shown) == sorted(labels)
    return dict(shown)


@pytest.fixture
def first(database: Database) -> Model:
    """The champion, which has tagged headlines 1 to 4."""
    _store(database, 1, 2, 3, 4)
    model = _model(database, "first")
    model.promote()
    assert model.enqueue() == {"pending": 4}
    model.tag()
    return model


@pytest.fixture
def second(first: Model) -> Model:
    """A version that is to be the next champion."""
    return _model(first.database, "second")


def _model(database: Database, name: str) -> Model:
    facts = invented_version(name)
    with database.write() as connection:
        return Model(database, name, models.register(connection, facts))


def test_a_new_champion_takes_over_what_none_before_it_has_tagged(
    first: Model, second: Model
) -> None:
    _store(first.database, 5, 6, 7)
    first.enqueue()
    first.claim(1)
    first.fail(5)
    second.promote()
    _store(first.database, 8)
    assert second.enqueue() == {"pending": 4}
    assert second.statuses().keys() == {5, 6, 7, 8}  # one of them failed before
    second.tag()
    names = ["first"] * 4 + ["second"] * 4
    assert _shown(first.database) == dict(enumerate(names, start=1))


def test_an_edited_headline_is_the_champions_and_nobody_elses_who_never_met_it(
    first: Model, second: Model
) -> None:
    bystander = _model(first.database, "bystander")
    second.promote()
    second.enqueue()
    assert second.statuses() == {}
    _store(first.database, 2, title="Ghost album")
    assert second.statuses() == {2: "pending"}
    assert bystander.statuses() == {}
    assert _shown(first.database)[2] == "first"  # until the new one is written
    second.tag()
    assert _shown(first.database) == {1: "first", 2: "second", 3: "first", 4: "first"}


def test_after_a_rollback_the_earlier_champion_goes_on(
    first: Model, second: Model
) -> None:
    second.promote()
    _store(first.database, 5)
    second.enqueue()
    second.tag()
    _store(first.database, 6)
    second.enqueue()
    first.promote()
    assert first.enqueue() == {"done": 4, "pending": 1}
    assert first.statuses().keys() == {1, 2, 3, 4, 6}
    first.tag()
    assert _shown(first.database) == {
        5: "second",
        **dict.fromkeys((1, 2, 3, 4, 6), "first"),
    }


def test_throughout_a_retag_every_headline_shows_one_version(
    first: Model, second: Model
) -> None:
    second.promote()
    second.enqueue()
    shown = [_shown(first.database)]
    database = first.database
    assert amending.tag_again(database, "second", since=None, again=False) == 4
    assert amending.tag_again(database, "second", since=None, again=False) == 0
    for _ in range(4):
        second.tag(limit=1)
        shown.append(_shown(first.database))
    counts = [list(versions.values()).count("second") for versions in shown]
    assert counts == [0, 1, 2, 3, 4]
    assert {len(versions) for versions in shown} == {4}


def test_a_retag_may_begin_at_a_date_and_may_tag_once_more(
    first: Model, second: Model
) -> None:
    second.promote()
    database, since = first.database, NEW - timedelta(days=1)
    assert amending.tag_again(database, "second", since=since, again=False) == 2
    assert second.statuses() == {2: "pending", 4: "pending"}
    second.tag()
    assert amending.tag_again(database, "second", since=since, again=False) == 0
    assert amending.tag_again(database, "second", since=since, again=True) == 2
    assert _shown(database)[2] == "second"
    assert amending.tag_again(database, "second", since=None, again=True) == 2
    assert set(second.statuses().values()) == {"pending"}


def test_what_is_new_is_tagged_before_what_is_tagged_again(
    first: Model, second: Model
) -> None:
    second.promote()
    amending.tag_again(first.database, "second", since=None, again=False)
    _store(first.database, 5, 6)
    second.enqueue()
    _store(first.database, 3, title="Ghost album")
    assert second.claim(3) == [3, 5, 6]
    assert second.claim() == [1, 2, 4]


def test_an_undone_run_shows_what_the_champion_before_said_and_no_audit_counts_it(
    first: Model, second: Model
) -> None:
    database = first.database
    second.promote()
    _store(database, 5)
    second.enqueue()
    kept = second.tag()
    amending.tag_again(database, "second", since=None, again=False)
    undone = second.tag()
    assert amending.undo(database, undone) == 4
    assert _shown(database) == {5: "second", **dict.fromkeys((1, 2, 3, 4), "first")}
    assert second.enqueue() == {"done": 1, "undone": 4}
    assert _select(database, f"status FROM run WHERE id = {undone}") == [("undone",)]
    with database.read() as connection:
        day = timedelta(days=1)
        metrics = run_metrics.label_metrics_since(connection, second.key, day)
    assert [metric.headlines for metric in metrics] == [1]
    assert amending.undo(database, kept) == 1
    assert 5 not in _shown(database)
    assert amending.tag_again(database, "second", since=None, again=False) == 5
    second.tag()
    assert set(_shown(database).values()) == {"second"}


def test_only_a_tag_run_that_has_ended_can_be_undone(database: Database) -> None:
    with database.write() as connection:
        pull = runs.start(connection, "pull").run_id
        tag = runs.start(connection, "tag").run_id
    model = _model(database, "first")
    with database.write() as connection:
        runs.set_model(connection, tag, model.key, "micro")
    for run_id, reason in ((pull, "pull"), (tag, "still running"), (99, "no run 99")):
        with pytest.raises(UsageError, match=reason):
            amending.undo(database, run_id)


def test_a_run_whose_worker_was_killed_long_ago_can_be_undone(first: Model) -> None:
    database = first.database
    with database.write() as connection:
        lost = runs.start(connection, "tag", alive_seconds=-2).run_id
        runs.set_model(connection, lost, first.key, "micro")
    assert amending.undo(database, lost) == 0
    assert _select(database, f"status FROM run WHERE id = {lost}") == [("undone",)]
