"""A command of the operator's, run without a shell and killed when it hangs."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO

from rocktag.errors import brief

_POLL = 0.1  # seconds
_TAIL = 1_000  # bytes of standard error that are told
# Passwords and tokens often stand in other variables.
_KEPT = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER")


def run(
    command: Sequence[str],
    payload: bytes,
    variables: Mapping[str, str],
    is_over: Callable[[], bool],
) -> str | None:
    """Run a command in a process group of its own, to its end or until time is over.

    Args:
        command: The program and its arguments.
        payload: Its standard input.
        variables: Its environment, beside the few harmless ones of this process.
        is_over: Whether it must be killed, with all that it started.

    Returns:
        What went wrong, with the end of what it wrote to standard error, or None.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        # Files: no pipe that fills, nor one that a child in the background holds open.
        with TemporaryFile() as stdin, TemporaryFile() as stderr:
            stdin.write(payload)
            stdin.seek(0)
            process = subprocess.Popen(  # noqa: S603 - the operator's own, no shell
                command,
                stdin=stdin,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                env={**kept, **variables},
                start_new_session=True,
            )
            code = _wait(process, is_over)
            said = _tail(stderr)
    except (OSError, ValueError) as error:  # ValueError: NUL in an argument
        return f"{command[0]} cannot be run: {brief(error)}"
    if code == 0:
        return None
    end = "took too long and was killed" if code is None else f"ended with {code}"
    return f"{command[0]} {end}; it said: {said or 'nothing'}"


def _wait(process: subprocess.Popen[bytes], is_over: Callable[[], bool]) -> int | None:
    """Return the exit code, or None where the command had to be killed."""
    while not is_over():
        with suppress(subprocess.TimeoutExpired):
            return process.wait(_POLL)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return None


def _tail(stderr: IO[bytes]) -> str:
    size = stderr.seek(0, os.SEEK_END)
    stderr.seek(max(0, size - _TAIL))
    return " ".join(stderr.read(_TAIL).decode(errors="replace").split())
