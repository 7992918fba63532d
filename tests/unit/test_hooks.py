"""Commands and web addresses that are told of alerts, each one really run."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from rocktag.config import HookSettings, Settings
from rocktag.config.loading import load
from rocktag.errors import ConfigError
from rocktag.hooks import commands, webhooks
from tests.web_hooks import web_hook

ALERT = {"ROCKTAG_ALERT_KIND": "drift"}


def _never() -> bool:
    return False


def _after(seconds: float) -> float:
    return time.monotonic() + seconds


def _python(folder: Path, script: str) -> list[str]:
    path = folder / "hook.py"
    path.write_text(script)
    return [sys.executable, str(path), str(folder / "out")]


def test_a_command_gets_the_alert_and_none_of_the_workers_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ROCKTAG_DATABASE_URL", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "hidden")
    script = (
        "import json, os, sys; told = sys.stdin.read()\n"
        "json.dump([told, dict(os.environ)], open(sys.argv[1], 'w'))\n"
    )
    command = [*_python(tmp_path, script), "$(touch injected); `id`"]
    assert commands.run(command, b'{"id": 1}', ALERT, _never) is None
    told, environment = json.loads((tmp_path / "out").read_text())
    assert told == '{"id": 1}'
    assert environment["ROCKTAG_ALERT_KIND"] == "drift"
    assert environment["PATH"] == os.environ["PATH"]
    assert "hidden" not in environment.values()


def test_a_command_that_hangs_is_killed_with_all_that_it_started(
    tmp_path: Path,
) -> None:
    script = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        "print('no answer from the pager', file=sys.stderr, flush=True)\n"
        "open(sys.argv[1], 'w').write(str(child.pid))\n"
        "time.sleep(600)\n"
    )
    out, begun = tmp_path / "out", time.monotonic()

    def is_over() -> bool:
        return (out.exists() and out.read_text() != "") or time.monotonic() > begun + 20

    fault = commands.run(_python(tmp_path, script), b"", ALERT, is_over)
    assert fault is not None
    assert "took too long and was killed; it said: no answer from the pager" in fault
    end = _after(5)
    status = Path(f"/proc/{out.read_text()}/stat")
    while status.exists() and ") Z " not in status.read_text():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_command_that_leaves_a_child_in_the_background_is_not_waited_for(
    tmp_path: Path,
) -> None:
    script = "import subprocess; subprocess.Popen(['sleep', '20'])\n"
    begun = time.monotonic()
    assert commands.run(_python(tmp_path, script), b"", ALERT, _never) is None
    assert time.monotonic() - begun < 15


def test_of_a_command_that_fails_the_end_of_its_words_is_told(tmp_path: Path) -> None:
    script = "import sys; sys.exit('x' * 1_000_000 + '\\nno such team')"
    fault = commands.run(_python(tmp_path, script), b"x" * 200_000, ALERT, _never)
    assert fault is not None
    assert "ended with 1; it said: xxx" in fault
    assert fault.endswith("x no such team")
    assert len(fault) < 1_500


@pytest.mark.parametrize("program", ["/no/such/program", "nul\x00", ""])
def test_a_command_that_cannot_be_run_is_a_fault(program: str) -> None:
    fault = commands.run([program], b"", ALERT, _never)
    assert fault is not None
    assert "cannot be run" in fault


def test_a_web_address_is_posted_to() -> None:
    with web_hook() as inbox:
        assert webhooks.post(inbox.url, b'{"id": 1}', 5, _never) is None
    assert inbox.posts == [{"id": 1}]
    assert inbox.types == ["application/json"]


@pytest.mark.parametrize("status", [301, 302, 307, 308, 404, 500])
def test_only_success_is_success_and_no_redirect_is_followed(status: int) -> None:
    with web_hook() as inbox:
        inbox.status = status
        fault = webhooks.post(inbox.url, b"{}", 5, _never)
    assert fault is not None
    assert f"status {status}" in fault
    assert "T0K3N" not in fault
    assert inbox.posts == [{}]


def test_a_server_that_does_not_answer_is_given_up() -> None:
    with web_hook() as inbox:
        inbox.released.clear()
        assert "timed out" in str(webhooks.post(inbox.url, b"{}", 0.2, _never))
        end = _after(0.2)
        fault = webhooks.post(inbox.url, b"{}", 30, lambda: time.monotonic() > end)
        assert fault == "the server took too long"
    fault = webhooks.post(inbox.url, b"{}", 1, _never)
    assert fault is not None
    assert "no answer that could be read" in fault
    assert "T0K3N" not in fault


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/x",
        "file:///etc/passwd",
        "https://",
        "https://host:port/x",
        "https://ann:hunter2@host/x",
        "https://host/a b",
        "https://host/\n",
        "https://hóst/x",
    ],
)
def test_what_is_no_web_address_is_refused_unseen(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text("")
    monkeypatch.setenv("ROCKTAG_HOOK__URL", url)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config.toml")
    assert "hook.url: " in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "got" not in str(caught.value)


def test_a_hook_is_a_command_or_a_web_address(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[hook]\ncommand = ['page']\nurl = 'https://host/x'\n")
    with pytest.raises(ConfigError, match="give command or url"):
        load(file)
    assert not HookSettings().is_set_up


def test_a_web_address_is_shown_without_what_follows_its_host() -> None:
    url = "https://chat.example:8443/services/T0K3NT0K3NT0K3N?key=0123456789abcdef"
    hook = HookSettings(url=SecretStr(url))
    settings = Settings.model_validate({}).model_copy(update={"hook": hook})
    assert settings.displayable()["hook"]["url"] == "https://chat.example:8443/***"
    assert "hook" not in settings.publishable()
    assert hook.secrets == {
        url,
        "/services/T0K3NT0K3NT0K3N?key=0123456789abcdef",
        "T0K3NT0K3NT0K3N",
        "0123456789abcdef",
    }
    assert HookSettings().secrets == set()
    assert "T0K3N" not in repr(settings)


def test_rocktag_can_be_asked_by_a_hook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text("")
    for name in ("ID", "KIND", "SUBJECT"):
        monkeypatch.setenv(f"ROCKTAG_ALERT_{name}", "1")
    load(tmp_path / "config.toml")
