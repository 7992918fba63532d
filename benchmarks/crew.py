"""Workers on one database, each `rocktag worker` in a process of its own.

They are forked from a process that has imported everything: a worker that is killed is
replaced in a fraction of a second, not in two.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

_PATIENCE = 120.0  # seconds until a worker that does not end counts as stuck
_IMPORTED = ["benchmarks.warm"]


class Crew:
    """Workers on one database.

    Args:
        folder: Where they run; their log goes to its `worker.log`.
        environment: Their settings.
        arguments: Of `rocktag`.
        file_limit: Bytes beyond which no file of theirs can grow.
    """

    def __init__(
        self,
        folder: Path,
        environment: dict[str, str],
        arguments: Sequence[str],
        file_limit: int | None = None,
    ) -> None:
        self._folder = folder
        self._environment = environment
        self._arguments = list(arguments)
        self._file_limit = file_limit
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(_IMPORTED)
        self._workers: list[BaseProcess] = []

    def hire(self, count: int) -> None:
        """Start that many workers."""
        self._workers += [self._started() for _ in range(count)]

    def replace(self, place: int) -> None:
        """Kill the worker at that place (SIGKILL) and start another one.

        Raises:
            AssertionError: It had ended by itself.
        """
        worker = self._workers[place]
        worker.kill()
        worker.join(_PATIENCE)
        if worker.exitcode != -signal.SIGKILL:
            raise AssertionError(f"worker {place} had ended with {worker.exitcode}")
        self._workers[place] = self._started()

    def ask_to_end(self) -> None:
        """Send every worker SIGTERM."""
        for worker in self._workers:
            worker.terminate()

    def exit_codes(self) -> list[int | None]:
        """Wait until every worker has ended; return how, None where one does not."""
        for worker in self._workers:
            worker.join(_PATIENCE)
        return [worker.exitcode for worker in self._workers]

    def log(self) -> str:
        """Return what the workers have said so far."""
        return (self._folder / "worker.log").read_text()

    def dismiss(self) -> None:
        """Kill who still works."""
        for worker in self._workers:
            worker.kill()
            worker.join(_PATIENCE)

    def _started(self) -> BaseProcess:
        worker = self._context.Process(
            target=_work,
            args=(self._folder, self._environment, self._arguments, self._file_limit),
        )
        worker.start()
        return worker


@contextmanager
def at_work(workers: Crew, count: int) -> Iterator[Crew]:
    """Start that many workers; none outlives the block."""
    try:
        workers.hire(count)
        yield workers
    finally:
        workers.dismiss()


def _work(
    folder: Path,
    environment: dict[str, str],
    arguments: list[str],
    file_limit: int | None,
) -> None:
    """Be a worker: the target of its process."""
    from rocktag.cli import main

    if file_limit is not None:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, hard))
    os.chdir(folder)
    for name in [name for name in os.environ if name.startswith("ROCKTAG_")]:
        del os.environ[name]
    os.environ.update(environment)
    log = os.open("worker.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(log, stream.fileno())
    sys.exit(main(arguments))
