"""The job retrain: trains beside the worker, and promotes only through the gate."""

from __future__ import annotations

import csv
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from jobs import JOBS
from rocktag.artifact.registry import manifest_of
from rocktag.config import Settings
from rocktag.db import alerts
from rocktag.labeling import topic_rules
from rocktag.running import run_job
from rocktag.runtime import Runtime
from rocktag.training import Trained
from tests.e2e.conftest import World, wait_until
from tests.e2e.test_worker import end, log_of
from tests.versions import another, crowned

RETRAIN = JOBS["retrain"]
TREE = {"classifier": "decision-tree"}
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def options(**retrain: object) -> list[str]:
    """Return command-line options of a quick training that is called for."""
    keys = {
        "train.classifier": "decision-tree",
        "evaluation.resamples": 100,
        "gate.minimum_headlines": 50,
        "gate.minimum_speed": 0,
        "retrain.new_headlines": 0,
        "schedule.retrain": "every 1 second",
        **{f"retrain.{key}": value for key, value in retrain.items()},
    }
    return [part for key, value in keys.items() for part in ("--set", f"{key}={value}")]


def one_round(world: World, *arguments: str, **variables: str) -> str:
    """Run `worker --once` with these options to its end; return its log.

    A training is in it, which takes long on a machine that does other things too.
    """
    process = world.rocktag.start(*arguments, "worker", "--once", **variables)
    try:
        assert process.wait(timeout=240) == 0, log_of(world)
    finally:
        process.kill()
    return log_of(world)


def runs(world: World) -> list[tuple[Any, ...]]:
    return world.select(
        "SELECT status, error FROM run WHERE job = 'retrain' ORDER BY id"
    )


def metrics(world: World, run_id: int) -> dict[str, float]:
    return dict(
        world.select(f"SELECT name, value FROM run_metric WHERE run_id = {run_id}")
    )


def trained_runs(world: World) -> list[int]:
    """Return the runs of the job that came to the end of a training."""
    rows = world.select(
        "SELECT r.id FROM run r JOIN run_metric m ON m.run_id = r.id"
        " WHERE r.job = 'retrain' AND m.name = 'trained' ORDER BY r.id"
    )
    return [row[0] for row in rows]


def training(world: World) -> list[int]:
    """Return the processes that train for this test."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            inside = (process / "cwd").readlink()
        except OSError:
            continue
        if b"--in-background" in command and inside == world.rocktag.folder:
            found.append(int(process.name))
    return found


@on_sqlite
def test_enough_new_headlines_call_for_a_training_that_the_gate_promotes(
    world: World, trained: Trained
) -> None:
    worse = another(trained, world.published.folder.parents[1], "worse", micro=0.0)
    before = crowned(world.database, worse)
    world.add(1_500, seed=12)
    one_round(world, *options(new_headlines=1_000, on_drift="false"))
    assert runs(world) == [("succeeded", None)]
    (run_id,) = trained_runs(world)
    found = metrics(world, run_id)
    assert (found["called_for"], found["trained"], found["promoted"]) == (1, 1, 1)
    assert found["new_headlines"] == 1_500
    assert world.count("model_version") == 3
    ((champion, why),) = world.select("SELECT model_version, reason FROM champion")
    ((gate,),) = world.select("SELECT id FROM run WHERE job = 'gate'")
    assert metrics(world, gate)["gate_passed"] == 1
    assert champion != before
    assert f"1,500 new headlines since the training of {before}" in why
    assert f"gate passed in run {gate}" in why
    assert world.select(
        "SELECT model_version FROM run_summary WHERE job = 'retrain'"
    ) == [(champion,)]
    one_round(world, *options(every_days=0.00001))
    assert len(trained_runs(world)) == 1  # it rests for pause_hours


@on_sqlite
def test_a_training_learns_what_people_said_meanwhile(world: World) -> None:
    world.add(600, seed=12)
    titles = [title for (title,) in world.select("SELECT title FROM headline")]
    read = world.rocktag.folder / "read.csv"
    with read.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["title", "labels"])
        for title in sorted(set(titles))[:60]:
            said = topic_rules().label(title) - {"tour"}
            writer.writerow([title, ";".join(sorted(said) or ["n/a"])])
    world.rocktag.well("annotate", "import", read, "--annotator", "ada")
    log = one_round(
        world,
        *options(every_days=0.00001),
        *("--set", "train.labels=topics+human", "--set", "train.human.folds=2"),
    )
    assert runs(world) == [("succeeded", None)], log
    (run_id,) = trained_runs(world)
    found = metrics(world, run_id)
    assert (found["called_for"], found["trained"]) == (1, 1)
    ((name,),) = world.select(
        "SELECT name FROM model_version WHERE name LIKE 'decision-tree/%' AND id ="
        " (SELECT max(id) FROM model_version)"
    )
    manifest = manifest_of(world.published.folder.parents[1], name)
    assert manifest.human is not None
    assert (manifest.human.headlines, manifest.rules) == (60, "topics")
    # The next round tags with whom the gate has left or made the champion.
    world.add(30, seed=13)
    one_round(world, *options(), "--set", "train.labels=topics+human")
    (champion,) = (row[0] for row in world.select("SELECT model_version FROM champion"))
    assert (champion == name) is bool(found["promoted"])
    assert world.count(
        "current_tagging c JOIN headline h ON h.id = c.headline_id"
    ) == world.count("headline")


@on_sqlite
def test_what_the_gate_refuses_is_registered_and_nothing_else(world: World) -> None:
    world.add(1_200, seed=12)
    before = world.select("SELECT * FROM model_alias_event")
    impossible = ("--set", "gate.minimum_headlines=1000000")
    said = one_round(world, *options(every_days=0.00001), *impossible)
    (run_id,) = trained_runs(world)
    assert metrics(world, run_id)["promoted"] == 0
    assert runs(world) == [("succeeded", None)]
    assert world.count("model_version") == 2
    assert world.select("SELECT * FROM model_alias_event") == before
    assert "the champion stays: headlines:" in said


@on_sqlite
def test_without_a_cause_or_a_schedule_nothing_is_trained(world: World) -> None:
    world.add(50)
    one_round(world, *options(new_headlines=51))
    assert runs(world) == [("succeeded", None)]
    assert trained_runs(world) == []
    world.rocktag.well(
        *options(every_days=0.00001),
        "--set",
        "schedule.retrain=off",
        "worker",
        "--once",
    )
    assert len(runs(world)) == 1
    assert world.count("model_version") == 1


@on_sqlite
def test_a_training_that_fails_is_a_failed_run_and_changes_nothing(
    world: World,
) -> None:
    runtime = _runtime(world, every_days=1e-5)  # a database without headlines
    error = run_job("retrain", RETRAIN, runtime)
    assert error is not None
    assert "the training ended with 1" in error
    assert "holds no headlines" in error
    ((status, told),) = runs(world)
    assert (status, told) == ("failed", error)
    assert world.count("model_version") == 1
    assert world.count("model_alias_event") == 1
    assert world.select("SELECT kind, subject FROM open_alert") == [
        ("failed_run", "retrain")
    ]
    (run_id,) = trained_runs(world)
    assert metrics(world, run_id)["trained"] == 0
    assert run_job("retrain", RETRAIN, runtime) is None  # it rests for pause_hours
    assert len(trained_runs(world)) == 1


@on_sqlite
def test_an_open_alert_of_drift_calls_for_a_training(world: World) -> None:
    runtime = _runtime(world)
    assert run_job("retrain", RETRAIN, runtime) is None
    assert trained_runs(world) == []
    with world.database.write() as connection:
        name = world.published.manifest.name
        alerts.raise_alert(connection, "drift", "another/1", "drifts")
        alerts.raise_alert(connection, "drift", name, "drifts")
    assert run_job("retrain", RETRAIN, runtime) is not None  # there is no headline
    assert len(trained_runs(world)) == 1


@on_sqlite
def test_a_training_that_takes_too_long_is_killed(world: World) -> None:
    world.add(1_200)
    error = run_job(
        "retrain", RETRAIN, _runtime(world, every_days=1e-5, timeout_hours=1e-5)
    )
    assert error is not None
    assert "was killed" in error
    assert training(world) == []
    assert [status for status, _ in runs(world)] == ["failed"]


@on_sqlite
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_headlines_are_tagged_beside_a_training_that_ends_with_its_worker(
    world: World, number: int
) -> None:
    world.add(4_000)
    slow = (
        "--set",
        "train.classifier=adaboost",
        "--set",
        "schedule.tag=every 1 second",
    )
    lease = ("--set", "tag.lease_seconds=2")
    process = world.rocktag.start(*options(every_days=0.00001), *slow, *lease, "worker")
    wait_until(lambda: bool(training(world)), "a training")
    world.add(40, seed=13)
    wait_until(
        lambda: world.count("tagging WHERE status = 'done'") >= 4_000, "the headlines"
    )
    assert training(world)
    end(process, number)
    wait_until(lambda: not training(world), "the end of the training", seconds=15)
    if number == signal.SIGTERM:
        assert runs(world)[-1][0] == "failed"
        assert "its worker ends" in runs(world)[-1][1]
        assert world.count("open_alert") == 0
    else:
        time.sleep(2.5)
        world.rocktag.well("worker", "--once")  # closes what is lost
        assert "lost" in runs(world)[-1][1]
    assert trained_runs(world) == []
    assert world.count("model_version") == 1
    assert "stopped" in log_of(world) or number == signal.SIGKILL


@on_sqlite
def test_a_training_that_is_killed_is_a_failed_run_and_the_worker_goes_on(
    world: World,
) -> None:
    world.add(4_000)
    slow = ("--set", "train.classifier=adaboost")
    process = world.rocktag.start(*options(every_days=0.00001), *slow, "worker")
    wait_until(lambda: bool(training(world)), "a training")
    os.kill(training(world)[0], signal.SIGKILL)
    wait_until(lambda: bool(trained_runs(world)), "the end of the run")
    wait_until(lambda: world.count("open_alert") == 1, "the alert")
    assert process.poll() is None
    assert end(process, signal.SIGTERM) == 0
    (run_id,) = trained_runs(world)
    ((status, error),) = world.select(
        f"SELECT status, error FROM run WHERE id = {run_id}"
    )
    assert (status, "was killed by signal 9" in error) == ("failed", True)
    assert world.count("model_version") == 1


@on_sqlite
def test_one_trains_at_a_time(world: World) -> None:
    world.execute(
        "INSERT INTO run (job, status, started_at, host, process_id, taken, done,"
        " failed, alive_until) VALUES ('retrain', 'running', '2026-01-01 00:00:00',"
        " 'elsewhere', 1, 0, 0, 0, 99999999999)"
    )
    assert run_job("retrain", RETRAIN, _runtime(world, every_days=1e-5)) is None
    assert trained_runs(world) == []


@on_sqlite
def test_a_retuned_champion_was_trained_when_its_model_was(
    world: World, trained: Trained
) -> None:
    """New thresholds are no training: what came in before them is new all the same."""
    from rocktag.retraining.calls import look

    folder = world.published.folder.parents[1]
    first = world.published.manifest
    before = look(world.database, folder, 1).trained_at
    assert before is not None
    assert (first.created_at - before).total_seconds() == pytest.approx(
        first.training_seconds
    )
    retuned = another(trained, folder, "retuned", tuned_from=first.name)
    assert crowned(world.database, retuned) != first.name
    assert look(world.database, folder, 1).trained_at == before


def _runtime(world: World, **retrain: object) -> Runtime:
    settings = Settings.model_validate(
        {
            "models_dir": world.published.folder.parents[1],
            "database_url": world.rocktag.environment["ROCKTAG_DATABASE_URL"],
            "train": TREE,
            "evaluation": {"resamples": 100},
            "retrain": {"new_headlines": 0, **retrain},
        }
    )
    return Runtime(settings, world.database)
