"""Alerts as the jobs raise and close them, by runs of the worker."""

from __future__ import annotations

import time
from typing import Any

import pytest

from jobs import JOBS
from rocktag.artifact import publish
from rocktag.db import alerts, models
from rocktag.runtime import version_facts
from rocktag.training import Trained
from rocktag.worker import run_once
from tests.e2e.conftest import World
from tests.e2e.test_worker import Fragile, runtime_of

TAG = {"tag": JOBS["tag"]}
_DEATHS = ("dies", "dead at 70", "died last night", "is dead", "death confirmed")

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def _open(world: World) -> list[tuple[Any, ...]]:
    return world.select("SELECT kind, subject, run_id FROM open_alert ORDER BY kind")


def test_headlines_that_fail_are_an_alert_until_they_are_tagged(world: World) -> None:
    world.add(30)
    ((title,),) = world.select("SELECT title FROM headline WHERE id = 5")
    runtime = runtime_of(world, maximum_attempts=1)
    Fragile(runtime, [title])
    assert run_once(TAG, runtime) == {"tag": None}
    ((run_id,),) = world.select("SELECT id FROM run WHERE job = 'tag'")
    name = world.published.manifest.name
    assert _open(world) == [("failed_headlines", name, run_id)]
    world.rocktag.well("failed", "retry")
    run_once(TAG, runtime_of(world))
    assert _open(world) == []


def test_a_run_that_fails_is_named_by_its_alert(world: World) -> None:
    runtime = runtime_of(world)
    runtime.settings = runtime.settings.model_copy(
        update={"models_dir": world.rocktag.folder / "nowhere"}
    )
    outcome = run_once(TAG, runtime)
    assert outcome["tag"] is not None
    ((run_id,),) = world.select("SELECT id FROM run WHERE job = 'tag'")
    name = world.published.manifest.name
    assert _open(world) == [
        ("failed_run", "tag", run_id),
        ("refused_champion", name, run_id),
    ]


def test_a_run_that_drifts_raises_an_alert_that_only_audits_or_a_champion_close(
    world: World, trained: Trained
) -> None:
    file = world.rocktag.folder / "deaths.csv"
    rows = (f"{n},Singer {n} of Band {n} {_DEATHS[n % 5]}" for n in range(300))
    file.write_text("\n".join(["id,title", *rows, ""]))
    world.rocktag.well("ingest", file)
    run_once(TAG, runtime_of(world))
    ((run_id,),) = world.select("SELECT id FROM run WHERE job = 'tag'")
    name = world.published.manifest.name
    assert _open(world) == [("drift", name, run_id)]
    run_once(TAG, runtime_of(world))  # has no headline, says nothing
    assert _open(world) == [("drift", name, run_id)]
    time.sleep(1.05)  # a version is named by its second
    second = publish(
        world.published.folder.parents[1], trained.draft, training_seconds=1.0
    )
    with world.database.write() as connection:
        facts = version_facts(second.manifest, second.manifest_sha256)
        key = models.register(connection, facts)
        models.promote(connection, key, by="test", why="test")
        alerts.raise_alert(connection, "failed_run", "pull", "no table")
    run_once(TAG, runtime_of(world))
    assert [kind for kind, *_ in _open(world)] == ["failed_run"]
