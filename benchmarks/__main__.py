"""`python -m benchmarks [NAME …]`: run the named measurements, or all of them.

`python -m benchmarks fuzz` is no measurement: see benchmarks/fuzz.py.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import (
    classifiers,
    cnn_bilstm,
    fuzz,
    glove,
    ingest,
    load,
    survival,
    transformer,
    transformer_choices,
)

RESULTS = Path(__file__).parent / "results"
MEASUREMENTS: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "classifiers": classifiers.measure,
    "cnn_bilstm": cnn_bilstm.measure,
    "glove": glove.measure,
    "ingest": ingest.measure,
    "load": load.measure,
    "survival": survival.measure,
    "transformer": transformer.measure,
    "transformer_choices": transformer_choices.measure,
}


def main(names: list[str]) -> int:
    """Run them, print them, write them; return the exit code."""
    if names[:1] == ["fuzz"]:
        return fuzz.main(names[1:])
    unknown = set(names) - MEASUREMENTS.keys()
    if unknown:
        print(f"unknown: {', '.join(unknown)}; known are {', '.join(MEASUREMENTS)}")
        return 2
    RESULTS.mkdir(exist_ok=True)
    for name in names or MEASUREMENTS:
        rows = MEASUREMENTS[name]()
        print_markdown(rows)
        machine = {"machine": platform.machine(), "python": platform.python_version()}
        content = json.dumps({**machine, "rows": rows}, indent=2) + "\n"
        (RESULTS / f"{name}.json").write_text(content)
    return 0


def print_markdown(rows: list[dict[str, Any]]) -> None:
    """Print rows of equal keys as a Markdown table."""
    header = list(rows[0])
    for cells in (header, ["---"] * len(header), *(row.values() for row in rows)):
        print(f"| {' | '.join(map(str, cells))} |")
    print()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
