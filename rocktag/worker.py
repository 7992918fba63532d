"""The daemon: each job at its time, each run on record, and a clean end.

APScheduler 3's defaults, checked in its source, are wrong for this: it drops a run that
is one second late and swallows what a job raises. `_JOB_DEFAULTS` and `run_job` answer
both. Its job stores cannot be shared between processes, so there is none: the schedule
is config.toml, and the claims in the database keep several workers apart.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from types import FrameType

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from rocktag.errors import RocktagError
from rocktag.recording import describe, recorded_run
from rocktag.runtime import Job, Runtime
from rocktag.schedule import cron_trigger

logger = logging.getLogger(__name__)

_JOB_DEFAULTS = {
    "max_instances": 1,  # a slow batch delays the next run, never doubles it
    "coalesce": True,  # ten missed runs are one run
    "misfire_grace_time": None,  # late is fine; the default drops it after 1 s
}


def run_once(jobs: Mapping[str, Job], runtime: Runtime) -> dict[str, str | None]:
    """Run each job once, in order; return its error, or None where it succeeded.

    A job that fails does not keep the next one from running; a stop does.
    """
    outcome: dict[str, str | None] = {}
    with _stopping_on_signals(runtime):
        for name, job in jobs.items():
            if runtime.stopping.is_set():
                break
            outcome[name] = run_job(name, job, runtime)
    return outcome


def serve(jobs: Mapping[str, Job], runtime: Runtime) -> None:
    """Run each job by its cron expression until SIGTERM or SIGINT.

    The signal lets the batch in hand be written; then the process ends.
    """
    scheduler = BackgroundScheduler(
        timezone=UTC,
        job_defaults=_JOB_DEFAULTS,
        # One thread: jobs of one worker wait for each other.
        executors={"default": ThreadPoolExecutor(max_workers=1)},
    )
    expressions = runtime.settings.schedule.model_dump()
    for name, job in jobs.items():
        scheduler.add_job(
            run_job, cron_trigger(expressions[name]), args=(name, job, runtime), id=name
        )
    with _stopping_on_signals(runtime):
        scheduler.start()
        for scheduled in scheduler.get_jobs():
            logger.info(
                "%s runs next at %s",
                scheduled.id,
                scheduled.next_run_time,
                extra={"event": "scheduled", "job": scheduled.id},
            )
        runtime.stopping.wait()
        logger.info("stopping after the batch in hand", extra={"event": "stopping"})
        scheduler.shutdown(wait=True)
    logger.info("stopped", extra={"event": "stopped"})


def run_job(name: str, job: Job, runtime: Runtime) -> str | None:
    """Run one job under a `run` row; return its error, or None where it succeeded.

    Nothing escapes: a daemon must outlive a bad night.
    """
    try:
        with recorded_run(runtime.database, name) as record:
            job(runtime, record)
    except Exception as error:
        message = describe(error)
        logger.error(
            "%s failed: %s",
            name,
            message,
            exc_info=None if isinstance(error, RocktagError) else error,
            extra={"event": "run_failed", "job": name},
        )
        return message
    logger.info(
        "%s: %d taken, %d done, %d failed",
        name,
        record.taken,
        record.done,
        record.failed,
        extra={"event": "run_finished", "job": name, "run": record.run_id},
    )
    return None


@contextmanager
def _stopping_on_signals(runtime: Runtime) -> Iterator[None]:
    """Turn SIGTERM and SIGINT into a request to stop after the batch in hand."""

    def stop(number: int, _: FrameType | None) -> None:
        runtime.stopping.set()

    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
