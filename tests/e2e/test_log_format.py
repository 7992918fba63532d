"""The log of a real worker as JSON: every line an object, of the run it belongs to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.conftest import Result, World

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
JSON = ("--set", "log.format=json")


def _by_event(result: Result) -> dict[str | None, list[dict[str, Any]]]:
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    events = [line["event"] for line in lines]
    return {
        event: [line for line in lines if line["event"] == event] for event in events
    }


def test_each_batch_is_a_sign_of_life_with_its_run_and_its_counts(world: World) -> None:
    world.add(120)
    result = world.rocktag(*JSON, "--set", "tag.batch_size=50", "worker", "--drain")
    assert result.code == 0
    found = _by_event(result)
    ((run, host, process_id),) = world.select(
        "SELECT id, host, process_id FROM run WHERE job = 'tag'"
    )
    assert [line["counts"]["claimed"] for line in found["batch_tagged"]] == [50, 50, 20]
    assert found["batch_tagged"][-1]["counts"]["run_done"] == 120
    (finished,) = found["run_finished"]
    assert finished["counts"] == {"taken": 120, "done": 120, "failed": 0}
    for line in (*found["batch_tagged"], finished):
        assert (line["job"], line["run"]) == ("tag", run)
        assert (line["host"], line["process_id"]) == (host, process_id)


def test_a_run_that_fails_says_which_it_was(world: World) -> None:
    world.execute("DELETE FROM model_alias_event")
    result = world.rocktag(*JSON, "worker", "--once", "--job", "tag")
    assert result.code == 1
    *logged, last = result.stderr.splitlines()
    assert last.startswith("rocktag: failed: tag")
    ((run,),) = world.select("SELECT id FROM run WHERE job = 'tag'")
    failed = next(line for line in map(json.loads, logged) if line["event"])
    assert (failed["event"], failed["run"]) == ("run_failed", run)
    assert (failed["job"], failed["error"]) == ("tag", None)
