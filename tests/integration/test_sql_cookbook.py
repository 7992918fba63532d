"""Every query of docs/sql.md, on every database, against the same facts in Python."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from sqlalchemy import Connection, select

from jobs import JOBS
from rocktag.amending import tag_again
from rocktag.artifact import Published, publish
from rocktag.auditing import Tally, judge
from rocktag.config import Settings
from rocktag.corpus import gather
from rocktag.db import Database, models
from rocktag.db.annotations import Reading, append
from rocktag.db.run_metrics import LabelMetric
from rocktag.db.tables import headline, metadata
from rocktag.feeds import to_headline
from rocktag.ingest import store_rows
from rocktag.labeling import keyword_rules
from rocktag.recording import recorded_run
from rocktag.running import run_job
from rocktag.runtime import Runtime, version_facts
from rocktag.sampling import sample
from rocktag.tagging import Tagger, open_tagger
from rocktag.training import Trained, train
from rocktag.types import Headline, Probabilities, Rejection, Targets
from tests.once import Once

COOKBOOK = Path(__file__).parents[2] / "docs" / "sql.md"
VIEWS = {
    "annotation_conflict",
    "champion",
    "current_annotation",
    "current_label",
    "current_tagging",
    "human_label",
    "label_by_day",
    "label_precision_by_month",
    "open_alert",
    "reign",
    "run_summary",
    "tagged_headline",
    "utc_day",
}
TOUR = "Iron Lanterns announce arena tour"
ALBUM = "Paper Moons announce new album"
UNREADABLE = "A title that no model can read"
EDITED = "Paper Moons cancel everything"
DAY = timedelta(days=1)
UNDATED = "Undated Foxes announce tour"
TWICE_READ = "Velvet Foxes cancel festival"
SAID: Mapping[str, Mapping[str, Mapping[str, bool]]] = {  # by title and annotator
    TOUR: {
        "ada": {"tour": True, "album": False},
        "grace": {"tour": True, "announce": True},
    },
    UNDATED: {"ada": {"tour": False, "singer": True, "announce": True}},
    TWICE_READ: {"ada": {"festival": True}, "grace": {"festival": False}},
}

Row: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, str]  # source and external_id
Feed: TypeAlias = Sequence[Headline]
State: TypeAlias = Mapping[Key, Headline]
Labels: TypeAlias = dict[str, tuple[float, float]]  # label to probability, threshold


@dataclass(frozen=True, slots=True)
class World:
    """What a database answers, and what Python knows of the same headlines.

    Attributes:
        today: The midnight that began the day.
        headlines: Key to headline, as they stand now.
        tags: Model version to headline key to labels.
        judged: The last audit, computed without the database.
        rule_labels: What the rules serve of the champion's labels.
        first: The champion before.
        second: The champion.
        answers: Question to rows.
        columns: View or table to its columns.
        unchanged: Whether all tables were the same before and after the questions.
    """

    today: datetime
    headlines: dict[int, Headline]
    tags: dict[str, dict[int, Labels]]
    judged: list[LabelMetric]
    rule_labels: tuple[str, ...]
    first: str
    second: str
    answers: dict[str, list[Row]]
    columns: dict[str, list[str]]
    unchanged: bool

    @property
    def current(self) -> dict[int, Labels]:
        """The champion's tags."""
        return self.tags[self.second]

    def key_of(self, title: str) -> int:
        """Return the key of the only headline with a title."""
        [key] = [key for key, item in self.headlines.items() if item.title == title]
        return key

    def decided(self) -> dict[tuple[int, str], bool]:
        """Return what people say of the headlines' labels, where they agree."""
        found: dict[tuple[int, str], set[bool]] = {}
        for title, by_annotator in SAID.items():
            for said in by_annotator.values():
                for label, present in said.items():
                    found.setdefault((self.key_of(title), label), set()).add(present)
        return {what: words.pop() for what, words in found.items() if len(words) == 1}

    def published(self, start: int, end: int) -> set[int]:
        """Return the tagged headlines of the days from start to before end."""
        low, high = self.today + start * DAY, self.today + end * DAY
        dates = {key: self.headlines[key].published_at for key in self.current}
        return {key for key, moment in dates.items() if moment and low <= moment < high}

    def counts(self, keys: Iterable[int]) -> Counter[str]:
        """Return how many of the headlines carry each label."""
        return Counter(label for key in keys for label in self.current[key])


def questions() -> dict[str, list[str]]:
    """Return each question of the cookbook with its SQL blocks."""
    _, *sections = re.split(r"^### ", COOKBOOK.read_text("utf-8"), flags=re.MULTILINE)
    return {
        section.partition("\n")[0]: re.findall(r"```sql\n(.*?)```", section, re.DOTALL)
        for section in sections
    }


def documented_columns() -> dict[str, list[str]]:
    """Return the columns of each view and table as the cookbook lists them."""
    rows = re.findall(
        r"^\| `(\w+)` \|[^|]*\|(.*)\|$", COOKBOOK.read_text("utf-8"), re.MULTILINE
    )
    return {name: re.findall(r"`(\w+)`", columns) for name, columns in rows}


# The world: two models, edits, a failure, a rejection, a drift.


@pytest.fixture(scope="module")
def challenger(once: Once) -> Trained:
    """A worse model of another kind, so that changing to it changes labels."""
    titles = (item.title for item in sample(1_500, seed=2))
    settings = Settings.model_validate(
        {"train": {"classifier": "logistic-regression", "rules_below": 20}}
    )
    corpus = gather(titles, "invented")
    return once.trained(
        "challenger", lambda: train(corpus, keyword_rules(), settings, lambda *_: None)
    )


@pytest.fixture(scope="module")
def worlds() -> dict[str, World]:
    """The worlds that were built already: one a database, for all questions."""
    return {}


@pytest.fixture
def world(
    backend: str,
    worlds: dict[str, World],
    challenger: Trained,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> World:
    """The world on one database."""
    if backend not in worlds:
        database = request.getfixturevalue("database")
        models_dir = request.getfixturevalue("models_dir")
        first = request.getfixturevalue("published")
        second = publish(models_dir, challenger.draft, training_seconds=1.0)
        monkeypatch.setattr(Tagger, "tag", _stumbling(Tagger.tag))
        settings = Settings.model_validate({"models_dir": models_dir})
        worlds[backend] = _build(Runtime(settings, database), first, second)
    return worlds[backend]


def _stumbling(
    tag: Callable[[Tagger, Sequence[str]], tuple[Probabilities, Targets]],
) -> Callable[[Tagger, Sequence[str]], tuple[Probabilities, Targets]]:
    def stumble(tagger: Tagger, titles: Sequence[str]) -> tuple[Probabilities, Targets]:
        if UNREADABLE in titles:
            raise ValueError("no such letter")
        return tag(tagger, titles)

    return stumble


def _build(runtime: Runtime, first: Published, second: Published) -> World:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    database = runtime.database
    early, between, late = _early(today), _between(today), _late(today)
    assert run_job("tag", JOBS["tag"], runtime)  # fails: there is no champion yet
    rejection = to_headline(
        {"source": "riffline"}, origin="march.csv", line=214, default_source="march"
    )
    _ingest(database, "march.csv", [*early, rejection])
    _promote(database, first, by="ada", why="the first one")
    assert run_job("tag", JOBS["tag"], runtime) is None
    _ingest(database, "april.csv", between)
    _promote(database, second, by="grace", why="a trial")
    tag_again(database, second.manifest.name, since=None, again=False)
    assert run_job("tag", JOBS["tag"], runtime) is None
    assert run_job("audit", JOBS["audit"], runtime) is None
    _ingest(database, "may.csv", late)
    _analyze(database)
    before = _contents(database)
    answers, columns = _ask(database)
    unchanged = _contents(database) == before
    answers |= _ask_of_people(database)
    if datetime.now(UTC) >= today + DAY:
        pytest.skip("midnight passed between building the world and asking")
    ids = _ids(database)
    then, now = _state(early), _state(early, between)
    readable = {key: item for key, item in now.items() if item.title != UNREADABLE}
    states = {first.manifest.name: then, second.manifest.name: readable}
    taggers = {
        name: open_tagger(runtime.settings.models_dir, name, "micro") for name in states
    }
    return World(
        today=today,
        headlines={
            ids[key]: item for key, item in _state(early, between, late).items()
        },
        tags={name: _tags(taggers[name], state, ids) for name, state in states.items()},
        judged=_audit(taggers[second.manifest.name], readable, runtime.settings),
        rule_labels=second.manifest.rule_labels,
        first=first.manifest.name,
        second=second.manifest.name,
        answers=answers,
        columns=columns,
        unchanged=unchanged,
    )


def _analyze(database: Database) -> None:
    """Do what PostgreSQL's autovacuum does after a minute: without it plans are bad."""
    if database.backend == "postgresql":
        with database.write() as connection:
            connection.exec_driver_sql("ANALYZE")


def _early(today: datetime) -> Feed:
    """Headlines of forty days, today among them, and some to ask for by name."""
    invented = [
        Headline(
            source=item.source,
            external_id=item.external_id,
            title=item.title,
            url=item.url,
            published_at=today - (index % 40) * DAY + timedelta(hours=index * 7 % 24),
        )
        for index, item in enumerate(sample(300, seed=5))
    ]
    return [
        *invented,
        _headline("tour", TOUR, today - DAY),
        _headline("lower", "No reason for a tour, say IRON LANTERNS", today),
        _headline("album", ALBUM, today - DAY / 2),
        _headline("undated", UNDATED, None),
        _headline("first edit", "Velvet Foxes release a new single", today - 2 * DAY),
    ]


def _between(today: datetime) -> Feed:
    """An edit, a title that fails, and far more drummers than usual."""
    drummers = [
        _headline(
            f"drummer {index}",
            f"Drummer of The Paper Moons dies at {index + 20}",
            today - (1 + index % 7) * DAY,
        )
        for index in range(70)
    ]
    return [
        *drummers,
        _headline("unreadable", UNREADABLE, today - DAY),
        _headline("first edit", TWICE_READ, today - 2 * DAY),
    ]


def _late(today: datetime) -> Feed:
    """What came in after the last tagging: another edit, and two new ones."""
    return [
        _headline("album", EDITED, today - DAY / 2),
        _headline("late 1", "Static Owls release album", today - DAY),
        _headline("late 2", "Static Owls announce tour", today),
    ]


def _headline(name: str, title: str, published_at: datetime | None) -> Headline:
    return Headline(
        source="gatefold", external_id=name, title=title, published_at=published_at
    )


def _state(*feeds: Feed) -> dict[Key, Headline]:
    return {(item.source, item.external_id): item for feed in feeds for item in feed}


def _ingest(
    database: Database, origin: str, rows: Iterable[Headline | Rejection]
) -> None:
    with recorded_run(database, "ingest") as record:
        store_rows(database, rows, origin=origin, batch_size=500, record=record)


def _promote(database: Database, published: Published, *, by: str, why: str) -> None:
    facts = version_facts(published.manifest, published.manifest_sha256)
    with database.write() as connection:
        version = models.register(connection, facts)
        models.promote(connection, version, by=by, why=why)


def _ids(database: Database) -> dict[Key, int]:
    columns = headline.c
    with database.read() as connection:
        rows = connection.execute(
            select(columns.source, columns.external_id, columns.id)
        )
        return {(row.source, row.external_id): row.id for row in rows}


def _tags(tagger: Tagger, state: State, ids: dict[Key, int]) -> dict[int, Labels]:
    probabilities, decided = tagger.tag([item.title for item in state.values()])
    return {
        ids[key]: {
            tagger.labels[column]: (
                float(probabilities[row, column]),
                float(tagger.thresholds[column]),
            )
            for column in np.flatnonzero(decided[row])
        }
        for row, key in enumerate(state)
    }


def _audit(tagger: Tagger, state: State, settings: Settings) -> list[LabelMetric]:
    titles = [item.title for item in state.values()]
    manifest = tagger.artifact.manifest
    tally = Tally(manifest)
    by_rules = keyword_rules().label_matrix(titles, tagger.labels)
    tally.add(*tagger.tag(titles), by_rules)
    return judge(tally.label_metrics(), manifest, tagger.policy, settings.audit)


# Asking.


def _ask(database: Database) -> tuple[dict[str, list[Row]], dict[str, list[str]]]:
    with database.read() as connection:
        _move_far_away(connection)
        answers = {
            question: _rows(connection, sql) for question, [sql] in questions().items()
        }
        columns = {
            name: list(_execute(connection, f"SELECT * FROM {name}").keys())
            for name in [*VIEWS, *metadata.tables]
        }
        return answers, columns


def _ask_of_people(database: Database) -> dict[str, list[Row]]:
    """Let people speak, which changes what the views show, and ask about them."""
    with database.write() as connection:
        rows = connection.execute(select(headline.c.id, headline.c.title))
        keys = {row.title: row.id for row in rows}
        for title, by_annotator in SAID.items():
            for annotator, said in by_annotator.items():
                append(connection, [Reading(keys[title], title, said)], annotator)
    before = _contents(database)
    answers, _ = _ask(database)
    assert _contents(database) == before
    return {question: answers[question] for question in OF_PEOPLE}


def _move_far_away(connection: Connection) -> None:
    """Give the session what may be set for an analyst: a time zone, a strict mode."""
    match connection.dialect.name:
        case "postgresql":
            connection.exec_driver_sql("SET LOCAL TIME ZONE 'Asia/Tokyo'")
        case "mysql":
            # The mode is MySQL's default, but not MariaDB's.
            connection.exec_driver_sql(
                "SET SESSION time_zone = '+09:00',"
                " sql_mode = CONCAT(@@sql_mode, ',ONLY_FULL_GROUP_BY')"
            )


def _contents(database: Database) -> dict[str, list[str]]:
    with database.read() as connection:
        return {
            name: sorted(map(str, connection.execute(select(table))))
            for name, table in metadata.tables.items()
        }


def _execute(connection: Connection, sql: str) -> Any:
    # As a client would: a driver given parameters, even none, would read % as one.
    return connection.execution_options(no_parameters=True).exec_driver_sql(sql)


def _rows(connection: Connection, sql: str) -> list[Row]:
    rows = _execute(connection, sql).mappings()
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    """Return what the three drivers give for one value as the same value."""
    match value:
        case Decimal():
            return float(value)
        case datetime():
            return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        case date():
            return value.isoformat()
        case str() if re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", value):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        case _:
            return value


# What is true of the answers.


def joined(labels: Iterable[str]) -> str:
    """Return labels as `tagged_headline` shows them."""
    return ";".join(sorted(labels))


def keys(rows: Iterable[Row]) -> list[int]:
    """Return the headline keys of the rows."""
    return [row["headline_id"] for row in rows]


def values(rows: Iterable[Row], *names: str) -> list[tuple[Any, ...]]:
    """Return some columns of the rows."""
    return [tuple(row[name] for name in names) for row in rows]


def yesterday_is_one_row_a_headline_newest_first(rows: list[Row], world: World) -> None:
    expected = [
        (item.published_at, item.source, item.title, joined(world.current[key]))
        for key, item in world.headlines.items()
        if key in world.published(-1, 0)
    ]
    found = values(rows, "published_at", "source", "title", "labels")
    assert sorted(found) == sorted(expected)
    assert TOUR in {row["title"] for row in rows}  # published at the very midnight
    moments = [row["published_at"] for row in rows]
    assert moments == sorted(moments, reverse=True)


def every_topic_is_counted(rows: list[Row], world: World) -> None:
    expected = world.counts(world.current)
    assert dict(values(rows, "label", "headlines")) == expected
    assert [row["headlines"] for row in rows] == sorted(expected.values(), reverse=True)
    for row in rows:
        exact = 100 * row["headlines"] / len(world.current)
        assert row["percent"] == pytest.approx(exact, abs=0.051)


def weeks_begin_on_monday_in_utc(rows: list[Row], world: World) -> None:
    expected: Counter[tuple[str, str, str]] = Counter()
    for key, labels in world.current.items():
        moment = world.headlines[key].published_at
        if moment is None:
            continue
        week = (moment - moment.weekday() * DAY).date().isoformat()
        for label in labels.keys() - {"n/a"}:
            expected[week, world.headlines[key].source, label] += 1
    found = {(row["week"], row["source"], row["label"]): row for row in rows}
    assert {key: row["headlines"] for key, row in found.items()} == expected
    weeks = [row["week"] for row in rows]
    assert weeks == sorted(weeks, reverse=True)
    assert len(set(weeks)) > 4


def three_topics_lead_each_source(rows: list[Row], world: World) -> None:
    sources = {item.source for item in world.headlines.values()}
    for source in sources:
        own = [key for key in world.current if world.headlines[key].source == source]
        counted = world.counts(own)
        del counted["n/a"]
        leading = sorted(counted.items(), key=lambda entry: (-entry[1], entry[0]))[:3]
        mine = [row for row in rows if row["source"] == source]
        assert values(mine, "label", "headlines") == leading
        assert [row["place"] for row in mine] == [1, 2, 3][: len(mine)]
        for row in mine:
            exact = 100 * row["headlines"] / len(own)
            assert row["percent"] == pytest.approx(exact, abs=0.051)


def exactly_those_with_both_topics_are_listed(rows: list[Row], world: World) -> None:
    both = {
        key
        for key, labels in world.current.items()
        if {"album", "announce"} <= {*labels}
    }
    assert keys(rows) == sorted(both, reverse=True)
    assert both
    assert all({"album", "announce"} <= {*row["labels"].split(";")} for row in rows)


def each_pair_is_counted_once(rows: list[Row], world: World) -> None:
    expected = Counter(
        pair
        for labels in world.current.values()
        for pair in combinations(sorted(labels), 2)
    )
    found = {(row["label"], row["other_label"]): row["headlines"] for row in rows}
    assert len(found) == len(rows)
    assert found == expected
    assert rows[0]["headlines"] == max(expected.values())


def two_weeks_stand_side_by_side(rows: list[Row], world: World) -> None:
    last = world.counts(world.published(-7, 0))
    before = world.counts(world.published(-14, -7))
    expected = {
        (label, last[label], before[label], last[label] - before[label])
        for label in last | before
    }
    found = values(rows, "label", "last_week", "week_before", "difference")
    assert set(found) == expected
    assert {row["label"] for row in rows[:2]} == {"death", "drummer"}  # as was built


def headlines_without_topic_are_listed(rows: list[Row], world: World) -> None:
    without = [key for key, labels in world.current.items() if {*labels} == {"n/a"}]
    assert keys(rows) == sorted(without, reverse=True)[:100]
    assert rows


def topics_are_counted_without_na(rows: list[Row], world: World) -> None:
    sizes = Counter(len(labels.keys() - {"n/a"}) for labels in world.current.values())
    assert dict(values(rows, "topics", "headlines")) == sizes
    assert {0, 1, 2} <= {*sizes}


def the_search_is_within_the_topic_and_minds_no_capitals(
    rows: list[Row], world: World
) -> None:
    expected = [
        key
        for key, labels in world.current.items()
        if "tour" in labels and "lanterns" in world.headlines[key].title.lower()
    ]
    assert keys(rows) == sorted(expected, reverse=True)
    assert {row["title"] for row in rows} >= {TOUR, world.headlines[expected[-1]].title}
    assert len(expected) == 2


def the_first_of_each_topic_is_named(rows: list[Row], world: World) -> None:
    firsts: dict[str, tuple[datetime, int]] = {}
    for key in world.published(-1, 0):
        moment = world.headlines[key].published_at
        assert moment is not None
        for label in world.current[key].keys() - {"n/a"}:
            firsts[label] = min(firsts.get(label, (moment, key)), (moment, key))
    assert values(rows, "label", "published_at", "title") == [
        (label, moment, world.headlines[key].title)
        for label, (moment, key) in sorted(firsts.items())
    ]
    assert firsts


def thirty_days_are_all_there(rows: list[Row], world: World) -> None:
    assert keys(rows) == sorted(world.published(-30, 1))
    assert len(rows) < len(world.current)
    for row in rows:
        item = world.headlines[row["headline_id"]]
        assert (row["external_id"], row["url"]) == (item.external_id, item.url)
        assert row["labels"] == joined(world.current[row["headline_id"]])


def each_model_is_shown_with_its_probabilities(rows: list[Row], world: World) -> None:
    key = world.key_of(TOUR)
    found = values(rows, "model_version", "label")
    assert found == [
        (name, label)
        for name in (world.first, world.second)
        for label in sorted(world.tags[name][key])
    ]
    for row in rows:
        expected = world.tags[row["model_version"]][key][row["label"]]
        assert (row["probability"], row["threshold"]) == pytest.approx(expected)
        assert row["tagged_at"] >= world.today


def the_smallest_margins_come_first(rows: list[Row], world: World) -> None:
    margins = sorted(
        probability - threshold
        for labels in world.current.values()
        for label, (probability, threshold) in labels.items()
        if label != "n/a"
    )
    found = [row["margin"] for row in rows]
    assert found == pytest.approx(margins[:20])
    assert found == sorted(found)
    assert all(0 <= margin < 1 for margin in found)


def labels_by_the_rules_are_counted(rows: list[Row], world: World) -> None:
    counted = world.counts(world.current)
    expected = {label: counted[label] for label in world.rule_labels if counted[label]}
    assert dict(values(rows, "label", "headlines")) == expected
    assert 1 < len(expected) < len(counted) - 1
    assert [row["headlines"] for row in rows] == sorted(expected.values(), reverse=True)


def exactly_the_changed_labels_are_listed(rows: list[Row], world: World) -> None:
    old, new = world.tags[world.first], world.tags[world.second]
    # The one that was edited between the two taggings is not compared.
    compared = (old.keys() & new.keys()) - {
        world.key_of("Velvet Foxes cancel festival")
    }
    added = {
        (key, "added", label) for key in compared for label in {*new[key]} - {*old[key]}
    }
    removed = {
        (key, "removed", label)
        for key in compared
        for label in {*old[key]} - {*new[key]}
    }
    assert values(rows, "headline_id", "what", "label") == sorted(added | removed)
    assert added
    assert removed


def champions_are_listed_with_who_and_why(rows: list[Row], world: World) -> None:
    assert values(rows, "model_version", "changed_by", "reason") == [
        (world.second, "grace", "a trial"),
        (world.first, "ada", "the first one"),
    ]
    assert rows[0]["changed_at"] > rows[1]["changed_at"]


def models_are_listed_the_best_first(rows: list[Row], world: World) -> None:
    champions = {world.second: "yes", world.first: "no"}
    assert dict(values(rows, "model_version", "is_champion")) == champions
    assert rows[0]["micro_f1"] > rows[1]["micro_f1"] > 0.5


def every_headline_stands_somewhere(rows: list[Row], world: World) -> None:
    names = ("model_version", "tagged", "waiting", "failed", "not_queued")
    total, old = len(world.headlines), len(world.tags[world.first])
    second = (world.second, len(world.current) - 1, 1, 1, 2)
    first = (world.first, old - 2, 2, 0, total - old)
    assert values(rows, *names) == [second, first]
    assert sum(second[1:]) == sum(first[1:]) == total


def each_job_has_a_last_success(rows: list[Row], world: World) -> None:
    expected = [("audit", 1), ("ingest", 3), ("tag", 2)]
    assert values(rows, "job", "successes") == expected
    assert all(row["last_success"] >= world.today for row in rows)


def the_last_runs_are_told(rows: list[Row], world: World) -> None:
    jobs = ["tag", "ingest", "tag", "ingest", "tag", "audit", "ingest"]
    assert [row["job"] for row in reversed(rows)] == jobs
    tagged = rows[2]
    without = sum("n/a" in labels for labels in world.current.values())
    assert (tagged["done"], tagged["without_topic"]) == (len(world.current), without)
    assert tagged["failed"] == 3  # tries
    assert tagged["headlines_per_second"] > 0
    assert 0 < tagged["seconds"] < 60
    assert rows[-2]["failed"] == 1  # the row that was rejected


def the_failed_run_says_why(rows: list[Row], world: World) -> None:
    [row] = rows
    assert (row["job"], row["status"]) == ("tag", "failed")
    assert "no champion" in row["error"]
    assert row["started_at"] >= world.today


def the_failed_headline_says_why(rows: list[Row], world: World) -> None:
    [row] = rows
    assert row["headline_id"] == world.key_of(UNREADABLE)
    assert row["model_version"] == world.second
    assert (row["status"], row["attempts"]) == ("failed", 3)
    assert row["error"] == "ValueError: no such letter"


def the_rejected_row_says_where_and_why(rows: list[Row], world: World) -> None:
    names = ("origin", "line", "reason", "excerpt")
    assert values(rows, *names) == [("march.csv", 214, "no title", "riffline")]


def the_edited_headline_waits(rows: list[Row], world: World) -> None:
    [row] = rows
    assert row["headline_id"] == world.key_of(EDITED)
    assert row["changed_at"] > row["tagged_at"]


def exactly_the_drifted_labels_are_listed(rows: list[Row], world: World) -> None:
    drifted = {metric.label: metric for metric in world.judged if metric.drifted}
    assert {row["label"] for row in rows} == {*drifted} >= {"death", "drummer"}
    assert len(drifted) < len(world.judged)
    for row in rows:
        metric = drifted[row["label"]]
        assert row["rate"] == pytest.approx(metric.rate)
        assert row["expected_rate"] == pytest.approx(metric.expected_rate)
        assert row["psi"] == pytest.approx(metric.psi)


def the_least_agreement_comes_first(rows: list[Row], world: World) -> None:
    agreement = {metric.label: metric.rule_agreement for metric in world.judged}
    found = [row["rule_agreement"] for row in rows]
    least = sorted(share for share in agreement.values() if share is not None)[:10]
    assert found == pytest.approx(least)
    assert found[0] < 1
    for row in rows:
        assert row["rule_agreement"] == pytest.approx(agreement[row["label"]])


def what_people_agree_on_is_listed(rows: list[Row], world: World) -> None:
    found = {(row["headline_id"], row["label"]): bool(row["present"]) for row in rows}
    assert found == world.decided()
    annotators = {(row["title"], row["label"]): row["annotators"] for row in rows}
    assert (annotators[TOUR, "tour"], annotators[TOUR, "album"]) == (2, 1)
    assert keys(rows) == sorted(keys(rows), reverse=True)


def what_people_say_and_the_model_did_not_is_listed(
    rows: list[Row], world: World
) -> None:
    found = {(row["headline_id"], row["label"]): bool(row["present"]) for row in rows}
    assert found == {
        (key, label): present
        for (key, label), present in world.decided().items()
        if present is not (label in world.current[key])
    }
    undated = world.key_of(UNDATED)
    assert (found[undated, "tour"], found[undated, "singer"]) == (False, True)
    assert (world.key_of(TOUR), "tour") not in found


def the_label_on_which_people_are_tied_is_listed(rows: list[Row], world: World) -> None:
    [row] = rows
    assert (row["headline_id"], row["label"]) == (world.key_of(TWICE_READ), "festival")
    assert (row["saying_present"], row["saying_absent"]) == (1, 1)


def each_annotator_has_a_count(rows: list[Row], world: World) -> None:
    for row in rows:
        own = [
            said[row["annotator"]] for said in SAID.values() if row["annotator"] in said
        ]
        assert row["headlines"] == len(own)
        assert row["labels"] == sum(map(len, own))
        assert row["labels_present"] == sum(sum(said.values()) for said in own)
        assert world.today <= row["last_at"] < world.today + DAY
    assert [row["annotator"] for row in rows] == ["ada", "grace"]


def each_version_is_as_right_as_people_say(rows: list[Row], world: World) -> None:
    expected = {}
    for version, tags in world.tags.items():
        verdicts = [
            present
            for (key, label), present in world.decided().items()
            if label in tags.get(key, ())
        ]
        expected[version] = (len(verdicts), sum(verdicts))
    assert {
        row["model_version"]: (row["tags_read"], row["tags_right"]) for row in rows
    } == expected
    assert {row["month"] for row in rows} == {f"{world.today:%Y-%m}"}
    for row in rows:
        share = 100 * row["tags_right"] / row["tags_read"]
        assert float(row["percent"]) == pytest.approx(share, abs=0.051)
        assert share < 100


OF_PEOPLE: Mapping[str, Callable[[list[Row], World], None]] = {
    "What do people say of the headlines they have read?": (
        what_people_agree_on_is_listed
    ),
    "Which tags do people deny, and which do they add?": (
        what_people_say_and_the_model_did_not_is_listed
    ),
    "About which labels do people differ?": (
        the_label_on_which_people_are_tied_is_listed
    ),
    "Who has read how much?": each_annotator_has_a_count,
    "How right are the tags, month by month?": each_version_is_as_right_as_people_say,
}

CHECKS: Mapping[str, Callable[[list[Row], World], None]] = {
    "What was published yesterday, and what is it about?": (
        yesterday_is_one_row_a_headline_newest_first
    ),
    "How often does each topic occur?": every_topic_is_counted,
    "Which topics does each source write about, week by week?": (
        weeks_begin_on_monday_in_utc
    ),
    "What are the three main topics of each source?": three_topics_lead_each_source,
    "Which headlines are about two topics at once?": (
        exactly_those_with_both_topics_are_listed
    ),
    "Which topics go together?": each_pair_is_counted_once,
    "Which topics are on the rise?": two_weeks_stand_side_by_side,
    "Which headlines have no topic?": headlines_without_topic_are_listed,
    "How many topics does a headline carry?": topics_are_counted_without_na,
    "Which headlines about a topic mention a name?": (
        the_search_is_within_the_topic_and_minds_no_capitals
    ),
    "Which source was the first with each topic yesterday?": (
        the_first_of_each_topic_is_named
    ),
    "Can I have the last thirty days as one table?": thirty_days_are_all_there,
    "Which model tagged this headline, and how sure was it?": (
        each_model_is_shown_with_its_probabilities
    ),
    "Which tags are least certain?": the_smallest_margins_come_first,
    "Which labels were given by rules rather than by the model?": (
        labels_by_the_rules_are_counted
    ),
    "What did the last change of model change?": exactly_the_changed_labels_are_listed,
    "Who made which model champion, and when?": champions_are_listed_with_who_and_why,
    "Which models are there, and how good are they?": models_are_listed_the_best_first,
    **OF_PEOPLE,
    "Is the worker keeping up?": every_headline_stands_somewhere,
    "When did each job last succeed?": each_job_has_a_last_success,
    "What did the last runs do?": the_last_runs_are_told,
    "Which runs failed, and why?": the_failed_run_says_why,
    "Which headlines could not be tagged, and why?": the_failed_headline_says_why,
    "Which rows could not be ingested, and why?": the_rejected_row_says_where_and_why,
    "Which headlines were edited after they were tagged?": the_edited_headline_waits,
    "Which labels drifted in the last audit?": exactly_the_drifted_labels_are_listed,
    "Where do model and keyword rules agree least?": the_least_agreement_comes_first,
}


@pytest.mark.parametrize("question", CHECKS)
def test_the_cookbooks_answer_is_true(question: str, world: World) -> None:
    CHECKS[question](world.answers[question], world)


def test_no_query_changes_the_database(world: World) -> None:
    assert world.unchanged


def test_the_cookbook_lists_the_columns_of_every_view_and_table(world: World) -> None:
    assert documented_columns() == world.columns


def test_every_question_of_the_cookbook_is_checked() -> None:
    assert list(questions()) == list(CHECKS)
    assert len(CHECKS) >= 12


def test_each_question_has_one_query_that_only_reads() -> None:
    for question, blocks in questions().items():
        assert len(blocks) == 1, question
        assert blocks[0].startswith(("SELECT ", "WITH ")), question
        assert ";" not in blocks[0], question
