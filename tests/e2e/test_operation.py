"""What an operator does: drain, reload, promote, stop for good, undo and try again."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from jobs import JOBS
from rocktag.artifact import publish
from rocktag.db import models, queue, taggings
from rocktag.runtime import version_facts
from rocktag.training import Trained
from rocktag.worker import drain, run_once
from tests.e2e.conftest import Result, World, wait_until
from tests.e2e.test_worker import Fragile, end, log_of, runtime_of

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
TAG = {"tag": JOBS["tag"]}
_SLEEPER = """
import sys, time
from rocktag.config import Settings
from rocktag.db import Database
from rocktag.runtime import Job, Runtime
from rocktag.worker import drain, run_once

def sleep(runtime, record):
    print("asleep", flush=True)
    time.sleep(60)

settings = Settings.model_validate({"worker": {"shutdown_timeout": sys.argv[2]}})
runtime = Runtime(settings, Database(sys.argv[1]))
run_once({"pull": Job(sleep, once_a_tick=True)}, runtime)
"""


def _done(world: World) -> int:
    return world.count("tagging WHERE status = 'done'")


@on_sqlite
def test_draining_tags_all_and_runs_no_other_job(world: World) -> None:
    world.add(300)
    options = ("--set", "tag.batch_size=64", "worker", "--drain", "--json")
    assert world.rocktag.well(*options).object() == {"jobs": {"tag": None}}
    assert _done(world) == 300
    assert world.select("SELECT DISTINCT job FROM run WHERE job <> 'ingest'") == [
        ("tag",)
    ]


@on_sqlite
def test_one_job_may_be_asked_for_and_only_one_that_there_is(
    world: World, call: Callable[..., Result]
) -> None:
    world.add(10)
    result = world.rocktag.well("worker", "--once", "--job", "tag", "--json")
    assert result.object() == {"jobs": {"tag": None}}
    assert world.count("run WHERE job <> 'ingest'") == 1
    for wrong, reason in (
        (
            ("--once", "--job", "tug"),
            "there is no job tug; there are pull, tag",
        ),
        (("--once", "--drain"), "exclude each other"),
        (("--drain", "--job", "pull"), "--drain runs the job tag"),
    ):
        refused = call("worker", *wrong)
        assert refused.code == 2
        assert reason in refused.stderr


@on_sqlite
def test_a_daemon_takes_a_new_configuration_and_a_new_champion_without_restart(
    world: World, trained: Trained
) -> None:
    config = world.rocktag.folder / "config.toml"
    schedule = '[schedule]\ntag = "every second"\naudit = "off"\npull = "off"\n'
    config.write_text(f"{schedule}[tag]\nbatch_size = 50\n")
    world.add(50, seed=1)
    process = world.rocktag.start("worker")
    wait_until(lambda: "tagged 50 headlines" in log_of(world), "the first batch")
    config.write_text("[tag]\nbatch_size = 0\n")
    process.send_signal(signal.SIGHUP)
    wait_until(lambda: "not reloaded: " in log_of(world), "the refusal")
    config.write_text(f"{schedule}[tag]\nbatch_size = 7\n")
    process.send_signal(signal.SIGHUP)
    wait_until(lambda: "reloaded the configuration" in log_of(world), "reloading")
    world.add(20, seed=2)
    wait_until(lambda: "tagged 7 headlines" in log_of(world), "a smaller batch")
    wait_until(lambda: _done(world) == 70, "the rest")

    models_dir = world.published.folder.parents[1]
    second = publish(models_dir, trained.draft, training_seconds=1.0)
    facts = version_facts(second.manifest, second.manifest_sha256)
    with world.database.write() as connection:
        key = models.register(connection, facts)
        models.promote(connection, key, by="test", why="test")
    world.add(30, seed=3)
    wait_until(lambda: _done(world) == 100, "the new champion")
    assert end(process, signal.SIGTERM) == 0
    assert world.select(
        "SELECT model_version, count(*) FROM tagged_headline"
        " GROUP BY model_version ORDER BY model_version"
    ) == [(world.published.manifest.name, 70), (second.manifest.name, 30)]
    assert world.count("run WHERE status <> 'succeeded'") == 0


@on_sqlite
def test_a_hang_up_is_heeded_after_the_batch_in_hand_not_after_the_run(
    world: World,
) -> None:
    config = world.rocktag.folder / "config.toml"
    schedule = '[schedule]\ntag = "every second"\naudit = "off"\npull = "off"\n'
    config.write_text(f"{schedule}[tag]\nbatch_size = 1\n")
    world.add(5_000)
    process = world.rocktag.start("worker")
    wait_until(lambda: "tagged 1 headline " in log_of(world), "the first batch")
    config.write_text(f"{schedule}[tag]\nbatch_size = 999\n")
    process.send_signal(signal.SIGHUP)
    wait_until(lambda: "tagged 999 headlines" in log_of(world), "a larger batch")
    wait_until(lambda: _done(world) == 5_000, "the rest")
    assert end(process, signal.SIGTERM) == 0
    assert log_of(world).count("reloaded the configuration") == 1
    ((first,),) = world.select("SELECT done FROM run WHERE job = 'tag' AND id = 2")
    assert first < 5_000


@on_sqlite
def test_draining_waits_for_what_another_worker_has_without_a_run_a_second(
    world: World,
) -> None:
    world.add(30)
    runtime = runtime_of(world)
    version = runtime.registered(runtime.tagger())
    with world.database.write() as connection:
        queue.enqueue(connection, version)
        taggings.claim(connection, version, claim_id="other", limit=10, lease_seconds=4)
    assert drain("tag", JOBS["tag"], runtime) is None
    assert _done(world) == 30
    assert world.select("SELECT taken FROM run WHERE job = 'tag' ORDER BY id") == [
        (20,),
        (10,),
    ]


def by_check(key: int) -> dict[str, list[str]]:
    """Return by database what makes it refuse a headline's labels by itself."""
    check = (
        f"ALTER TABLE headline_label ADD CONSTRAINT picky CHECK (headline_id <> {key})"
    )
    return {
        "sqlite": by_trigger(key)["sqlite"],
        "postgresql": [check],
        "mysql": [check],
    }


def by_trigger(key: int) -> dict[str, list[str]]:
    """Return by database what makes a trigger of the user's refuse them."""
    head = "CREATE TRIGGER picky BEFORE INSERT ON headline_label"
    return {
        "sqlite": [
            f"{head} WHEN NEW.headline_id = {key}"
            " BEGIN SELECT RAISE(ABORT, 'picky refuses'); END"
        ],
        "postgresql": [
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'picky refuses'; END $$",
            f"{head} FOR EACH ROW WHEN (NEW.headline_id = {key})"
            " EXECUTE FUNCTION refuse()",
        ],
        "mysql": [
            f"{head} FOR EACH ROW BEGIN IF NEW.headline_id = {key} THEN"
            " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'picky refuses';"
            " END IF; END"
        ],
    }


@pytest.mark.parametrize("refuse", [by_check, by_trigger])
def test_a_headline_whose_labels_the_database_refuses_fails_alone(
    world: World, backend: str, refuse: Callable[[int], dict[str, list[str]]]
) -> None:
    world.add(100)
    ((key,),) = world.select("SELECT id FROM headline ORDER BY id LIMIT 1 OFFSET 37")
    for statement in refuse(key)[backend]:
        world.execute(statement)
    assert run_once(TAG, runtime_of(world)) == {"tag": None}
    assert _done(world) == 99
    ((found, attempts, error),) = world.select(
        "SELECT headline_id, attempts, error FROM failed_headline"
    )
    assert (found, attempts) == (key, 3)
    assert "picky" in error
    assert world.select("SELECT taken, done, failed FROM run WHERE job = 'tag'") == [
        (102, 99, 3)
    ]


@on_sqlite
def test_a_run_of_too_many_failures_is_stopped_with_an_alert_until_one_goes_well(
    world: World,
) -> None:
    world.add(200)
    titles = [title for (title,) in world.select("SELECT title FROM headline")]
    runtime = runtime_of(world, batch_size=100)
    Fragile(runtime, titles[:60])
    outcome = run_once(TAG, runtime)
    assert "tag.maximum_failed_share (20%)" in str(outcome["tag"])
    alert = "SELECT kind, subject, message FROM open_alert WHERE kind = 'failed_run'"
    assert world.select(alert) == [("failed_run", "tag", outcome["tag"])]
    assert world.select("SELECT status FROM run WHERE job = 'tag'") == [("failed",)]
    assert world.count("tagging WHERE status = 'leased'") == 0
    assert run_once(TAG, runtime_of(world)) == {"tag": None}
    assert world.select(alert) == []
    assert _done(world) == 200


def _sleeper(world: World, shutdown_timeout: str) -> subprocess.Popen[str]:
    """Start a worker in the middle of a job that does not end by itself."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SLEEPER, world.database.secret_url, shutdown_timeout],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as output:
        assert output.readline() == "asleep\n"
    return process


@on_sqlite
def test_a_second_signal_ends_a_busy_worker_at_once(world: World) -> None:
    process = _sleeper(world, "600")
    process.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    begun = time.monotonic()
    assert end(process, signal.SIGTERM) == 128 + signal.SIGTERM
    assert time.monotonic() - begun < 10
    assert world.select("SELECT status FROM run") == [("running",)]


@on_sqlite
def test_a_batch_that_takes_too_long_to_stop_is_given_up_in_time(world: World) -> None:
    begun = time.monotonic()
    assert end(_sleeper(world, "1.5"), signal.SIGTERM) == 0
    assert time.monotonic() - begun < 30
    assert world.select("SELECT status, error FROM run") == [
        ("failed", "stopped before its batch was done")
    ]


@on_sqlite
def test_retag_undo_and_failed_as_an_operator_types_them(
    world: World, call: Callable[..., Result]
) -> None:
    world.add(20)
    ((key, title),) = world.select("SELECT id, title FROM headline WHERE id = 5")
    Fragile(runtime := runtime_of(world, maximum_attempts=1), [title])
    run_once(TAG, runtime)
    ((run_id,),) = world.select("SELECT id FROM run WHERE job = 'tag'")
    models_dir = str(world.published.folder.parents[1])
    here = ("--database-url", world.database.secret_url, "--models-dir", models_dir)

    [failed] = call(*here, "failed", "list", "--json").object()["failed"]
    assert (failed["headline_id"], failed["title"]) == (key, title)
    assert (failed["status"], failed["attempts"]) == ("failed", 1)
    assert (failed["run_id"], failed["error"][:10]) == (run_id, "ValueError")
    assert "1 headline failed" in call(*here, "failed", "list").stdout
    retry = (*here, "failed", "retry")
    assert call(*retry, "99", "--json").object() == {"pending": 0}
    assert call(*retry, str(key), "--json").object() == {"pending": 1}
    assert call(*retry).stdout == "0 headlines are pending again\n"

    undo = (*here, "undo", "--run", str(run_id), "--json")
    assert call(*undo).object() == {"run": run_id, "headlines": 19}
    assert world.count("current_label") == 0
    assert call(*here, "retag", "--json").object() == {"pending": 19}
    run_once(TAG, runtime_of(world))
    assert _done(world) == 20
    assert call(*here, "retag").stdout.startswith("0 headlines are pending")
    since = (*here, "retag", "--since", "2999-01-01", "--again", "--json")
    assert call(*since).object() == {"pending": 0}
    assert call(*here, "retag", "--again", "--json").object() == {"pending": 20}

    for wrong, reason in (
        (("undo", "--run", "999"), "there is no run 999"),
        (("retag", "--since", "some day"), "--since 'some day'"),
    ):
        refused = call(*here, *wrong)
        assert refused.code == 2
        assert reason in refused.stderr
