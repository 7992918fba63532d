"""What people say of headlines: what counts of it, and what the views show."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select, text, update

from rocktag.db import (
    Connection,
    Database,
    headlines,
    models,
    queue,
    runs,
    taggings,
    write_back,
)
from rocktag.db.annotations import Reading, append, human_labels, unread_keys
from rocktag.db.models import VersionFacts
from rocktag.db.overriding import override
from rocktag.db.pairs import Pair, tagged_by_both
from rocktag.db.settling import settle, settle_tagged
from rocktag.db.tables import headline, headline_label, run, tagging
from rocktag.db.write_back import AssignedLabel
from rocktag.errors import StoreError
from rocktag.types import NO_TOPIC, Headline
from tests.versions import invented_version

NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
LABELS = ("album", "n/a", "perform", "singer", "tour")
MODEL_LABELS = ("album", "perform", "play", "singer", "tour", "vocalist")
SAME = {"vocalist": "singer", "play": "perform"}
PEOPLE = ("ada", "grace", "mary")


def _store(connection: Connection, titles: Sequence[str]) -> list[int]:
    """Store titles of one source; return their keys."""
    headlines.store(
        connection,
        [
            Headline(source="s", external_id=str(at), title=title)
            for at, title in enumerate(titles)
        ],
    )
    rows = connection.execute(text("SELECT external_id, id FROM headline"))
    keys = {int(row.external_id): row.id for row in rows}
    return [keys[at] for at in range(len(titles))]


def _tag(connection: Connection, labels: dict[int, set[str]]) -> None:
    """Let a champion have given labels."""
    facts = VersionFacts(
        name="adaboost/1",
        classifier="adaboost",
        text_view="raw",
        manifest_sha256="0" * 64,
        micro_f1=None,
        macro_f1=None,
        published_at=NOW,
    )
    version = models.register(connection, facts)
    models.promote(connection, version, by="ada", why="the first")
    entered = connection.execute(
        insert(run).values(
            job="tag",
            status="succeeded",
            started_at=NOW,
            host="h",
            process_id=1,
            taken=0,
            done=0,
            failed=0,
        )
    ).inserted_primary_key
    assert entered is not None
    run_id = entered[0]
    for key, given in labels.items():
        connection.execute(
            insert(tagging).values(
                model_version_id=version,
                headline_id=key,
                status="done",
                attempt=1,
                tagged_at=NOW,
                run_id=run_id,
            )
        )
        connection.execute(
            insert(headline_label),
            [
                {
                    "headline_id": key,
                    "model_version_id": version,
                    "label": label,
                    "probability": 0.75,
                    "threshold": 0.5,
                    "run_id": run_id,
                }
                for label in given
            ],
        )


def _shown(database: Database) -> tuple[dict[int, dict[str, str]], dict[int, str]]:
    """Return headline to label to who serves it, and headline to its joined labels."""
    found: dict[int, dict[str, str]] = {}
    with database.read() as connection:
        for row in connection.execute(text("SELECT * FROM current_label")):
            assert row.label not in found.setdefault(row.headline_id, {})
            found[row.headline_id][row.label] = row.served_by
        joined = connection.execute(
            text("SELECT headline_id, labels FROM tagged_headline")
        )
        return found, {row.headline_id: row.labels for row in joined}


def _expected(given: set[str], said: dict[str, dict[str, bool]]) -> dict[str, str]:
    """Return what a reader should see, by the rules of docs/annotating.md.

    Args:
        given: The model's labels.
        said: Label to annotator to whether it applies.
    """
    balance = {
        label: sum(1 if word else -1 for word in votes.values())
        for label, votes in said.items()
    }
    decided = {label: total > 0 for label, total in balance.items() if total}
    people = {label for label, is_so in decided.items() if is_so} - {NO_TOPIC}
    left = {
        label for label in given - {NO_TOPIC} if SAME.get(label, label) not in decided
    }
    if people or left:
        return dict.fromkeys(left, "model") | dict.fromkeys(people, "human")
    by_model = NO_TOPIC in given and not decided.get(NO_TOPIC, False)
    return {NO_TOPIC: "model" if by_model else "human"}


def test_the_views_show_what_people_say_before_what_the_model_says(
    database: Database,
) -> None:
    chance = random.Random(7)  # noqa: S311 - keeps no secret
    titles = [f"Static Owls number {number}" for number in range(120)]
    with database.write() as connection:
        keys = _store(connection, titles)
        given = {
            key: set(chance.sample(MODEL_LABELS, chance.randint(0, 3))) or {NO_TOPIC}
            for key in keys
        }
        _tag(connection, given)
    said: dict[int, dict[str, dict[str, bool]]] = {key: {} for key in keys}
    for key, title in list(zip(keys, titles, strict=True))[20:]:
        for person in chance.choices(PEOPLE, k=chance.randint(1, 4)):
            words = {
                label: chance.random() < 0.4
                for label in chance.sample(LABELS, chance.randint(1, len(LABELS)))
            }
            for label, word in words.items():
                said[key].setdefault(label, {})[person] = word
            with database.write() as connection:
                append(connection, [Reading(key, title, words)], person)
    labels, joined = _shown(database)
    expected = {key: _expected(given[key], said[key]) for key in keys}
    assert labels == expected
    assert joined == {key: ";".join(sorted(expected[key])) for key in keys}
    with database.read() as connection:
        rows = connection.execute(text("SELECT * FROM annotation_conflict")).all()
        conflicts = {(row.headline_id, row.label) for row in rows}
    assert conflicts == {
        (key, label)
        for key, of_headline in said.items()
        for label, votes in of_headline.items()
        if len(set(votes.values())) > 1
    }


@dataclass(slots=True)
class _Life:
    """A database in which people speak and versions tag, and what it should show.

    Attributes:
        database: The database.
        chance: What happens.
        titles: Headline to its title of now; each has two wordings.
        given: Version to headline to its labels and the run that gave them.
        said: Headline and title to label to annotator to whether it applies.
        champions: The versions that were promoted, each by its last turn.
    """

    database: Database
    chance: random.Random
    titles: dict[int, str]
    given: dict[int, dict[int, tuple[set[str], int]]]
    said: dict[tuple[int, str], dict[str, dict[str, bool]]] = field(
        default_factory=dict
    )
    champions: list[int] = field(default_factory=list)

    def somebody_speaks(self) -> None:
        person = self.chance.choice(PEOPLE)
        readings = []
        for key in self.chance.sample(sorted(self.titles), 3):
            words = {
                label: self.chance.random() < 0.4
                for label in self.chance.sample(LABELS, self.chance.randint(1, 4))
            }
            readings.append(Reading(key, self.titles[key], words))
            of_title = self.said.setdefault((key, self.titles[key]), {})
            for label, word in words.items():
                of_title.setdefault(label, {})[person] = word
        with self.database.write() as connection:
            append(connection, readings, person)

    def a_version_tags(self) -> None:
        version = self.chance.choice(sorted(self.given))
        keys = self.chance.sample(sorted(self.titles), 4)
        with self.database.write() as connection:
            queue.add(connection, version, headline.c.id.in_(keys))
            run_id = runs.start(connection, "tag").run_id
            connection.execute(
                update(tagging)
                .where(
                    tagging.c.model_version_id == version,
                    tagging.c.headline_id.in_(keys),
                )
                .values(status="pending", attempt=0)
            )
            taken = taggings.claim(
                connection, version, claim_id="one", limit=99, lease_seconds=600
            )
            labels = {
                item.headline_id: set(
                    self.chance.sample(MODEL_LABELS, self.chance.randint(0, 3))
                )
                or {NO_TOPIC}
                for item in taken
            }
            write_back.complete(
                connection,
                version,
                claim_id="one",
                run_id=run_id,
                labels={
                    key: [AssignedLabel(label, 0.75, 0.5) for label in sorted(given)]
                    for key, given in labels.items()
                },
            )
        self.given[version] |= {key: (given, run_id) for key, given in labels.items()}

    def a_run_is_undone(self) -> None:
        version = self.chance.choice(sorted(self.given))
        done = sorted({run_id for _, run_id in self.given[version].values()})
        if not done:
            return
        undone = self.chance.choice(done)
        with self.database.write() as connection:
            write_back.undo(connection, version, undone)
        self.given[version] = {
            key: (labels, run_id)
            for key, (labels, run_id) in self.given[version].items()
            if run_id != undone
        }

    def a_title_is_edited(self) -> None:
        key = self.chance.choice(sorted(self.titles))
        number = self.titles[key].split()[-1]
        self.titles[key] = f"{self.chance.choice(('Owls', 'Moths'))} number {number}"
        with self.database.write() as connection:
            edited = Headline(source="s", external_id=number, title=self.titles[key])
            headlines.store(connection, [edited])

    def a_version_is_promoted(self) -> None:
        version = self.chance.choice(sorted(self.given))
        with self.database.write() as connection:
            models.promote(connection, version, by="ada", why="a change")
        if version in self.champions:
            self.champions.remove(version)
        self.champions.append(version)

    def expected(self, version: int, key: int) -> dict[str, str]:
        """Return what readers should see where a version's labels are shown."""
        said = self.said.get((key, self.titles[key]), {})
        return _expected(self.given[version][key][0], said)

    def shown(self) -> dict[int, dict[str, str]]:
        """Return what readers should see, by headline."""
        return {
            key: self.expected(version, key)
            for version in self.champions
            for key in self.given[version]
        }

    def is_true_in_the_database(self) -> None:
        """Compare what is shown, and every row behind it, of whatever version."""
        shown, joined = _shown(self.database)
        assert shown == self.shown()
        assert joined == {key: ";".join(sorted(of)) for key, of in shown.items()}
        with self.database.read() as connection:
            rows = connection.execute(select(headline_label)).all()
        of_models: dict[tuple[int, int], set[str]] = {}
        seen: dict[tuple[int, int], dict[str, str]] = {}
        for row in rows:
            tagged = (row.model_version_id, row.headline_id)
            only_people = row.served_by == "human"
            assert (row.probability is None) == only_people
            assert (row.threshold is None) == only_people
            assert row.run_id == self.given[tagged[0]][tagged[1]][1]
            if not only_people:
                of_models.setdefault(tagged, set()).add(row.label)
            if row.verdict is not False:
                by = "human" if row.verdict else row.served_by
                seen.setdefault(tagged, {})[row.label] = by
        assert of_models == {
            (version, key): labels
            for version, of_version in self.given.items()
            for key, (labels, _) in of_version.items()
        }
        assert seen == {
            (version, key): self.expected(version, key)
            for version, of_version in self.given.items()
            for key in of_version
        }


def test_whatever_happens_in_whatever_order_the_verdicts_are_those_of_now(
    database: Database,
) -> None:
    chance = random.Random(11)  # noqa: S311 - keeps no secret
    with database.write() as connection:
        titles = [f"Owls number {number}" for number in range(12)]
        keys = _store(connection, titles)
        versions = [
            models.register(connection, invented_version(f"decision-tree/{number}"))
            for number in range(3)
        ]
    life = _Life(
        database,
        chance,
        titles=dict(zip(keys, titles, strict=True)),
        given={version: {} for version in versions},
    )
    life.a_version_is_promoted()
    life.somebody_speaks()  # before anything is tagged
    happenings = (
        *(life.somebody_speaks, life.a_version_tags, life.a_title_is_edited) * 2,
        life.a_run_is_undone,
        life.a_version_is_promoted,
    )
    for happening in chance.choices(happenings, k=80):
        happening()
        life.is_true_in_the_database()
    assert any("human" in served.values() for served in life.shown().values())


def test_settling_again_what_is_settled_writes_nothing(database: Database) -> None:
    with database.write() as connection:
        key, *_ = _store(connection, ["Static Owls sing"])
        _tag(connection, {key: {"tour", "album"}})
        words = {"singer": True, "album": False}
        append(connection, [Reading(key, "Static Owls sing", words)], "ada")
    everything = select(headline_label).order_by(headline_label.c.label)
    with database.write() as connection:
        before = connection.execute(everything).all()
        override(connection, {key: words})
        settle(connection, [key])
        settle_tagged(connection, before[0].model_version_id, [key])
        assert connection.execute(everything).all() == before
    assert [(row.label, row.verdict) for row in before] == [
        ("album", False),
        ("singer", True),
        ("tour", None),
    ]


def test_a_label_of_people_bears_what_the_model_gave_it_or_nothing(
    database: Database,
) -> None:
    with database.write() as connection:
        key, *_ = _store(connection, ["Static Owls sing"])
        _tag(connection, {key: {"tour", "album"}})
        words = {"tour": True, "singer": True, "album": False}
        append(connection, [Reading(key, "Static Owls sing", words)], "ada")
        rows = connection.execute(
            text(
                "SELECT label, probability, served_by FROM current_label ORDER BY label"
            )
        ).all()
    assert [tuple(row) for row in rows] == [
        ("singer", None, "human"),
        ("tour", 0.75, "human"),
    ]


def test_versions_are_compared_by_what_they_gave_whatever_people_say(
    database: Database,
) -> None:
    with database.write() as connection:
        key, *_ = _store(connection, ["Static Owls sing"])
        _tag(connection, {key: {"tour"}})
        (version,) = connection.scalars(select(tagging.c.model_version_id))
        digest = select(headline.c.title_hash).scalar_subquery()
        connection.execute(update(tagging).values(title_hash=digest))
        words = {"tour": False, "singer": True}
        append(connection, [Reading(key, "Static Owls sing", words)], "ada")
    with database.read() as connection:
        pairs = tagged_by_both(connection, version, version, since=NOW, limit=9)
    given = frozenset({"tour"})
    assert pairs == [Pair("Static Owls sing", given, given)]


def test_what_was_said_of_another_wording_does_not_count(database: Database) -> None:
    wordings = ("Static Owls tour", "Static Owls rest")
    with database.write() as connection:
        key, *_ = _store(connection, wordings[:1])
        _tag(connection, {key: {"tour"}})
        words = {"tour": False, "n/a": True}
        append(connection, [Reading(key, wordings[0], words)], "ada")
    seen = []
    for wording in (wordings[0], wordings[1], wordings[0]):
        with database.write() as connection:
            _store(connection, [wording])
        with database.read() as connection:
            seen.append((_shown(database)[0][key], unread_keys(connection)))
    assert seen == [
        ({"n/a": "human"}, []),
        ({"tour": "model"}, [key]),
        ({"n/a": "human"}, []),
    ]


def test_only_the_latest_word_of_an_annotator_counts_and_none_is_lost(
    database: Database,
) -> None:
    def say(**words: bool) -> int:
        with database.write() as connection:
            return append(connection, [Reading(key, "Owls", words)], "ada")

    with database.write() as connection:
        key, *_ = _store(connection, ["Owls"])
    assert [say(tour=True), say(tour=True), say(tour=False, album=True)] == [1, 0, 2]
    with database.read() as connection:
        counted = connection.scalar(text("SELECT count(*) FROM annotation"))
        rows = connection.execute(
            text("SELECT label, present, annotators FROM human_label ORDER BY label")
        ).all()
    assert counted == 3
    assert [tuple(row) for row in rows] == [("album", True, 1), ("tour", False, 1)]


def test_training_gets_a_row_a_title_and_knows_what_is_unknown(
    database: Database,
) -> None:
    with database.write() as connection:
        first, second, third = _store(connection, ["One", "Two", "One"])
        append(connection, [Reading(first, "One", {"tour": True, "album": True})], "a")
        append(connection, [Reading(second, "Two", {"tour": True})], "a")
        append(connection, [Reading(second, "Two", {"tour": False})], "b")
        append(connection, [Reading(third, "One", {"album": False})], "b")
        found = human_labels(connection, ["album", "n/a", "tour"])
    assert found.titles == ("One", "Two")
    assert found.known.tolist() == [[False, False, True], [False, False, False]]
    assert found.targets.tolist() == [[0, 0, 1], [0, 0, 0]]


def test_an_annotation_of_an_unknown_headline_is_refused(database: Database) -> None:
    with pytest.raises(StoreError), database.write() as connection:
        append(connection, [Reading(99, "None", {"tour": True})], "ada")
