"""The log: the run on every line, no secret, and JSON whatever is said."""

from __future__ import annotations

import ast
import json
import logging
import os
import re
import threading
from collections.abc import Iterator
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocktag.cli import console, logs
from rocktag.log_context import logged_as

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operating.md").read_text("utf-8")
KEYS = [
    *("time", "level", "logger", "event", "job", "run", "host", "process_id"),
    *("message", "counts", "error"),
]
HOSTILE = "Queen\x1b]0;owned\x07 \x1b[31m\r\n\x9b2J\x7f \u202elive"
logger = logging.getLogger("rocktag.test")


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget secrets, and leave logging as it was."""
    monkeypatch.setattr(console, "_secrets", set())
    root, ours = logging.getLogger(), logging.getLogger("rocktag")
    before = list(root.handlers), root.level, ours.level
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])


def _line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    found = json.loads(printed)
    assert list(found) == KEYS
    return dict(found)


def _of(message: str, **extra: object) -> logging.LogRecord:
    return logging.makeLogRecord(
        {"name": "rocktag.test", "levelname": "INFO", "msg": message, **extra}
    )


def test_an_object_has_every_key_in_the_same_order(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.set_up_logging("info", "json")
    logger.info("tagged %d", 50, extra={"event": "batch_tagged", "counts": {"n": 50}})
    found = _line(capsys)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found["time"])
    assert found["message"] == "tagged 50"
    assert (found["level"], found["logger"]) == ("info", "rocktag.test")
    assert (found["event"], found["counts"]) == ("batch_tagged", {"n": 50})
    assert (found["job"], found["run"], found["error"]) == (None, None, None)
    assert found["process_id"] == os.getpid()


def test_both_formats_say_the_run_that_is_under_way_and_only_then(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.set_up_logging("info", "json")
    with logged_as("tag", 42):
        logger.info("during")
        assert (found := _line(capsys))["run"] == 42
        assert found["job"] == "tag"
        logger.info("of another", extra={"job": "pull", "run": 41})
        assert _line(capsys)["run"] == 41
        logs.set_up_logging("info")
        logger.info("during")
        assert capsys.readouterr().err.endswith(" INFO    [run 42] during\n")
    logger.info("after")
    assert capsys.readouterr().err.endswith(" INFO    after\n")


def test_a_thread_started_in_a_copy_of_the_context_logs_the_same_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.set_up_logging("info")
    with logged_as("tag", 42):
        beat = threading.Thread(target=copy_context().run, args=(logger.info, "beat"))
        beat.start()
        beat.join()
    assert "[run 42] beat" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_and_no_control_character_gets_out_not_even_in_a_traceback(
    form: logs.LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    console.keep_secret('postgresql://ann:hunt"ü2@host/news')
    logs.set_up_logging("info", form)
    try:
        raise ValueError(f'hunt"ü2 {HOSTILE}')
    except ValueError:
        logger.exception("using %s %s", 'hunt"ü2', HOSTILE)
    printed = capsys.readouterr().err
    assert "using *** Queen" in printed
    assert "ValueError: *** Queen" in printed
    assert "hunt" not in printed
    assert not set(printed) & set("\x1b\x07\r\x9b\x7f\u202e")


ANY_TEXT = st.text(st.characters(codec=None))


@given(message=ANY_TEXT, error=ANY_TEXT)
def test_whatever_is_said_is_one_line_of_valid_json_in_ascii(
    message: str, error: str
) -> None:
    fault = ValueError(error)
    record = _of(message, exc_info=(ValueError, fault, None))
    line = logs._JsonFormatter().format(record)
    assert line.isascii()
    assert line.isprintable()
    found = json.loads(line)
    assert list(found) == KEYS
    assert found["message"] == console.redacted(message)


def _events_of_the_code() -> set[str]:
    """Return every value of a key `event` in a dictionary that rocktag writes out."""
    files = [*(ROOT / "rocktag").rglob("*.py"), *(ROOT / "jobs").rglob("*.py")]
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text())))
    return {
        value.value
        for node in nodes
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant)
        and key.value == "event"
        and isinstance(value, ast.Constant)
        and isinstance(value.value, str)
    }


def test_the_page_lists_every_key_and_just_the_events_that_there_are() -> None:
    section = PAGE.partition("## Log reference")[2].partition("\n## ")[0]
    assert re.findall(r"^\| (\w+) \|", section, re.MULTILINE) == [
        "key",
        *KEYS,
        "event",
    ]
    events = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert len(set(events)) == len(events)
    assert set(events) == _events_of_the_code()
