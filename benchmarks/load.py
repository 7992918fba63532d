"""Whether the worker keeps its pace: full tables tagged from nothing by `--drain`.

A million invented headlines with trees, a hundred thousand with a transformer, on
SQLite and PostgreSQL; then two workers on one PostgreSQL. Rates of each tenth of the
headlines come from the worker's log, its memory from the system (Linux).

PostgreSQL is a server of our own with its default settings: without its autovacuum,
which some machines for tests switch off, dead entries of an index stay for ever.

`ROCKTAG_BENCHMARK_SHARE=0.01` takes a hundredth of the headlines, to try it out.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.commands import rocktag_environment, run_rocktag
from benchmarks.servers import private_server
from benchmarks.transformer import located_encoder
from rocktag.artifact import load
from rocktag.db import Database, models
from rocktag.runtime import version_facts

_SHARE = float(os.environ.get("ROCKTAG_BENCHMARK_SHARE", "1"))
_SIZES = {"adaboost": int(1_000_000 * _SHARE), "transformer": int(100_000 * _SHARE)}
_TWO_WORKERS = int(200_000 * _SHARE)
_TAUGHT = 6_000  # headlines of each model
_TENTHS = 10
_BATCH = re.compile(r"^(\S+ \S+)Z .*tagged (\d+) headlines")
_PAUSE = 0.5  # seconds between looks at the memory


@dataclass(frozen=True, slots=True)
class _Drained:
    """What was seen of one worker: when each batch was done, and its memory then."""

    moments: tuple[float, ...]  # seconds
    counts: tuple[int, ...]  # headlines
    memory: tuple[tuple[float, float], ...]  # seconds, megabytes


def measure() -> list[dict[str, Any]]:
    """Return a row for each database and model, and one for each count of workers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _train(folder)
        rows = []
        for classifier, size in _SIZES.items():
            for backend in ("sqlite", "postgresql"):
                with _filled(folder, backend, size) as url:
                    (drained,) = _drain(folder, url, classifier, workers=1)
                rows.append(_row(backend, classifier, size, [drained]))
        for workers in (1, 2):
            with _filled(folder, "postgresql", _TWO_WORKERS) as url:
                both = _drain(folder, url, "adaboost", workers=workers)
            rows.append(_row("postgresql", "adaboost", _TWO_WORKERS, both))
    return rows


def _train(folder: Path) -> None:
    """Publish a model of each kind, each below a folder of its own."""
    run_rocktag(folder, "sample", "-n", str(_TAUGHT), "-o", "taught.csv")
    base = str(located_encoder().folder)
    for classifier, options in (("adaboost", ()), ("transformer", ("--base", base))):
        run_rocktag(
            folder,
            *("--models-dir", classifier, "--set", "train.transformer.epochs=1"),
            *("train", "--classifier", classifier, *options, "--corpus", "taught.csv"),
            environment={"ROCKTAG_DATABASE_URL": f"sqlite:///{classifier}.db"},
        )


@contextmanager
def _filled(folder: Path, backend: str, size: int) -> Iterator[str]:
    """Give the URL of a new database with so many headlines, none of them tagged."""
    file = folder / f"{size}.csv"
    if not file.exists():
        run_rocktag(folder, "sample", "-n", str(size), "-o", str(file))
    with _empty(folder, backend) as url:
        run_rocktag(
            folder, "ingest", str(file), environment={"ROCKTAG_DATABASE_URL": url}
        )
        yield url


@contextmanager
def _empty(folder: Path, backend: str) -> Iterator[str]:
    if backend == "postgresql":
        with private_server(backend) as server:
            yield server.url
        return
    file = folder / f"{uuid.uuid4().hex}.db"
    yield f"sqlite:///{file}"
    file.unlink()


def _drain(folder: Path, url: str, classifier: str, *, workers: int) -> list[_Drained]:
    """Let workers tag everything, started together; return what was seen of each."""
    environment = {"ROCKTAG_DATABASE_URL": url, "ROCKTAG_MODELS_DIR": classifier}
    _promote(folder / classifier, url)
    logs = [folder / f"worker-{number}.log" for number in range(workers)]
    running = [_started(folder, log, environment) for log in logs]
    memory: list[list[tuple[float, float]]] = [[] for _ in running]
    while any(process.poll() is None for process in running):
        for process, seen in zip(running, memory, strict=True):
            resident = _resident(process.pid)
            if resident is not None:
                seen.append((time.time(), resident))
        time.sleep(_PAUSE)
    if any(process.returncode for process in running):
        raise RuntimeError(f"a worker failed: {logs[0].read_text()[-2000:]}")
    return [
        _Drained(*_batches(log), tuple(seen))
        for log, seen in zip(logs, memory, strict=True)
    ]


def _promote(models_dir: Path, url: str) -> None:
    """Make the one model below the folder champion in the database."""
    (file,) = models_dir.glob("*/*/manifest.json")
    artifact = load(models_dir, "/".join(file.parts[-3:-1]))
    facts = version_facts(artifact.manifest, artifact.manifest_sha256)
    database = Database(url)
    with database.write() as connection:
        key = models.register(connection, facts)
        models.promote(connection, key, by="benchmark", why="to tag with")
    database.close()


def _started(
    folder: Path, log: Path, environment: dict[str, str]
) -> subprocess.Popen[bytes]:
    with log.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "rocktag", "worker", "--drain"],
            cwd=folder,
            env=rocktag_environment(environment),
            stdout=file,
            stderr=file,
        )


def _resident(process_id: int) -> float | None:
    """Return the megabytes that a process holds, None where it has ended."""
    try:
        status = Path(f"/proc/{process_id}/status").read_text()
    except OSError:
        return None
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) * 1024 / 1e6 if found else None


def _batches(log: Path) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Return when each batch was done, and of how many headlines it was."""
    found = [_BATCH.match(line) for line in log.read_text().splitlines()]
    pairs = [
        (datetime.fromisoformat(f"{match[1]}+00:00").timestamp(), int(match[2]))
        for match in found
        if match
    ]
    return tuple(moment for moment, _ in pairs), tuple(count for _, count in pairs)


def _row(
    backend: str, classifier: str, size: int, drained: Sequence[_Drained]
) -> dict[str, Any]:
    ends = sorted(
        pair for one in drained for pair in zip(one.moments, one.counts, strict=True)
    )
    rates = _rates(ends)
    levels = [level for one in drained for level in _levels(one)]
    return {
        "database": backend,
        "model": classifier,
        "workers": len(drained),
        "headlines": size,
        "headlines/s": round(sum(rates) / len(rates)),
        "rate of each tenth / first": " ".join(
            f"{rate / rates[0]:.2f}" for rate in rates
        ),
        "MB, first tenth": round(levels[0]),
        "MB, most and least since": f"{max(levels) - levels[0]:+.0f}"
        f" {min(levels) - levels[0]:+.0f}",
    }


def _rates(ends: Sequence[tuple[float, int]]) -> list[float]:
    """Return the headlines a second of each tenth of the batches after the first."""
    steps = [(b[0] - a[0], b[1]) for a, b in pairwise(ends)]
    bounds = [round(len(steps) * part / _TENTHS) for part in range(_TENTHS + 1)]
    tenths = [steps[start:end] for start, end in pairwise(bounds)]
    return [
        sum(count for _, count in part) / sum(seconds for seconds, _ in part)
        for part in tenths
        if part
    ]


def _levels(drained: _Drained) -> list[float]:
    """Return the most memory of each tenth of the time in which it tagged."""
    begin, end = drained.moments[0], drained.moments[-1]
    tenths: list[list[float]] = [[] for _ in range(_TENTHS)]
    for moment, megabytes in drained.memory:
        if begin <= moment < end:
            tenths[int((moment - begin) / (end - begin) * _TENTHS)].append(megabytes)
    return [max(seen) for seen in tenths if seen]
