"""How fast, and in how much memory, headlines come in: 20,000 and 1,000,000 rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SIZES = (20_000, 1_000_000)  # headlines


def measure() -> list[dict[str, Any]]:
    """Ingest invented headlines into a new SQLite file, twice each."""
    with tempfile.TemporaryDirectory() as folder:
        return [row for size in SIZES for row in _measure(Path(folder), size)]


def _measure(folder: Path, size: int) -> list[dict[str, Any]]:
    file = folder / f"{size}.csv"
    _rocktag(folder, "sample", "-n", str(size), "-o", str(file))
    environment = {"ROCKTAG_DATABASE_URL": f"sqlite:///{folder / str(size)}.db"}
    rows = []
    for reading in ("first", "again"):
        begun = time.perf_counter()
        printed, peak = _rocktag(
            folder, "ingest", str(file), "--json", environment=environment
        )
        seconds = time.perf_counter() - begun
        (counts,) = json.loads(printed)["files"]
        rows.append(
            {
                "headlines": size,
                "reading": reading,
                "new": counts["new"],
                "seconds": round(seconds, 1),
                "headlines/s": round(size / seconds),
                "peak MB": round(peak),
            }
        )
    return rows


def _rocktag(
    folder: Path, *arguments: str, environment: dict[str, str] | None = None
) -> tuple[str, float]:
    """Run rocktag; return what it printed and its peak memory in megabytes."""
    finished = subprocess.run(  # noqa: S603 - rocktag itself, by its own words
        [sys.executable, "-c", _LAUNCHER, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, **(environment or {})},
        check=True,
    )
    printed, _, peak = finished.stdout.rstrip("\n").rpartition("\n")
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kibibytes here
    return printed, int(peak) * unit / 1e6


# A small process between: Linux lets a new program inherit its parent's peak.
_LAUNCHER = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "rocktag", *sys.argv[1:]], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
