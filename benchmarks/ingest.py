"""How fast, and in how much memory, headlines come in: 20,000 and 1,000,000 rows."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.commands import run_rocktag

SIZES = (20_000, 1_000_000)  # headlines


def measure() -> list[dict[str, Any]]:
    """Ingest invented headlines into a new SQLite file, twice each."""
    with tempfile.TemporaryDirectory() as folder:
        return [row for size in SIZES for row in _measure(Path(folder), size)]


def _measure(folder: Path, size: int) -> list[dict[str, Any]]:
    file = folder / f"{size}.csv"
    run_rocktag(folder, "sample", "-n", str(size), "-o", str(file))
    environment = {"ROCKTAG_DATABASE_URL": f"sqlite:///{folder / str(size)}.db"}
    rows = []
    for reading in ("first", "again"):
        begun = time.perf_counter()
        printed, peak = run_rocktag(
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
