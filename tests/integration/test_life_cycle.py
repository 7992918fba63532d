"""The history of aliases on each database: who, why, and nothing ever taken back."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from rocktag import lifecycle
from rocktag.artifact import Published
from rocktag.config import Settings
from rocktag.corpus import Corpus, gather
from rocktag.db import Database, aliases, models
from rocktag.errors import ArtifactError, StoreError, UsageError
from rocktag.ingest import store_rows
from rocktag.labeling import keyword_rules
from rocktag.recording import recorded_run
from rocktag.runtime import Runtime
from rocktag.sampling import sample
from rocktag.training import Trained
from tests.versions import another, registered

BY = "grace"
one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def unseen() -> Corpus:
    """Headlines that the small model has not learned from."""
    return gather((item.title for item in sample(400, seed=99)), "invented")


@pytest.fixture
def chosen(models_dir: Path) -> Settings:
    """Settings of a quick comparison."""
    return Settings.model_validate(
        {
            "models_dir": models_dir,
            "evaluation": {"resamples": 200},
            "gate": {"minimum_speed": 0},
        }
    )


@pytest.fixture
def first(database: Database, published: Published) -> str:
    """The champion."""
    key = registered(database, published)
    with database.write() as connection:
        models.promote(connection, key, by="ada", why="the first one")
    return published.manifest.name


def told(database: Database) -> list[tuple[str, str, str, str]]:
    """Return the history, the oldest first: alias, action, by, why."""
    with database.read() as connection:
        events = aliases.history(connection)[::-1]
    return [(one.alias, one.action, one.changed_by, one.reason) for one in events]


def champion(database: Database) -> str | None:
    with database.read() as connection:
        assert models.champion(connection) == aliases.current(connection).champion
        return models.champion(connection)


def forced(
    database: Database, chosen: Settings, name: str, why: str = "a test"
) -> None:
    done = lifecycle.promote(database, chosen, name, by=BY, why=why, force=True)
    assert done.is_done


def test_the_history_only_grows_and_says_who_did_what_and_why(
    database: Database, chosen: Settings, first: str, trained: Trained
) -> None:
    second = another(trained, chosen.models_dir, "second").manifest.name
    forced(database, chosen, second, "the editor wants it")
    before = told(database)
    assert before == [
        ("champion", "promote", "ada", "the first one"),
        ("champion", "promote", BY, "forced: the editor wants it"),
    ]
    assert lifecycle.roll_back(database, chosen, by=BY, why="worse") == (first, second)
    lifecycle.challenge(
        database,
        chosen,
        another(trained, chosen.models_dir, "third").manifest.name,
        by=BY,
        why="to see",
    )
    third = lifecycle.withdraw(database, by=BY, why="seen")
    lifecycle.archive(database, chosen, third, by=BY, why="old")
    lifecycle.restore(database, third, by=BY, why="not so old")
    assert told(database) == [
        *before,
        ("champion", "rollback", BY, "worse"),
        ("challenger", "promote", BY, "to see"),
        ("challenger", "withdraw", BY, "seen"),
        ("archived", "archive", BY, "old"),
        ("archived", "restore", BY, "not so old"),
    ]


@one_database
def test_rolling_back_twice_goes_back_twice_and_then_no_further(
    database: Database, chosen: Settings, first: str, trained: Trained
) -> None:
    names = [
        another(trained, chosen.models_dir, mark).manifest.name for mark in ("b", "c")
    ]
    for name in names:
        forced(database, chosen, name)
    for expected in (names[0], first):
        lifecycle.roll_back(database, chosen, by=BY, why="back")
        assert champion(database) == expected
    with pytest.raises(UsageError, match="no champion before"):
        lifecycle.roll_back(database, chosen, by=BY, why="back")
    assert champion(database) == first


@one_database
def test_what_cannot_be_used_is_not_rolled_back_to(
    database: Database, chosen: Settings, first: str, trained: Trained
) -> None:
    second = another(trained, chosen.models_dir, "second").manifest.name
    forced(database, chosen, second)
    (chosen.models_dir / first / "golden.jsonl").write_bytes(b"")
    with pytest.raises(ArtifactError, match=r"golden\.jsonl"):
        lifecycle.roll_back(database, chosen, by=BY, why="back")
    assert champion(database) == second


def test_the_gate_passes_an_equal_model_and_keeps_what_it_saw(
    database: Database,
    chosen: Settings,
    first: str,
    trained: Trained,
    unseen: Corpus,
) -> None:
    second = another(trained, chosen.models_dir, "second").manifest.name
    done = lifecycle.promote(
        database, chosen, second, by=BY, why="newer", corpus=unseen
    )
    assert done.is_done
    assert done.verdict is not None
    assert done.verdict.champion == first
    assert champion(database) == second
    *_, (_, _, _, why) = told(database)
    assert why == f"newer; {done.verdict.summary()}"
    assert f"in run {done.verdict.run_id}" in why
    with database.read() as connection:
        kept = connection.execute(
            text("SELECT name, value FROM run_metric WHERE run_id = :run"),
            {"run": done.verdict.run_id},
        ).all()
        run = connection.execute(
            text("SELECT job, status FROM run WHERE id = :run"),
            {"run": done.verdict.run_id},
        ).one()
    assert tuple(run) == ("gate", "succeeded")
    assert dict(map(tuple, kept)) == pytest.approx(done.verdict.metrics())


@one_database
def test_the_gate_refuses_a_worse_model_and_force_leaves_its_reason(
    database: Database,
    chosen: Settings,
    first: str,
    trained: Trained,
    unseen: Corpus,
) -> None:
    worse = another(trained, chosen.models_dir, "worse", micro=0.0).manifest.name
    done = lifecycle.promote(database, chosen, worse, by=BY, why="so", corpus=unseen)
    assert not done.is_done
    assert done.verdict is not None
    assert {check.name for check in done.verdict.checks if not check.passed} >= {
        "micro_f1",
        "macro_f1",
    }
    assert champion(database) == first
    assert len(told(database)) == 1
    forced(database, chosen, worse, "all labels are wanted")
    assert champion(database) == worse
    assert told(database)[-1][-1] == "forced: all labels are wanted"


@one_database
def test_the_gate_asks_what_people_say_too(
    database: Database,
    chosen: Settings,
    first: str,
    trained: Trained,
    unseen: Corpus,
    tmp_path: Path,
) -> None:
    rules = keyword_rules()
    file = tmp_path / "gold.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["title", "labels", "disputed"])
        for title, row in zip(
            unseen.titles, rules.label_matrix(unseen.titles), strict=True
        ):
            given = [label for label, yes in zip(rules.labels, row, strict=True) if yes]
            writer.writerow([title, ";".join(given), ""])
    evaluation = chosen.evaluation.model_copy(update={"gold": file})
    asking = chosen.model_copy(update={"evaluation": evaluation})
    for mark, micro, expected in (("worse", 0.0, False), ("equal", None, True)):
        name = another(trained, chosen.models_dir, mark, micro=micro).manifest.name
        done = lifecycle.promote(
            database, asking, name, by=BY, why="newer", corpus=unseen
        )
        assert done.verdict is not None
        found = {check.name: check.passed for check in done.verdict.checks}
        assert found["gold_micro_f1"] is found["gold_macro_f1"] is expected
        assert done.is_done is expected


@one_database
def test_what_nothing_can_be_compared_on_is_refused(
    database: Database, chosen: Settings, first: str, trained: Trained
) -> None:
    second = another(trained, chosen.models_dir, "second").manifest.name
    done = lifecycle.promote(database, chosen, second, by=BY, why="newer")
    assert not done.is_done
    assert done.verdict is not None
    assert "holds no headlines" in done.verdict.reasons[0]
    few = gather((item.title for item in sample(50, seed=99)), "invented")
    done = lifecycle.promote(database, chosen, second, by=BY, why="newer", corpus=few)
    assert done.verdict is not None
    assert [c.name for c in done.verdict.checks if not c.passed] == ["headlines"]
    assert champion(database) == first


@one_database
def test_a_damaged_version_gets_no_alias_not_even_by_force(
    database: Database, chosen: Settings, first: str, trained: Trained
) -> None:
    second = another(trained, chosen.models_dir, "second").manifest.name
    (chosen.models_dir / second / "history.csv").write_bytes(b"changed")
    for attempt in (
        lambda: forced(database, chosen, second),
        lambda: lifecycle.challenge(database, chosen, second, by=BY, why="x"),
    ):
        with pytest.raises(ArtifactError, match=r"history\.csv"):
            attempt()
    assert champion(database) == first


@one_database
def test_who_is_in_use_is_not_archived_and_who_is_archived_not_used(
    database: Database, chosen: Settings, first: str, trained: Trained
) -> None:
    second = another(trained, chosen.models_dir, "second").manifest.name
    lifecycle.challenge(database, chosen, second, by=BY, why="to see")
    named = chosen.model_copy(
        update={"tag": chosen.tag.model_copy(update={"model": "tree/9"})}
    )
    for name, words in ((first, "the champion"), (second, "the challenger")):
        with pytest.raises(UsageError, match=words):
            lifecycle.archive(database, chosen, name, by=BY, why="old")
    with pytest.raises(StoreError, match="does not know"):
        lifecycle.archive(database, named, "tree/9", by=BY, why="old")
    lifecycle.withdraw(database, by=BY, why="seen")
    lifecycle.archive(database, chosen, second, by=BY, why="old")
    for attempt in (
        lambda: forced(database, chosen, second),
        lambda: lifecycle.challenge(database, chosen, second, by=BY, why="x"),
        lambda: lifecycle.archive(database, chosen, second, by=BY, why="x"),
    ):
        with pytest.raises(UsageError, match="archived"):
            attempt()
    with pytest.raises(UsageError, match="not archived"):
        lifecycle.restore(database, first, by=BY, why="x")


@one_database
def test_an_archived_champion_is_never_the_last_good_one(
    database: Database, chosen: Settings, first: str, trained: Trained
) -> None:
    second, third = (
        another(trained, chosen.models_dir, mark).manifest.name for mark in "bc"
    )
    forced(database, chosen, second)
    forced(database, chosen, third)
    lifecycle.archive(database, chosen, second, by=BY, why="bad")
    (chosen.models_dir / third / "golden.jsonl").write_bytes(b"")
    assert Runtime(chosen, database).tagger().name == first


@one_database
def test_who_was_champion_cannot_tag_in_the_shadow(
    database: Database, chosen: Settings, first: str, trained: Trained
) -> None:
    second = another(trained, chosen.models_dir, "second").manifest.name
    forced(database, chosen, second)
    for name in (first, second):
        with pytest.raises(UsageError, match="is or was champion"):
            lifecycle.challenge(database, chosen, name, by=BY, why="x")


@one_database
def test_the_first_version_needs_no_gate_and_the_champion_no_promotion(
    database: Database, chosen: Settings, published: Published
) -> None:
    name = published.manifest.name
    done = lifecycle.promote(database, chosen, name, by=BY, why="first")
    assert (done.is_done, done.verdict) == (True, None)
    with pytest.raises(UsageError, match="already"):
        lifecycle.promote(database, chosen, name, by=BY, why="again")
    with pytest.raises(UsageError, match="no challenger"):
        lifecycle.withdraw(database, by=BY, why="x")


@one_database
def test_a_challenger_passes_over_what_was_there_unless_it_is_asked_not_to(
    database: Database, chosen: Settings, first: str, trained: Trained
) -> None:
    with recorded_run(database, "ingest") as record:
        store_rows(
            database, sample(30, seed=5), origin="x", batch_size=50, record=record
        )
    second, third = (
        another(trained, chosen.models_dir, mark).manifest.name for mark in "bc"
    )
    assert lifecycle.challenge(database, chosen, second, by=BY, why="x") == 0
    with database.read() as connection:
        reached = connection.scalar(
            text("SELECT enqueued_up_to FROM model_version WHERE name = :name"),
            {"name": second},
        )
    assert reached == 30
    since = datetime(1900, 1, 1, tzinfo=UTC)
    assert (
        lifecycle.challenge(database, chosen, third, by=BY, why="x", since=since) == 30
    )
