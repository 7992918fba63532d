"""The worker as a process: on schedule, stopped, killed, and beside another one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from jobs import JOBS
from rocktag.config import Settings
from rocktag.db import Database
from rocktag.db.annotations import Reading, append
from rocktag.db.runs import RunRecord
from rocktag.runtime import Job, Runtime
from rocktag.types import Probabilities
from rocktag.worker import run_once, serve
from tests.e2e.conftest import Rocktag, World, wait_until

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
on_servers = pytest.mark.parametrize("backend", ["postgresql", "mysql"], indirect=True)
SMALL_BATCHES = ("--set", "tag.batch_size=50", "--set", "tag.lease_seconds=1")
FORBIDDEN = ("tensorflow", "keras", "transformers", "torch", "pandas")
_DEATHS = ("dies", "dead at 70", "died last night", "is dead", "death confirmed")


def _tripwires(folder: Path) -> str:
    """Plant packages that leave a mark when they are imported; return PYTHONPATH."""
    planted = folder / "planted"
    for name in FORBIDDEN:
        (planted / name).mkdir(parents=True)
        mark = str(folder / f"{name}-was-imported")
        (planted / name / "__init__.py").write_text(f"open({mark!r}, 'w').close()\n")
    return str(planted)


def _marks(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*-was-imported")}


def log_of(world: World) -> str:
    return (world.rocktag.folder / "worker.log").read_text()


def _scheduled(world: World, **variables: str) -> subprocess.Popen[str]:
    """Start the daemon and wait until it has its schedule."""
    process = world.rocktag.start(
        "--set", "schedule.tag=* * * * *", "worker", **variables
    )
    wait_until(lambda: "audit runs next at" in log_of(world), "the schedule")
    return process


def end(process: subprocess.Popen[str], number: int) -> int:
    """Send a signal and return the exit code, which must come within seconds."""
    process.send_signal(number)
    try:
        return process.wait(timeout=15)
    finally:
        process.kill()


def _draining(world: World, *options: str) -> subprocess.Popen[str]:
    """Start `worker --once` and return when it is in the middle of the backlog."""
    process = world.rocktag.start(*SMALL_BATCHES, *options, "worker", "--once")
    wait_until(
        lambda: world.count("tagging WHERE status = 'done'") >= 100, "the first batches"
    )
    return process


def _assert_each_tagged_once(world: World, total: int) -> None:
    assert world.select("SELECT status, count(*) FROM tagging GROUP BY status") == [
        ("done", total)
    ]
    assert world.count("tagging WHERE lease_until IS NOT NULL") == 0
    assert (
        world.count("(SELECT DISTINCT headline_id FROM headline_label) tagged") == total
    )
    assert (
        world.count(
            "headline_label l JOIN tagging t ON t.headline_id = l.headline_id"
            " AND t.model_version_id = l.model_version_id AND t.run_id <> l.run_id"
        )
        == 0
    )
    assert (
        world.select(
            "SELECT headline_id, label FROM headline_label"
            " GROUP BY headline_id, label HAVING count(*) > 1"
        )
        == []
    )


@on_sqlite
def test_the_daemon_tags_what_comes_in_and_never_imports_a_framework_or_pandas(
    world: World, tmp_path: Path
) -> None:
    planted = _tripwires(tmp_path)
    environment = {**world.rocktag.environment, "PYTHONPATH": planted}
    for name in FORBIDDEN:  # the tripwires work
        subprocess.run(
            [sys.executable, "-c", f"import {name}"], env=environment, check=True
        )
    assert len(_marks(tmp_path)) == len(FORBIDDEN)
    for name in _marks(tmp_path):
        (tmp_path / name).unlink()

    process = _scheduled(world, PYTHONPATH=planted)
    world.add(20)
    wait_until(
        lambda: world.count("tagging WHERE status = 'done'") == 20,
        "the minute's run",
        seconds=75,
    )
    assert end(process, signal.SIGTERM) == 0
    assert _marks(tmp_path) == set()
    assert world.select("SELECT DISTINCT status FROM run WHERE job = 'tag'") == [
        ("succeeded",)
    ]
    assert log_of(world).endswith("stopped\n")


@on_sqlite
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_an_idle_daemon_with_success(number: int, world: World) -> None:
    process = _scheduled(world)
    begun = time.monotonic()
    assert end(process, number) == 0
    assert time.monotonic() - begun < 5
    assert "Traceback" not in log_of(world)


@on_sqlite
def test_a_signal_while_draining_lets_the_batch_in_hand_be_written(
    world: World,
) -> None:
    total = 20_000
    world.add(total)
    assert end(_draining(world), signal.SIGTERM) == 0
    counts = dict(world.select("SELECT status, count(*) FROM tagging GROUP BY status"))
    assert set(counts) == {"done", "pending"}
    assert counts["done"] % 50 == 0
    assert counts["done"] + counts["pending"] == total
    assert world.select(
        "SELECT status, taken, done, error FROM run WHERE job = 'tag'"
    ) == [("succeeded", counts["done"], counts["done"], None)]
    assert world.count("run WHERE status = 'running'") == 0
    assert world.count("run_metric WHERE name = 'tagged'") == 1
    world.rocktag.well("worker", "--once")
    _assert_each_tagged_once(world, total)


def test_what_a_killed_worker_held_is_tagged_by_the_next_one(world: World) -> None:
    total = 3_000
    world.add(total)
    end(_draining(world), signal.SIGKILL)
    done = world.count("tagging WHERE status = 'done'")
    assert done < total
    time.sleep(2.1)  # the lease of one second, in whole seconds
    world.rocktag.well("worker", "--once")
    _assert_each_tagged_once(world, total)
    assert world.select(
        "SELECT status, done FROM run WHERE job = 'tag' ORDER BY id"
    ) == [("failed", done), ("succeeded", total - done)]


@on_servers
def test_two_workers_share_the_work_and_tag_nothing_twice(world: World) -> None:
    total = 4_000
    world.add(total)
    options = ("--set", "tag.batch_size=20", "worker", "--once")
    workers = [world.rocktag.start(*options) for _ in range(2)]
    assert [worker.wait(timeout=60) for worker in workers] == [0, 0], log_of(world)
    _assert_each_tagged_once(world, total)
    shares = [row[0] for row in world.select("SELECT done FROM run WHERE job = 'tag'")]
    assert len(shares) == 2
    assert sum(shares) == total
    assert min(shares) > 0
    assert world.select(
        "SELECT sum(value) FROM run_metric m JOIN run r ON r.id = m.run_id"
        " WHERE m.name = 'tagged' AND r.job = 'tag'"
    ) == [(total,)]


@on_sqlite
def test_a_job_that_fails_stops_no_other_and_shows_in_the_exit_code(
    world: World,
) -> None:
    world.add(30)
    source = {"url": "sqlite:///missing/cms.db", "table": "a", "id": "i", "title": "t"}
    options = [f"source.{key}={value}" for key, value in source.items()]
    result = world.rocktag(
        *(part for option in options for part in ("--set", option)),
        "worker",
        "--once",
        "--json",
    )
    assert result.code == 1
    assert result.stderr.endswith(
        "rocktag: failed: pull; see the log above, and the table run\n"
    )
    assert "Traceback" not in result.stderr
    runs = world.select("SELECT job, status, done FROM run WHERE job <> 'ingest'")
    assert runs == [
        ("pull", "failed", 0),
        ("tag", "succeeded", 30),
        ("audit", "succeeded", 30),
    ]
    ((error,),) = world.select("SELECT error FROM run WHERE job = 'pull'")
    assert "does its folder exist" in error


def runtime_of(world: World, **tag: object) -> Runtime:
    settings = Settings.model_validate({"tag": tag})
    folder = world.published.folder.parents[1]
    settings = settings.model_copy(update={"models_dir": folder})
    return Runtime(settings, world.database)


class Fragile:
    """A model that breaks on some titles."""

    def __init__(self, runtime: Runtime, breaks_on: Iterable[str]) -> None:
        self._sound = runtime.tagger()
        self._breaks_on = frozenset(breaks_on)
        artifact = replace(self._sound.artifact, predict=self._predict)
        runtime._tagger = replace(self._sound, artifact=artifact)

    def _predict(self, titles: Sequence[str]) -> Probabilities:
        if broken := self._breaks_on.intersection(titles):
            raise ValueError(f"cannot read {min(broken)!r}")
        return self._sound.artifact.predict(titles)


def test_a_title_that_breaks_the_model_fails_alone_and_for_good_after_three_tries(
    world: World,
) -> None:
    world.add(300)
    ((key, title),) = world.select(
        "SELECT id, title FROM headline ORDER BY id LIMIT 1 OFFSET 123"
    )
    (twins,) = world.select(f"SELECT count(*) FROM headline WHERE id <> {key}")
    assert twins == (299,)
    runtime = runtime_of(world, batch_size=64)
    Fragile(runtime, [title])
    assert run_once(JOBS, runtime) == dict.fromkeys(JOBS)
    assert world.select("SELECT status, count(*) FROM tagging GROUP BY status") in (
        [("done", 299), ("failed", 1)],
        [("failed", 1), ("done", 299)],
    )
    ((found, attempts, error),) = world.select(
        "SELECT headline_id, attempts, error FROM failed_headline"
    )
    assert (found, attempts) == (key, 3)
    assert error == f"ValueError: cannot read {title!r}"
    assert world.count(f"headline_label WHERE headline_id = {key}") == 0


@on_sqlite
def test_a_failed_headline_is_tagged_once_its_title_is_edited(world: World) -> None:
    file = world.rocktag.folder / "news.csv"
    file.write_text("id,title\n1,Cursed title\n2,Ghost tour\n")
    world.rocktag.well("ingest", file)
    Fragile(runtime := runtime_of(world), ["Cursed title"])
    run_once(JOBS, runtime)
    assert world.count("failed_headline") == 1
    file.write_text("id,title\n1,Ghost single\n2,Ghost tour\n")
    world.rocktag.well("ingest", file)
    world.rocktag.well("worker", "--once")
    assert world.select("SELECT labels FROM tagged_headline ORDER BY title") == [
        ("single",),
        ("tour",),
    ]
    assert world.count("failed_headline") == 0


def test_a_run_leaves_its_metrics_and_those_of_each_label(world: World) -> None:
    world.add(1_200, seed=5)
    assert run_once(JOBS, runtime_of(world))["tag"] is None
    ((run_id,),) = world.select("SELECT id FROM run WHERE job = 'tag'")
    metrics = dict(
        world.select(f"SELECT name, value FROM run_metric WHERE run_id = {run_id}")
    )
    assert metrics.keys() >= {"drifted_labels"}
    assert (metrics["claimed"], metrics["tagged"], metrics["failed"]) == (1200, 1200, 0)
    assert metrics["without_topic"] == world.count(
        "tagged_headline WHERE labels = 'n/a'"
    )
    topics = world.count("headline_label WHERE label <> 'n/a'")
    assert metrics["labels_per_headline"] == pytest.approx(topics / 1_200)
    assert metrics["headlines_per_second"] > 0
    assert 0 < metrics["p50_batch_seconds"] <= metrics["p95_batch_seconds"]
    assert 0.9 < metrics["rule_agreement"] <= 1

    labels = world.select(
        "SELECT label, assigned, rate, mean_probability, rule_agreement,"
        " expected_rate, psi, rate_p_value, drifted FROM run_label_metric"
        f" WHERE run_id = {run_id}"
    )
    assert len(labels) == 36
    counts = dict(
        world.select("SELECT label, count(*) FROM current_label GROUP BY label")
    )
    for label, assigned, rate, *others in labels:
        assert assigned == counts.get(label, 0)
        assert rate == pytest.approx(assigned / 1_200)
        mean, agreement, expected, psi, p_value, drifted = others
        assert 0 <= mean <= 1
        assert 0.9 < agreement <= 1
        assert 0 <= expected <= 1
        assert psi >= 0
        assert 0 <= p_value <= 1
        assert drifted in (False, True)


@on_sqlite
def test_headlines_of_another_kind_drift_and_the_usual_ones_do_not(
    world: World,
) -> None:
    world.add(1_000, seed=5)
    run_once(JOBS, runtime_of(world))
    file = world.rocktag.folder / "deaths.csv"
    rows = (f"{n},Singer {n} of Band {n} {_DEATHS[n % 5]}" for n in range(1_000))
    file.write_text("\n".join(["id,title", *rows, ""]))
    world.rocktag.well("ingest", file)
    run_once(JOBS, runtime_of(world))
    usual, deaths = (
        {
            label
            for (label,) in world.select(
                "SELECT label FROM run_label_metric"
                f" WHERE run_id = {run_id} AND drifted"
            )
        }
        for (run_id,) in world.select(
            "SELECT id FROM run WHERE job = 'tag' ORDER BY id"
        )
    )
    assert len(usual) <= 2
    assert {"death", "announce", "n/a"} <= deaths


@on_sqlite
def test_audit_adds_up_the_tag_runs_of_the_window(world: World) -> None:
    for seed, count in ((5, 300), (6, 200)):
        world.add(count, seed=seed)
        run_once({"tag": JOBS["tag"]}, runtime_of(world))
    run_once({"audit": JOBS["audit"]}, runtime_of(world))
    rows = world.select(
        "SELECT r.job, m.headlines, m.assigned FROM run_label_metric m"
        " JOIN run r ON r.id = m.run_id WHERE m.label = 'n/a' ORDER BY r.id"
    )
    (_, first, one), (_, second, two), (job, both, sum_of_two) = rows
    assert (job, first, second, both) == ("audit", 300, 200, 500)
    assert sum_of_two == one + two
    world.execute("UPDATE run SET started_at = '2020-01-01 00:00:00.000000'")
    run_once({"audit": JOBS["audit"]}, runtime_of(world))
    assert world.select(
        "SELECT status, done FROM run WHERE job = 'audit' ORDER BY id DESC LIMIT 1"
    ) == [("succeeded", 0)]


@on_sqlite
def test_a_stop_keeps_later_jobs_from_starting(world: World) -> None:
    world.add(10)
    runtime = runtime_of(world)

    def stop(runtime: Runtime, _: RunRecord) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    jobs = {"pull": Job(stop, once_a_tick=True), "tag": JOBS["tag"]}
    assert run_once(jobs, runtime) == {"pull": None}
    assert world.count("tagging") == 0


def test_an_unexpected_error_in_a_job_is_kept_in_its_run(database: Database) -> None:
    def broken(_: Runtime, record: RunRecord) -> None:
        record.taken = 7
        raise ZeroDivisionError("by nought")

    runtime = Runtime(Settings.model_validate({}), database)
    outcome = run_once({"pull": Job(broken, once_a_tick=True)}, runtime)
    assert outcome == {"pull": "ZeroDivisionError('by nought')"}
    world = World(Rocktag(Path(), {}), database, None)  # type: ignore[arg-type]
    assert world.select("SELECT status, taken, error FROM run") == [
        ("failed", 7, "ZeroDivisionError('by nought')")
    ]


@on_sqlite
def test_a_tick_that_falls_while_its_job_runs_comes_right_after(
    database: Database,
) -> None:
    moments: list[float] = []

    def slow(runtime: Runtime, _: RunRecord) -> None:
        moments.append(time.monotonic())
        time.sleep(3.1)
        if len(moments) == 2:
            runtime.stopping.set()

    schedule = {"pull": "every 3 seconds", "tag": "off", "audit": "off"}
    runtime = Runtime(Settings.model_validate({"schedule": schedule}), database)
    serve({"pull": Job(slow, once_a_tick=True)}, runtime)
    assert moments[1] - moments[0] < 5  # with the next tick it would be 6


@on_sqlite
def test_an_audit_tells_what_people_say_of_the_tags(world: World) -> None:
    world.add(200, seed=5)
    run_once(JOBS, runtime_of(world))
    given = world.select(
        "SELECT headline_id, label FROM headline_label"
        " WHERE label NOT IN ('vocalist', 'play') ORDER BY headline_id, label"
    )
    titles = dict(world.select("SELECT id, title FROM headline"))
    wrong = given[0]
    with world.database.write() as connection:
        readings = [
            Reading(key, titles[key], {label: (key, label) != wrong}, "uncertain")
            for key, label in given[:20]
        ]
        append(connection, readings, "reader")
    run_once(JOBS, runtime_of(world))
    ((run_id,),) = world.select("SELECT max(id) FROM run WHERE job = 'audit'")
    of_run = f"WHERE run_id = {run_id}"
    metrics = dict(world.select(f"SELECT name, value FROM run_metric {of_run}"))
    assert (metrics["human_read"], metrics["human_precision"]) == (20, 0.95)
    assert "human_recall" not in metrics  # chance chose none of them
    columns = "SELECT label, human_read, human_right FROM run_label_metric"
    rows = world.select(f"{columns} {of_run} AND human_read > human_right")
    ((label, read, right),) = rows
    assert (label, read - right) == (wrong[1], 1)
