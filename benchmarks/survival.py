"""What is lost or doubled where workers and servers are killed and disks are full."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import faults
from benchmarks.backlog import Outcome, open_backlog
from benchmarks.disks import small_disk
from benchmarks.servers import private_server
from rocktag.artifact import Published, publish
from rocktag.config import Settings
from rocktag.corpus import gather
from rocktag.labeling import keyword_rules
from rocktag.sampling import sample
from rocktag.training import train

_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MariaDB"}


@dataclass(frozen=True, slots=True)
class _Fault:
    """What happens how often, to a backlog of how many headlines."""

    name: str
    times: int
    headlines: int
    databases: tuple[str, ...]
    run: Callable[[str, Path, Published, int], Outcome]


def measure() -> list[dict[str, Any]]:
    """Run every fault on every kind of database that it can befall."""
    with tempfile.TemporaryDirectory() as models_dir:
        published = _published(Path(models_dir))
        return [
            _row(fault, database, published)
            for fault in _FAULTS
            for database in fault.databases
        ]


def _row(fault: _Fault, database: str, published: Published) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        outcome = fault.run(database, Path(folder), published, fault.headlines)
    return {
        "fault": fault.name,
        "database": _NAMES[database],
        "times": fault.times,
        "headlines": outcome.headlines,
        "runs lost": outcome.runs_lost,
        "headlines lost": outcome.lost,
        "headlines doubled": outcome.doubled,
    }


def _killed(database: str, folder: Path, published: Published, size: int) -> Outcome:
    with (
        _url(database, folder) as url,
        open_backlog(folder, url, published, size) as backlog,
    ):
        return faults.kill_workers(backlog)


def _stopped(database: str, folder: Path, published: Published, size: int) -> Outcome:
    with (
        private_server(database) as server,
        open_backlog(folder, server.url, published, size) as backlog,
    ):
        return faults.stop_server(backlog, server)


def _filled(_: str, folder: Path, published: Published, size: int) -> Outcome:
    with (
        small_disk(folder / "disk") as disk,
        open_backlog(folder, _sqlite(disk.folder), published, size) as backlog,
    ):
        return faults.fill_disk(backlog, disk)


def _held(_: str, folder: Path, published: Published, size: int) -> Outcome:
    with open_backlog(folder, _sqlite(folder), published, size) as backlog:
        return faults.lock_file(backlog)


_FAULTS = (
    _Fault("a worker is killed", faults.KILLS, 5_000, tuple(_NAMES), _killed),
    _Fault(
        "the server is killed", faults.STOPS, 1_500, ("postgresql", "mysql"), _stopped
    ),
    _Fault("the disk is full", 1, 1_500, ("sqlite",), _filled),
    _Fault(f"the file is locked for {faults.HELD:g} s", 1, 500, ("sqlite",), _held),
)


@contextmanager
def _url(database: str, folder: Path) -> Iterator[str]:
    if database == "sqlite":
        yield _sqlite(folder)
        return
    with private_server(database) as server:
        yield server.url


def _sqlite(folder: Path) -> str:
    return f"sqlite:///{folder / 'rocktag.db'}"


def _published(models_dir: Path) -> Published:
    """Train a small model and publish it."""
    settings = Settings.model_validate({"train": {"classifier": "decision-tree"}})
    titles = (headline.title for headline in sample(3_000, seed=1))
    trained = train(gather(titles, "invented"), keyword_rules(), settings, _in_silence)
    return publish(models_dir, trained.draft, training_seconds=trained.seconds)


def _in_silence(*_: object) -> None:
    """Tell nothing of the training's progress."""
