"""The challenger: tags unseen, is compared, and takes over when it is promoted."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from jobs import JOBS
from rocktag import lifecycle
from rocktag.artifact import Published
from rocktag.running import run_job
from rocktag.runtime import Job, Runtime
from rocktag.training import Trained
from rocktag.worker import run_once
from tests.e2e.conftest import World
from tests.e2e.test_worker import runtime_of
from tests.versions import another

ROUND = {name: JOBS[name] for name in ("tag", "shadow", "audit")}
VIEWS = ("current_tagging", "current_label", "tagged_headline", "label_by_day", "reign")
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def _models_dir(world: World) -> Path:
    return world.published.folder.parents[1]


def _challenger(
    world: World, trained: Trained, *, micro: float | None = None
) -> Published:
    """Let another version tag in the shadow; with micro 0 it gives every label."""
    made = another(trained, _models_dir(world), "challenger", micro=micro)
    runtime = runtime_of(world)
    lifecycle.challenge(
        world.database, runtime.settings, made.manifest.name, by="test", why="to see"
    )
    return made


def _seen(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Return everything that the views show, but for when it was tagged."""
    return {view: sorted(world.select(f"SELECT * FROM {view}")) for view in VIEWS}


def _work(
    world: World, jobs: Mapping[str, Job] = ROUND, runtime: Runtime | None = None
) -> None:
    outcome = run_once(jobs, runtime or runtime_of(world))
    assert set(outcome.values()) == {None}, outcome


def _done(world: World, name: str) -> int:
    return world.count(
        "tagging t JOIN model_version v ON v.id = t.model_version_id"
        f" WHERE v.name = '{name}' AND t.status = 'done'"
    )


def test_no_view_shows_the_challenger_until_it_is_promoted(
    world: World, trained: Trained
) -> None:
    world.add(40)
    _work(world, {"tag": JOBS["tag"]})
    challenger = _challenger(world, trained, micro=0.0).manifest.name
    world.add(30, seed=12)
    champion = world.published.manifest.name
    _work(world, {"tag": JOBS["tag"]})
    before = _seen(world)
    assert len(before["tagged_headline"]) == _done(world, champion)
    _work(world, {"shadow": JOBS["shadow"]})
    in_shadow = _done(world, challenger)
    assert 0 < in_shadow <= 30
    assert _seen(world) == before
    assert world.select("SELECT model_version FROM champion") == [(champion,)]

    lifecycle.promote(
        world.database,
        runtime_of(world).settings,
        challenger,
        by="test",
        why="all labels",
        force=True,
    )
    shown = dict(
        world.select(
            "SELECT model_version, count(*) FROM tagged_headline GROUP BY model_version"
        )
    )
    assert shown == {
        challenger: in_shadow,
        champion: len(before["tagged_headline"]) - in_shadow,
    }
    ((labels,),) = world.select(
        "SELECT count(DISTINCT label) FROM current_label"
        f" WHERE model_version = '{challenger}'"
    )
    assert labels > 30


@on_sqlite
def test_what_is_edited_or_waits_is_tagged_by_the_champion_first(
    world: World, trained: Trained
) -> None:
    challenger = _challenger(world, trained).manifest.name
    world.add(60)
    _work(world, {"shadow": JOBS["shadow"]})
    assert _done(world, challenger) == 0
    _work(world)
    assert _done(world, challenger) == 60
    world.execute("UPDATE tagging SET status = 'pending' WHERE headline_id <= 5")
    _work(world, {"shadow": JOBS["shadow"]})
    assert _done(world, challenger) == 55
    _work(world)
    assert _done(world, challenger) == 60


@on_sqlite
def test_a_run_of_the_shadow_ends_when_its_time_is_over(
    world: World, trained: Trained
) -> None:
    challenger = _challenger(world, trained).manifest.name
    world.add(60)
    _work(world, {"tag": JOBS["tag"]})
    runtime = runtime_of(world, batch_size=10)
    limit = {"maximum_seconds": 1e-9}
    settings = runtime.settings
    runtime.settings = settings.model_copy(
        update={"challenger": settings.challenger.model_copy(update=limit)}
    )
    _work(world, {"shadow": JOBS["shadow"]}, runtime)
    assert _done(world, challenger) < 60
    _work(world, {"shadow": JOBS["shadow"]})
    assert _done(world, challenger) == 60


@on_sqlite
def test_without_a_challenger_the_shadow_leaves_no_run(
    world: World, trained: Trained
) -> None:
    _work(world, {"shadow": JOBS["shadow"]})
    assert world.count("run WHERE job = 'shadow'") == 0
    _challenger(world, trained)
    lifecycle.withdraw(world.database, by="test", why="seen")
    world.add(5)
    _work(world)
    assert world.count("run WHERE job = 'shadow'") == 0


@on_sqlite
def test_a_challenger_that_must_not_be_used_fails_only_its_own_job(
    world: World, trained: Trained
) -> None:
    folder = _challenger(world, trained).folder
    (folder / "golden.jsonl").write_bytes(b"")
    world.add(5)
    outcome = run_once(ROUND, runtime_of(world))
    assert outcome["tag"] is None
    assert "golden.jsonl" in str(outcome["shadow"])
    assert world.select("SELECT kind, subject FROM open_alert") == [
        ("failed_run", "shadow")
    ]
    assert world.select("SELECT status FROM run WHERE job = 'shadow'") == [("failed",)]


@pytest.mark.parametrize(("micro", "differs"), [(None, False), (0.0, True)])
def test_an_audit_says_whether_the_two_differ_by_more_than_chance(
    world: World,
    trained: Trained,
    caplog: pytest.LogCaptureFixture,
    micro: float | None,
    differs: bool,
) -> None:
    _challenger(world, trained, micro=micro)
    world.add(250)
    with caplog.at_level(logging.INFO, logger="rocktag"):
        _work(world)
    event = "challenger_compared"
    said = [one for one in caplog.records if getattr(one, "event", None) == event]
    assert len(said) == 1
    metrics = dict(
        world.select(
            "SELECT m.name, m.value FROM run_metric m JOIN run r ON r.id = m.run_id"
            " WHERE r.job = 'audit'"
        )
    )
    assert metrics["challenger_headlines"] == 250
    assert (metrics["challenger_significant_labels"] > 0) is differs
    assert (metrics["challenger_same"] == 1) is not differs
    rows = world.select(
        "SELECT l.label, l.champion_rate, l.challenger_rate, l.challenger_agreement,"
        " l.challenger_p_value FROM run_label_metric l JOIN run r ON r.id = l.run_id"
        " WHERE r.job = 'audit'"
    )
    assert len(rows) == len(trained.draft.facts["labels"])
    for _, champion, challenger, agreement, p_value in rows:
        if not differs:
            assert (champion, agreement, p_value) == (challenger, 1.0, 1.0)
    if differs:
        assert metrics["champion_as_rules"] > metrics["challenger_as_rules"]
        assert said[0].levelname == "WARNING"
        assert "the champion is nearer to the rules" in said[0].getMessage()
        assert min(p_value for *_, p_value in rows) < 1e-6
    else:
        assert said[0].levelname == "INFO"
        assert "no label differs by more than chance" in said[0].getMessage()


@on_sqlite
def test_a_few_headlines_are_not_compared(world: World, trained: Trained) -> None:
    _challenger(world, trained)
    world.add(20)
    _work(world)
    assert world.count("run_metric WHERE name LIKE 'challenger%'") == 0


@on_sqlite
def test_the_runtime_takes_another_challenger_when_there_is_one(
    world: World, trained: Trained
) -> None:
    runtime = runtime_of(world)
    assert runtime.challenger() is None
    first = _challenger(world, trained)
    tagger = runtime.challenger()
    assert tagger is not None
    assert tagger.name == first.manifest.name
    assert runtime.challenger() is tagger
    second = another(trained, _models_dir(world), "other").manifest.name
    lifecycle.challenge(
        world.database, runtime.settings, second, by="test", why="to see"
    )
    other = runtime.challenger()
    assert other is not None
    assert other.name == second
    assert run_job("shadow", JOBS["shadow"], runtime) is None
