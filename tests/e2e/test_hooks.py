"""The hook beside a worker that works, as a process."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Result, World, wait_until
from tests.e2e.test_worker import end, log_of
from tests.web_hooks import web_hook

SECRET = "hunter2hunter2"
_HOOK = """
import json, os, sys, time
told = json.load(sys.stdin)
with open(sys.argv[1], "a") as file:
    call = {"told": told, "of": dict(os.environ), "id": os.getpid()}
    print(json.dumps(call), file=file)
print("the token \\x1b[31m" + sys.argv[3], file=sys.stderr, flush=True)
time.sleep(float(sys.argv[2]))
sys.exit(3)
"""

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def _missing_source(tmp_path: Path) -> dict[str, str]:
    """Return variables of a `[source]` that is not there: each `pull` fails."""
    url = f"sqlite:///{tmp_path / 'missing' / 'cms.db'}?password={SECRET}"
    source = {"URL": url, "TABLE": "a", "ID": "i", "TITLE": "t"}
    return {f"ROCKTAG_SOURCE__{key}": value for key, value in source.items()}


def _command(tmp_path: Path, seconds: float) -> dict[str, str]:
    script = tmp_path / "hook.py"
    script.write_text(_HOOK)
    out = str(tmp_path / "hook.out")
    command = [sys.executable, str(script), out, str(seconds), SECRET]
    return {"ROCKTAG_HOOK__COMMAND": json.dumps(command)}


def _told(tmp_path: Path) -> list[dict[str, Any]]:
    out = tmp_path / "hook.out"
    text = out.read_text() if out.exists() else ""
    return [json.loads(line) for line in text.splitlines() if line.endswith("}")]


def _is_alive(process_id: int) -> bool:
    status = Path(f"/proc/{process_id}/stat")
    return status.exists() and ") Z " not in status.read_text()


def test_a_hook_that_hangs_keeps_no_headline_waiting_and_ends_with_the_worker(
    world: World, tmp_path: Path
) -> None:
    variables = _missing_source(tmp_path) | _command(tmp_path, 600)
    options = ("schedule.pull=every 1 seconds", "schedule.tag=every 1 seconds")
    limits = ("hook.timeout_seconds=300", "worker.shutdown_timeout=4")
    settings = [part for each in (*options, *limits) for part in ("--set", each)]
    process = world.rocktag.start(*settings, "worker", **variables)
    wait_until(lambda: len(_told(tmp_path)) == 1, "the hook", seconds=30)
    world.add(20)
    wait_until(
        lambda: world.count("tagging WHERE status = 'done'") == 20, "tags", seconds=30
    )
    (call,) = _told(tmp_path)
    assert _is_alive(call["id"])
    begun = time.monotonic()
    assert end(process, signal.SIGTERM) == 0
    assert time.monotonic() - begun < 12
    assert not _is_alive(call["id"])
    told, environment = call["told"], call["of"]
    assert (told["kind"], told["subject"]) == ("failed_run", "pull")
    assert told["run_id"] in {row[0] for row in world.select("SELECT id FROM run")}
    assert environment["ROCKTAG_ALERT_SUBJECT"] == "pull"
    assert [name for name in environment if name.startswith("ROCKTAG_")] == [
        "ROCKTAG_ALERT_ID",
        "ROCKTAG_ALERT_KIND",
        "ROCKTAG_ALERT_SUBJECT",
    ]
    assert SECRET not in json.dumps(call)
    assert "it said: the token \\x1b[31m***" in log_of(world)
    assert SECRET not in log_of(world)
    assert world.select("SELECT tries, notified_at FROM alert") == [(1, None)]


def test_a_worker_that_runs_once_tells_before_it_ends(
    world: World,
    tmp_path: Path,
    call: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world.add(10)
    with web_hook() as inbox:
        variables = {**_missing_source(tmp_path), "ROCKTAG_HOOK__URL": inbox.url}
        for name, value in (world.rocktag.environment | variables).items():
            monkeypatch.setenv(name, value)
        result = call("worker", "--once")
        assert result.code == 1
        assert [post["subject"] for post in inbox.posts] == ["pull"]
        assert world.count("alert WHERE notified_at IS NOT NULL") == 1
        world.execute("UPDATE alert SET notified_at = NULL")
        inbox.released.clear()
        begun = time.monotonic()
        limit = ("--set", "hook.timeout_seconds=1")
        result = call(*limit, "worker", "--drain")
        assert time.monotonic() - begun < 5
    assert result.code == 0
    assert "the hook failed for alert 1" in result.stderr
    for said in (result.stderr, str(inbox.posts)):
        assert "T0K3N" not in said
        assert SECRET not in said
