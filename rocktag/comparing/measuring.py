"""How fast a model tags, and how much memory it takes: in a process of its own.

That process is `python -m rocktag.comparing`; it imports what serves a model and no
database. What is measured is the model with its thresholds, headlines to labels; what
the worker spends on the database comes on top.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rocktag.artifact import load
from rocktag.errors import ArtifactError, brief
from rocktag.thresholds import decide

_SECONDS = 1.0  # of passes over the headlines, unless one takes longer
_PASSES = 3  # at least, unless they take much longer
_LONGEST = 6.0  # seconds
_PATIENCE = 600  # seconds until the process counts as stuck
_MEMORY = Path("/proc/self/status")  # on Linux


@dataclass(frozen=True, slots=True)
class Speed:
    """What a process of its own found.

    Attributes:
        headlines_per_second: Of the fastest of some passes: whatever else the machine
            does only makes one slower.
        peak_megabytes: The most memory the process ever had, Python included.
    """

    headlines_per_second: float
    peak_megabytes: float


def measure(
    models_dir: Path, name: str, titles: Sequence[str], *, threads: int
) -> Speed:
    """Return how a version tags these headlines.

    Args:
        models_dir: The folder of all models.
        name: `<classifier>/<version>`.
        titles: To tag, at least one.
        threads: That a network computes with.

    Raises:
        ArtifactError: The process does not come to its end.
    """
    asked = {
        "models_dir": str(models_dir.resolve()),
        "name": name,
        "titles": list(titles),
        "threads": threads,
    }
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "rocktag.comparing"],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=True,
        )
        return Speed(**json.loads(ended.stdout))
    except (OSError, TypeError, ValueError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        raise ArtifactError(
            f"{models_dir / name} cannot be measured in a process of its own"
            f" ({brief(said[-1] if said else 'no word')}); look at it with: rocktag"
            f" models show {name}"
        ) from error


def answer_parent() -> None:
    """Measure what standard input asks for, and say it on standard output."""
    json.dump(asdict(_measured(json.load(sys.stdin))), sys.stdout)


def _measured(asked: Mapping[str, Any]) -> Speed:
    folder = Path(asked["models_dir"])
    artifact = load(folder, asked["name"], threads=asked["threads"])
    manifest, titles = artifact.manifest, asked["titles"]
    thresholds = manifest.thresholds.tuned().under("micro")
    passes = _timed(
        lambda: decide(artifact.predict(titles), thresholds, manifest.labels)
    )
    return Speed(round(len(titles) / min(passes), 1), round(_peak_megabytes(), 1))


def _timed(tag: Callable[[], object]) -> list[float]:
    """Return the seconds of each pass."""
    passes: list[float] = []
    while not _is_enough(passes):
        begun = time.perf_counter()
        tag()
        passes.append(time.perf_counter() - begun)
    return passes


def _is_enough(passes: Sequence[float]) -> bool:
    total = sum(passes)
    return total >= _LONGEST or (total >= _SECONDS and len(passes) >= _PASSES)


def _peak_megabytes() -> float:
    """Return the process's highest resident memory.

    Not `getrusage` on Linux: there it begins with the memory of the parent process.
    """
    if _MEMORY.exists():
        lines = _MEMORY.read_text().splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith("VmHWM"))
        return int(kilobytes) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
