"""`rocktag train` in a process of its own: its output, its end, and its result.

It gets the worker's settings as a file and the database's URL, which may hold a
password, as a variable. It ends with the worker, however that ends: its standard input
is a pipe that the worker holds open.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import tomli_w

from rocktag.config import Settings
from rocktag.errors import StoppedError, TrainingError, brief
from rocktag.text import counted

logger = logging.getLogger(__name__)

_POLL = 0.2  # seconds
_GRACE = 5.0  # seconds from SIGTERM to SIGKILL
_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Retrained:
    """What came of a training.

    Attributes:
        version: The name of what was published.
        is_champion: Whether the gate let it pass.
        reasons: Why not.
    """

    version: str
    is_champion: bool
    reasons: tuple[str, ...]


def run_training(
    settings: Settings, *, why: str, is_stopping: Callable[[], bool]
) -> Retrained:
    """Train with these settings on the database's headlines, and wait for the end.

    Args:
        settings: The worker's.
        why: For the history, should it become champion.
        is_stopping: Whether the training is to be broken off.

    Raises:
        StoppedError: It was broken off.
        TrainingError: It failed, or took longer than `retrain.timeout_hours`.
    """
    with (
        tempfile.TemporaryDirectory(prefix="rocktag-retrain-") as folder,
        tempfile.TemporaryFile() as output,
    ):
        file = Path(folder) / "config.toml"
        file.write_text(_configuration(settings), encoding="utf-8")
        process = _started(file, settings, why, output)
        listener = _Listener(cast("IO[bytes]", process.stderr))
        try:
            _wait(process, settings.retrain.timeout_hours * _HOUR, is_stopping)
        finally:
            _end(process)
            listener.close()
        output.seek(0)
        return _result(process.returncode, output.read(), listener.last)


def _configuration(settings: Settings) -> str:
    """Return the settings as a file, without what may hold a password."""
    values = settings.handed_on()
    values["log"]["format"] = "text"  # its lines become messages of this log
    return tomli_w.dumps(values)


def _started(
    file: Path, settings: Settings, why: str, output: IO[bytes]
) -> subprocess.Popen[bytes]:
    arguments = ["--config", str(file), "train", "--promote", "--why", why]
    return subprocess.Popen(  # noqa: S603 - rocktag itself
        [sys.executable, "-m", "rocktag", *arguments, "--in-background", "--json"],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.PIPE,
        env=_environment(os.environ, settings),
        start_new_session=True,
    )


def _environment(given: Mapping[str, str], settings: Settings) -> dict[str, str]:
    kept = {
        key: value for key, value in given.items() if not key.startswith("ROCKTAG_")
    }
    return {**kept, "ROCKTAG_DATABASE_URL": settings.database_url.get_secret_value()}


class _Listener:
    """Logs what a process says, line by line, until it ends."""

    def __init__(self, said: IO[bytes]) -> None:
        self.last = "nothing"
        self._thread = threading.Thread(
            target=copy_context().run,
            args=(self._listen, said),
            name="rocktag-training",
            daemon=True,
        )
        self._thread.start()

    def close(self) -> None:
        """Wait for the last line, which a child of the process may keep back."""
        self._thread.join(_GRACE)

    def _listen(self, said: IO[bytes]) -> None:
        with said:
            for line in said:
                if text := line.decode(errors="replace").strip():
                    self.last = text
                    logger.info("training: %s", text, extra={"event": "training_says"})


def _wait(
    process: subprocess.Popen[bytes], seconds: float, is_stopping: Callable[[], bool]
) -> None:
    end = time.monotonic() + seconds
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_POLL)
            return
        if is_stopping():
            raise StoppedError("the training was broken off: its worker ends")
        if time.monotonic() > end:
            raise TrainingError(
                f"the training took longer than {counted(seconds / _HOUR, 'hour')} and"
                " was killed; raise retrain.timeout_hours, or train something smaller"
            )


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process with all it started, if it has not ended itself."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
    if process.stdin is not None:
        process.stdin.close()


def _result(code: int, output: bytes, last: str) -> Retrained:
    """Return what the training printed; a refusal of the gate ends it with 1 too."""
    found = _object(output)
    if code not in (0, 1) or "version" not in found:
        how = f"was killed by signal {-code}" if code < 0 else f"ended with {code}"
        raise TrainingError(
            f"the training {how}; nothing was changed; it said at last: {brief(last)}"
        )
    gate = found.get("gate") or {}
    reasons = tuple(map(str, gate.get("reasons", ())))
    return Retrained(str(found["version"]), bool(found["champion"]), reasons)


def _object(output: bytes) -> dict[str, Any]:
    try:
        found = json.loads(output or b"{}")
    except ValueError as error:
        raise TrainingError(f"the training said no JSON: {brief(error)}") from error
    return found if isinstance(found, dict) else {}
