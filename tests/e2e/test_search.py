"""rocktag search as people use it: methods, a kill, pruning, secrets."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from rocktag.db import Database
from rocktag.errors import StoreError
from tests.e2e.conftest import Result, Rocktag, wait_until

Call = Callable[..., Result]

SPACES = """
[train.cnn_bilstm]
maximum_length = 8
embedding_dimension = 4
filters = 4
kernel_width = 2
lstm_units = 4
dense_units = 4
batch_size = 128
epochs = 2
prior_bias = false
learning_rate_decay = "none"
[search]
startup_trials = 1
warmup_epochs = 0
[search.space.cnn-bilstm]
learning_rate = [0.02, 0.000001]
[search.space.decision-tree]
tree_depth = [2, 4]
ngrams = [1, 2]
[search.space.logistic-regression]
logistic_regression_c = {low = 0.1, high = 100, log = true}
"""
TREE = ("search", "--classifier", "decision-tree", "--corpus", "sample.csv")


@pytest.fixture
def prepared(tmp_path: Path, call: Call) -> Call:
    """The command line in a folder with a configuration and 600 headlines."""
    (tmp_path / "config.toml").write_text(SPACES)
    call("sample", "-n", "600", "--seed", "3", "-o", "sample.csv")
    return call


def _select(url: str, statement: str) -> list[tuple[Any, ...]]:
    database = Database(url)
    try:
        with database.read() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]
    finally:
        database.close()


def test_a_killed_search_goes_on_where_it_was(
    rocktag: Rocktag, prepared: Call, sqlite_url: str
) -> None:
    search = (*TREE, "--method", "grid", "--json")

    def third_trial_runs() -> bool:
        try:
            states = _select(sqlite_url, "SELECT state FROM trials ORDER BY number")
        except StoreError:  # no tables yet
            return False
        return states == [("COMPLETE",), ("COMPLETE",), ("RUNNING",)]

    process = rocktag.start(*search)
    wait_until(third_trial_runs, "the third trial", 30)
    process.kill()
    process.wait()
    found = rocktag.well(*search).object()
    states = [trial["state"] for trial in found["trials"]]
    assert sorted(states) == ["complete"] * 4 + ["killed"]
    assert states[2] == "killed"
    assert found["trials"][2]["seconds"] is None
    complete = [t["parameters"] for t in found["trials"] if t["state"] == "complete"]
    assert sorted((p["tree_depth"], p["ngrams"]) for p in complete) == [
        (2, 1),
        (2, 2),
        (4, 1),
        (4, 2),
    ]
    manifest = json.loads(
        (rocktag.folder / "models" / found["version"] / "manifest.json").read_text()
    )
    assert manifest["search"] == {
        "study": found["study"],
        "trial": found["best"]["number"],
        "trials": 4,
        "method": "grid",
        "objective": "micro-f1",
        "value": found["best"]["value"],
    }
    runs = "SELECT job, status, taken, done, failed FROM run ORDER BY id"
    assert _select(sqlite_url, runs) == [
        ("search", "running", 0, 0, 0),
        ("search", "succeeded", 2, 2, 0),
    ]
    rows = _select(sqlite_url, "SELECT name, value FROM run_metric")
    metrics = {str(row[0]): row[1] for row in rows}
    assert metrics == {
        "trials": 5,
        "complete": 4,
        "pruned": 0,
        "best_value": found["best"]["value"],
    }


def test_a_best_trial_is_published_once(prepared: Call) -> None:
    search = (*TREE, "--method", "grid", "--json")
    first, again = (prepared(*search).object() for _ in range(2))
    assert (first["published"], again["published"]) == (True, False)
    assert first["version"] == again["version"]
    assert first["test"] == again["test"]
    assert first["champion"]
    best = max(trial["value"] for trial in first["trials"])
    assert first["best"]["value"] == best
    assert "test" not in json.dumps([first["trials"], first["best"]])
    promoted = prepared(*search, "--promote").object()
    assert (promoted["version"], promoted["champion"]) == (first["version"], True)
    assert len(list(Path("models").glob("decision-tree/*"))) == 1


def test_the_trials_of_a_study_tell_their_methods(prepared: Call) -> None:
    search = (*TREE, "--study", "mixed", "--json")
    prepared(*search, "--method", "random", "--trials", "1").object()
    found = prepared(*search, "--method", "tpe", "--trials", "2").object()
    assert [trial["method"] for trial in found["trials"]] == ["random", "tpe"]
    shown = prepared(*TREE, "--study", "mixed", "--method", "tpe", "--trials", "2")
    assert " random " in shown.stdout
    assert " tpe " in shown.stdout


@pytest.mark.parametrize("method", ["random", "tpe"])
def test_a_range_is_searched_by_chance_and_by_what_was_good(
    prepared: Call, method: str
) -> None:
    search = ("--classifier", "logistic-regression", "--corpus", "sample.csv")
    shown = prepared("search", *search, "--method", method, "--trials", "2")
    assert shown.code == 0, shown.stderr
    assert "micro-f1 on validation, by" in shown.stdout
    assert shown.stdout.count("*") == 1
    assert "published logistic-regression/" in shown.stdout
    assert "trial 1: complete" in shown.stderr
    found = prepared(
        "search", *search, "--method", method, "--trials", "3", "--json"
    ).object()
    assert [trial["number"] for trial in found["trials"]] == [0, 1, 2]


def test_a_network_is_searched_and_a_bad_trial_pruned(prepared: Call) -> None:
    found = prepared(
        *("search", "--classifier", "cnn-bilstm", "--corpus", "sample.csv"),
        *("--method", "grid", "--objective", "validation-loss", "--json"),
    ).object()
    assert [trial["state"] for trial in found["trials"]] == ["complete", "pruned"]
    assert found["best"]["number"] == 0
    assert found["version"].startswith("cnn-bilstm/")


def test_a_search_without_time_publishes_nothing_and_says_so(prepared: Call) -> None:
    result = prepared(
        *("search", "--classifier", "cnn-bilstm", "--corpus", "sample.csv"),
        *("--method", "grid", "--time-budget", "0.001"),
    )
    assert result.code == 1
    assert "out of time in epoch" in result.stderr
    assert "nothing was published" in result.stderr
    assert not Path("models").exists()


def test_an_interrupted_search_says_how_to_go_on(
    rocktag: Rocktag, prepared: Call, sqlite_url: str
) -> None:
    process = rocktag.start(*TREE, "--method", "grid")
    log = rocktag.folder / "worker.log"
    wait_until(lambda: "trial 0: complete" in log.read_text(), "a trial", 30)
    process.send_signal(2)
    assert process.wait() == 130, log.read_text()
    told = log.read_text()
    assert "the same command goes on: rocktag search --classifier" in told
    assert told.count("rocktag: interrupted; what was stored before stays") == 1
    states = {s for (s,) in _select(sqlite_url, "SELECT state FROM trials")}
    assert states <= {"COMPLETE", "FAIL", "WAITING"}  # a waiting one is the next
    assert not (rocktag.folder / "models").exists()


def test_a_grid_of_a_range_is_refused(prepared: Call) -> None:
    result = prepared(
        *("search", "--classifier", "logistic-regression", "--method", "grid"),
        *("--corpus", "sample.csv"),
    )
    assert result.code == 2
    assert "logistic_regression_c: a range has no points; give a list" in result.stderr


@pytest.mark.parametrize("level", ["info", "debug"])
def test_a_password_is_never_shown(prepared: Call, level: str) -> None:
    url = "postgresql://ann:s3cret-p4ss@127.0.0.1:1/news"
    result = prepared(
        *("--database-url", url, "--set", f"log.level={level}"),
        *(*TREE, "--method", "grid"),
    )
    assert result.code == 1
    assert "s3cret-p4ss" not in result.stdout + result.stderr
    assert "ann:***@" in result.stderr
