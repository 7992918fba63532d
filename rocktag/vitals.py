"""What one worker process counts of itself, for whoever looks at it from outside."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

LONGEST_PAUSE = 30.0  # seconds between two signs of life of a worker without work
BATCH_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was counted since the process began; moments are seconds since 1970.

    Attributes:
        headlines: Tagged and written.
        batches: Of each length, the bounds being BATCH_SECONDS and infinity.
        batch_seconds: All of them took together.
        runs: That ended, by job and status.
        last_beat: When the worker last showed that it is alive.
        last_batch: When a batch was last tagged, if ever.
    """

    headlines: int
    batches: tuple[int, ...]
    batch_seconds: float
    runs: dict[tuple[str, str], int]
    last_beat: float
    last_batch: float | None


@dataclass(slots=True)
class Vitals:
    """Counts what the main thread does; another one may read it at any moment.

    >>> vitals = Vitals()
    >>> vitals.count_batch(headlines=50, seconds=0.2)
    >>> vitals.counted().headlines, sum(vitals.counted().batches)
    (50, 1)
    """

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _headlines: int = 0
    _batches: list[int] = field(default_factory=lambda: [0] * (len(BATCH_SECONDS) + 1))
    _batch_seconds: float = 0.0
    _runs: Counter[tuple[str, str]] = field(default_factory=Counter)
    _beat: float = field(default_factory=time.monotonic)
    _last_beat: float = field(default_factory=time.time)
    _last_batch: float | None = None

    def beat(self) -> None:
        """Show that the worker is alive: it has come a step further."""
        with self._lock:
            self._beat, self._last_beat = time.monotonic(), time.time()

    def count_batch(self, *, headlines: int, seconds: float) -> None:
        """Count a batch that was tagged and written."""
        self.beat()
        with self._lock:
            self._headlines += headlines
            self._batches[bisect_left(BATCH_SECONDS, seconds)] += 1
            self._batch_seconds += seconds
            self._last_batch = self._last_beat

    def count_run(self, job: str, status: str) -> None:
        """Count a run that has ended."""
        self.beat()
        with self._lock:
            self._runs[job, status] += 1

    def seconds_since_beat(self) -> float:
        """Return for how long the worker has shown no sign of life."""
        return time.monotonic() - self._beat

    def counted(self) -> Counted:
        """Return everything as it is at one moment."""
        with self._lock:
            return Counted(
                headlines=self._headlines,
                batches=tuple(self._batches),
                batch_seconds=self._batch_seconds,
                runs=dict(self._runs),
                last_beat=self._last_beat,
                last_batch=self._last_batch,
            )
