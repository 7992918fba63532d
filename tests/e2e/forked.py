"""`rocktag` in processes forked from one that has imported it already.

Python takes about a second to import what every command needs, hundreds of times in the
end-to-end tests. A process made so is one of its own in all else: its folder, its
environment, its standard streams, its exit code.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

# TensorFlow is not among them: its threads would not survive the fork.
_IMPORTED = [
    "alembic.command",
    "iterstrat.ml_stratifiers",
    "matplotlib.backends.backend_svg",
    "matplotlib.figure",
    "pandas",
    "psycopg",
    "pymysql",
    "rocktag.cli.entry",
    "rocktag.experiments",
    "rocktag.report",
    "rocktag.training",
    "rocktag.worker",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "skops.io",
]
_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(_IMPORTED)
_FAILURE = 1


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended, and what it wrote."""

    code: int
    stdout: bytes
    stderr: bytes


def run(
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    timeout: float,
) -> Ended:
    """Run `rocktag` with nothing to read to its end.

    Args:
        arguments: Of the command line.
        folder: To run in.
        environment: The whole of it.
        timeout: Seconds until it is killed.

    Raises:
        TimeoutError: It was.
    """
    with TemporaryDirectory() as streams:
        work = (tuple(arguments), folder, dict(environment), Path(streams))
        process = _CONTEXT.Process(target=_rocktag, args=work)
        process.start()
        try:
            process.join(timeout)
            code = process.exitcode
        finally:
            process.kill()
            process.join()
        if code is None:
            raise TimeoutError(f"rocktag {arguments} took over {timeout} seconds")
        return Ended(code, *(_path(streams, of).read_bytes() for of in (1, 2)))


def _rocktag(
    arguments: Sequence[str], folder: Path, environment: dict[str, str], streams: Path
) -> None:
    """Become what `python -m rocktag` would be."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY), encoding="utf-8")
    sys.stdout, sys.stderr = _opened(streams, 1), _opened(streams, 2)
    sys.argv = ["rocktag", *arguments]
    from rocktag.cli import main

    sys.exit(main())


def _opened(streams: Path, number: int) -> TextIO:
    """Send a standard stream to its file, for what is written beside Python, too."""
    path = _path(streams, number)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, number)
    os.close(descriptor)
    is_error = number == 2
    errors = "backslashreplace" if is_error else "strict"
    return os.fdopen(number, "w", encoding="utf-8", errors=errors, closefd=False)


def _path(streams: Path | str, number: int) -> Path:
    return Path(streams) / str(number)
