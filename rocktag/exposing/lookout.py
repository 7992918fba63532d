"""The database as those see it who ask over HTTP: never often, and never for long."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from rocktag.db import schema
from rocktag.errors import StoreError
from rocktag.health import Health, look
from rocktag.runtime import Runtime

logger = logging.getLogger(__name__)

_FRESH_SECONDS = 5.0  # no second look at the database within them
_REST = 10.0  # times what a look takes: what is slow is done the more rarely
_PATIENCE = 3.0  # seconds a look may take before somebody who asks is told without
_STILL_TRUE_SECONDS = 60.0  # that a former look may stand in for a slow one


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look at the database found.

    Attributes:
        is_up: Whether it answered.
        fault: Why the worker cannot work with it, without any detail of the server's;
            None where it can.
        health: How the worker is doing, where that could be seen.
        ended_at: When the look ended, on the monotonic clock.
        seconds: How long it took.
    """

    is_up: bool
    fault: str | None = None
    health: Health | None = None
    ended_at: float = field(default_factory=time.monotonic)
    seconds: float = 0.0

    def is_younger_than(self, seconds: float) -> bool:
        """Tell whether it may still be used; what took long may be older."""
        return time.monotonic() - self.ended_at < seconds + self.seconds * _REST


_OTHER_SCHEMA = (
    "the database has schema {0.current}, this rocktag needs {0.head};"
    " see: rocktag db current"
)
_TOO_SLOW = f"the database did not answer within {_PATIENCE:g} seconds"


class Lookout:
    """Looks at the database in a thread of its own, one look at a time."""

    def __init__(self, look_once: Callable[[], Sight]) -> None:
        self._look_once = look_once
        self._lock = threading.Lock()
        self._begun = 0.0
        self._pending: Future[Sight] | None = None
        self._last: Sight | None = None

    def sight(self) -> Sight:
        """Return what was seen of late, looking again where that is some seconds ago.

        It comes within seconds, whatever the database does.
        """
        with self._lock:
            if self._last is not None and self._last.is_younger_than(_FRESH_SECONDS):
                return self._last
            if self._pending is None:
                self._pending = self._start()
            pending, left = self._pending, self._begun + _PATIENCE - time.monotonic()
        try:
            return pending.result(timeout=max(left, 0.0))
        except TimeoutError:
            last = self._last
            is_true = last is not None and last.is_younger_than(_STILL_TRUE_SECONDS)
            return last if last and is_true else Sight(False, _TOO_SLOW)

    def _start(self) -> Future[Sight]:
        found: Future[Sight] = Future()
        self._begun = time.monotonic()
        # No executor: a look that never comes back would keep the process from ending.
        threading.Thread(
            target=self._finish, args=(found,), name="rocktag-lookout", daemon=True
        ).start()
        return found

    def _finish(self, found: Future[Sight]) -> None:
        sight = self._look_once()
        with self._lock:
            self._last, self._pending = sight, None
        found.set_result(sight)


def look_once(runtime: Runtime, jobs: Sequence[str]) -> Sight:
    """Look at the database now; whatever goes wrong is part of what was seen."""
    begun = time.monotonic()
    try:
        state = schema.state(runtime.database)
        if not state.is_ready:
            return Sight(True, _OTHER_SCHEMA.format(state))
        health = look(runtime.database, jobs, runtime.settings.tag.model)
    except Exception as error:
        is_known = isinstance(error, StoreError)
        logger.warning(
            "the database could not be looked at: %s",
            error,
            exc_info=None if is_known else error,
            extra={"event": "database_not_seen"},
        )
        return Sight(False, "the database does not answer; the worker's log says why")
    return Sight(True, health=health, seconds=time.monotonic() - begun)
