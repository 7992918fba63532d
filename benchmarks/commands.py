"""rocktag run as a user runs it, and what it took."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# A small process between: Linux lets a new program inherit its parent's peak.
_LAUNCHER = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "rocktag", *sys.argv[1:]], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def run_rocktag(
    folder: Path, *arguments: str, environment: dict[str, str] | None = None
) -> tuple[str, float]:
    """Run rocktag; return what it printed and its peak memory in megabytes."""
    finished = subprocess.run(  # noqa: S603 - rocktag itself, by its own words
        [sys.executable, "-c", _LAUNCHER, *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        env=rocktag_environment(environment),
        check=True,
    )
    printed, _, peak = finished.stdout.rstrip("\n").rpartition("\n")
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kibibytes here
    return printed, int(peak) * unit / 1e6


def rocktag_environment(given: dict[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a command; rocktag refuses variables of benchmarks."""
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ROCKTAG_BENCHMARK_")
    }
    return {**own, **(given or {})}
