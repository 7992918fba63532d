"""A run of a job: recorded, told, and never the end of the worker.

A job that takes hours runs beside the others, in a thread of its own, which must only
wait for what works elsewhere; headlines are tagged meanwhile.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from datetime import datetime

from rocktag.db import Connection, alerts
from rocktag.db.runs import RunRecord
from rocktag.errors import RocktagError, StoppedError, StoreError
from rocktag.recording import TickTaken, describe, recorded_run
from rocktag.runtime import Job, Runtime

logger = logging.getLogger(__name__)

_JOIN_SHARE = 0.5  # of worker.shutdown_timeout, for what runs beside to end


class Companions:
    """Jobs that run beside the others, each once at a time."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._threads: dict[str, threading.Thread] = {}

    def start(self, name: str, job: Job, tick: datetime) -> None:
        """Start a job, unless it is still under way since an earlier tick."""
        before = self._threads.get(name)
        if before is not None and before.is_alive():
            logger.info("%s is still under way; this tick is passed over", name)
            return
        thread = threading.Thread(
            target=copy_context().run,
            args=(run_job, name, job, self._runtime, tick),
            name=f"rocktag-{name}",
            daemon=True,
        )
        self._threads[name] = thread
        thread.start()

    def close(self) -> None:
        """Wait for what was told to stop, but not for ever."""
        seconds = self._runtime.settings.worker.shutdown_timeout * _JOIN_SHARE
        end = time.monotonic() + seconds
        for thread in self._threads.values():
            thread.join(max(end - time.monotonic(), 0.0))


@contextmanager
def companions(runtime: Runtime) -> Iterator[Companions]:
    """Let jobs run beside the block; at its end they are waited for."""
    beside = Companions(runtime)
    try:
        yield beside
    finally:
        beside.close()


def run_job(
    name: str,
    job: Job,
    runtime: Runtime,
    tick: datetime | None = None,
    before_more: Callable[[], None] = lambda: None,
) -> str | None:
    """Run one job under a `run` row; return its error, or None where it succeeded.

    Nothing escapes: a daemon must outlive a bad night. A tick that another worker has
    had is passed over. `before_more` is called before each run after the first, of a
    job that wants another one at once.
    """
    goes_on, error = True, None
    while goes_on and error is None:
        goes_on, error = _run(name, job, runtime, tick if job.once_a_tick else None)
        runtime.alerted.set()
        if goes_on:
            before_more()
    return error


def _run(
    name: str, job: Job, runtime: Runtime, tick: datetime | None
) -> tuple[bool, str | None]:
    """Return whether the job wants another run at once, and its error."""
    record: RunRecord | None = None
    try:
        if not job.is_called_for(runtime):
            return False, None
        with recorded_run(
            runtime.database,
            name,
            tick=tick,
            alive_seconds=runtime.settings.tag.lease_seconds,
        ) as record:
            if not job.beside:
                runtime.record = record
            job.run(runtime, record)
    except TickTaken:
        logger.debug("%s: another worker has run it for %s", name, tick)
        return False, None
    except Exception as error:
        return False, _told(name, runtime, record, error)
    finally:
        if not job.beside:
            runtime.record = None
    runtime.vitals.count_run(name, "succeeded")
    _tell_alert(runtime, lambda c: alerts.close_alert(c, "failed_run", name))
    logger.info(
        "%s: %d taken, %d done, %d failed",
        name,
        record.taken,
        record.done,
        record.failed,
        extra={
            "event": "run_finished",
            **_of(name, record),
            "counts": {
                "taken": record.taken,
                "done": record.done,
                "failed": record.failed,
            },
        },
    )
    return record.goes_on and not runtime.stopping.is_set(), None


def _told(
    name: str, runtime: Runtime, record: RunRecord | None, error: Exception
) -> str:
    message = describe(error)
    runtime.vitals.count_run(name, "failed")
    logger.error(
        "%s failed: %s",
        name,
        message,
        exc_info=None if isinstance(error, RocktagError) else error,
        extra={"event": "run_failed", **_of(name, record)},
    )
    if isinstance(error, StoppedError):  # nobody need look at what the operator did
        return message
    run_id = None if record is None else record.run_id
    _tell_alert(
        runtime,
        lambda c: alerts.raise_alert(c, "failed_run", name, message, run_id=run_id),
    )
    return message


def _of(name: str, record: RunRecord | None) -> dict[str, object]:
    """Return what a line bears that tells of a run after its end."""
    return {"job": name, "run": record and record.run_id}


def _tell_alert(runtime: Runtime, tell: Callable[[Connection], object]) -> None:
    try:
        with runtime.database.write() as connection:
            tell(connection)
    except StoreError as error:
        logger.warning(
            "an alert could not be written: %s",
            error,
            extra={"event": "alert_not_written"},
        )
