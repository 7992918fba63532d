"""`python -m benchmarks fuzz [--seconds N] [--seed N]`: hostile input, read as usual.

A case is an example of some input, mutated by its own seed. Whatever it is, reading it
must end soon, in bounded memory, well or in a `RocktagError`; all else is a finding,
printed with its seed: `--seed SEED --seconds 0` runs that case alone.
"""

from __future__ import annotations

import argparse
import faulthandler
import resource
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

from benchmarks.inputs import Input, inputs
from rocktag.errors import RocktagError

SLOWEST = 5.0  # seconds of one case, of the processor: machines are shared
STUCK = 60  # seconds, after which the process says where it is and ends
LARGEST_GROWTH = 300  # megabytes of peak memory, by one case
_LONGEST_MESSAGE = 8_000  # characters


@dataclass(frozen=True, slots=True)
class Finding:
    """A case that ended otherwise than it must.

    Attributes:
        seed: That makes it again.
        name: The kind of input.
        what: How it ended.
    """

    seed: int
    name: str
    what: str

    def __str__(self) -> str:
        """Say it in a line, with the command that repeats it."""
        again = f"python -m benchmarks fuzz --seed {self.seed} --seconds 0"
        return f"{self.name}: {self.what}; again: {again}"


def main(arguments: Sequence[str]) -> int:
    """Fuzz for some time, print findings; return 1 if there are any."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks fuzz")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args(arguments)
    cases: Counter[str] = Counter()
    found = 0
    for finding in fuzz(options.seed, options.seconds, cases, ends_if_stuck=True):
        found += 1
        print(finding, flush=True)
    print(f"{cases.total():,} cases from seed {options.seed}: {found} findings")
    print(", ".join(f"{name} {number:,}" for name, number in sorted(cases.items())))
    return min(found, 1)


def fuzz(
    seed: int, seconds: float, cases: Counter[str], *, ends_if_stuck: bool = False
) -> Iterator[Finding]:
    """Run cases, of `seed` and the numbers after it, and yield what is found.

    Args:
        seed: Of the first case.
        seconds: How long to begin new cases; one at least is run.
        cases: Grows by how many of each kind of input were run.
        ends_if_stuck: Whether a case that never ends is to end the process.
    """
    kinds = inputs()
    names = sorted(kinds)
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        for number in count(seed):
            name = names[number % len(names)]
            if ends_if_stuck:  # native code too; the case is in the folder that is left
                (Path(folder) / "case").write_text(f"{number}\n")
                faulthandler.dump_traceback_later(STUCK, exit=True)
            what = _run(kinds[name], number, Path(folder))
            cases[name] += 1
            if what is not None:
                yield Finding(number, name, what)
            if time.monotonic() >= end:
                break
    faulthandler.cancel_dump_traceback_later()


def _run(kind: Input, seed: int, folder: Path) -> str | None:
    """Return what is wrong with how a case ended."""
    begun, peak = time.process_time(), _peak()
    try:
        with warnings.catch_warnings(action="ignore"):
            content = kind.mutate(kind.example, Random(seed))  # noqa: S311 - no secret
            kind.read(content, folder)
    except RocktagError as error:
        if len(str(error)) > _LONGEST_MESSAGE:
            return f"an error of {len(str(error)):,} characters"
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a panic of native code is no Exception
        return f"{type(error).__name__}: {ascii(str(error))[:200]}"
    seconds, growth = time.process_time() - begun, _peak() - peak
    if seconds > SLOWEST:
        return f"took {seconds:.1f} seconds"
    if growth > LARGEST_GROWTH:
        return f"took {growth:,.0f} MB"
    return None


def _peak() -> float:
    """Return the peak memory of this process in megabytes."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kibibytes here
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
