"""Faults in the middle of the work: killed workers and servers, full disks, locks."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from random import Random

from sqlalchemy.engine import make_url

from benchmarks.backlog import Backlog, Outcome
from benchmarks.crew import Crew, at_work
from benchmarks.disks import Disk
from benchmarks.servers import PrivateServer

KILLS = 50
STOPS = 2
LEASE = 1  # seconds
_BATCH = 16  # headlines: many transactions that a fault can hit
_WORKERS = 3
_LATEST = 0.95  # of the headlines are tagged when the last worker is killed
_JITTER = 0.1  # seconds after a count is reached, at the most, until the kill
_DOWN = 1.0  # seconds that a server is away
HELD = 20.0  # seconds that somebody else holds the lock of a SQLite file
_PATIENCE = 60.0
_POLL = 0.02


def kill_workers(backlog: Backlog, *, seed: int = 0) -> Outcome:
    """Kill 50 of three workers at random moments of the work, each replaced at once."""
    random = Random(seed)  # noqa: S311 - no secret
    last = int(_LATEST * backlog.count("headline"))
    # Each kill costs the headlines in hand one attempt, and those are taken first by
    # the next ones: with the usual three attempts a few would count as what kills.
    with _draining(backlog, f"tag.maximum_attempts={KILLS + 1}") as workers:
        for count in sorted(random.randrange(last) for _ in range(KILLS)):
            _await_done(backlog, count)
            time.sleep(random.uniform(0, _JITTER))
            workers.replace(random.randrange(_WORKERS))
        _await_success(workers)
    return _drained(backlog)


def stop_server(backlog: Backlog, server: PrivateServer) -> Outcome:
    """Kill the server in the middle of the work and start it again, twice."""
    total = backlog.count("headline")
    with _draining(backlog) as workers:
        for part in range(1, STOPS + 1):
            _await_done(backlog, total * part // (STOPS + 1))
            server.kill()
            time.sleep(_DOWN)
            server.start()
        _await_success(workers)
    return _drained(backlog)


def fill_disk(backlog: Backlog, disk: Disk) -> Outcome:
    """Let the disk of a SQLite file become full during the work, then make room.

    Raises:
        AssertionError: The workers did not fail, did not say why or left a headline
            half written.
    """
    _empty_log(_file_of(backlog))
    disk.fill()
    impatient = "worker.retry_seconds=1"
    with _draining(backlog, impatient, file_limit=disk.limit) as workers:
        codes = workers.exit_codes()
        _require(codes == [1] * _WORKERS, f"workers ended with {codes}")
        said = ("disk is full", "disk I/O error")  # the latter at a limit
        _require(any(words in workers.log() for words in said), "they say not why")
    _require(0 < backlog.done() < backlog.count("headline"), "it was not in the middle")
    _require(backlog.half_written() == 0, "headlines are half written")
    disk.free()
    return _drained(backlog)


def lock_file(backlog: Backlog, *, seconds: float = HELD) -> Outcome:
    """Hold the write lock of a SQLite file in the middle of the work."""
    with _draining(backlog) as workers:
        _await_done(backlog, 1)
        with _locked(_file_of(backlog)):
            before = backlog.done()
            time.sleep(seconds)
            _require(backlog.done() == before, "the lock stopped nobody")
        _await_success(workers)
    return _drained(backlog)


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait until a condition holds.

    Raises:
        TimeoutError: It never does.
    """
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"in vain waited for {what}")
        time.sleep(_POLL)


def hired(
    backlog: Backlog, *arguments: str, count: int, file_limit: int | None = None
) -> AbstractContextManager[Crew]:
    """Have workers run `rocktag` with these arguments until the block ends."""
    folder, environment = backlog.folder, backlog.environment
    return at_work(Crew(folder, environment, arguments, file_limit), count)


def options(*settings: str) -> list[str]:
    """Return, for `rocktag`, small batches, short leases and the given settings."""
    usual = (f"tag.batch_size={_BATCH}", f"tag.lease_seconds={LEASE}")
    return [part for setting in (*usual, *settings) for part in ("--set", setting)]


def _draining(
    backlog: Backlog, *settings: str, file_limit: int | None = None
) -> AbstractContextManager[Crew]:
    arguments = (*options(*settings), "worker", "--drain")
    return hired(backlog, *arguments, count=_WORKERS, file_limit=file_limit)


def _await_done(backlog: Backlog, count: int) -> None:
    wait_until(lambda: backlog.done() >= count, f"{count} tagged headlines")


def _await_success(workers: Crew) -> None:
    codes = workers.exit_codes()
    _require(not any(codes), f"workers ended with {codes}: {workers.log()[-2000:]}")


def _drained(backlog: Backlog) -> Outcome:
    """Let the leases of killed workers run out, drain once more and look."""
    if backlog.unfinished():
        time.sleep(LEASE + 1.1)  # they run out in whole seconds
    with hired(backlog, *options(), "worker", "--drain", count=1) as workers:
        _await_success(workers)
    return backlog.outcome()


def _file_of(backlog: Backlog) -> Path:
    return Path(make_url(backlog.database.secret_url).database or "")


def _empty_log(file: Path) -> None:
    """Make the write-ahead log as short as it can be: it is room, too."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with closing(sqlite3.connect(file, isolation_level=None, timeout=10)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)
