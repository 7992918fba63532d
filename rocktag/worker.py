"""The daemon: each job at its time, each run on record, and a clean end.

Jobs run one after another in the main thread; a job that is late runs once, however
many of its moments have passed. The claims in the database and the ticks of runs keep
several workers apart.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from types import FrameType

from rocktag.config import Settings
from rocktag.db import Connection, alerts, queue
from rocktag.db.runs import RunRecord
from rocktag.errors import RocktagError, StoreError
from rocktag.hooks import telling
from rocktag.recording import TickTaken, describe, recorded_run
from rocktag.runtime import Job, Runtime
from rocktag.schedule import Agenda, trigger
from rocktag.shutdown import listening_to_signals
from rocktag.vitals import LONGEST_PAUSE

logger = logging.getLogger(__name__)

_DRAIN_PAUSE = 1.0  # seconds, while other workers have what is left

Reload = Callable[[], Settings]


def run_once(jobs: Mapping[str, Job], runtime: Runtime) -> dict[str, str | None]:
    """Run each job once, in order; return its error, or None where it succeeded.

    A job that fails does not keep the next one from running; a stop does.
    """
    outcome: dict[str, str | None] = {}
    with listening_to_signals(runtime), telling(runtime):
        for name, job in jobs.items():
            if runtime.stopping.is_set():
                break
            outcome[name] = run_job(name, job, runtime)
    return outcome


def drain(name: str, job: Job, runtime: Runtime) -> str | None:
    """Run a job until no headline is pending or in work; return its error, if any."""
    with listening_to_signals(runtime), telling(runtime):
        while not runtime.stopping.is_set():
            runtime.vitals.beat()
            error = run_job(name, job, runtime)
            if error is not None:
                return error
            if not _wait_for_work(runtime):
                return None
    return None


def _wait_for_work(runtime: Runtime) -> bool:
    """Wait while other workers have all that is left; tell whether anything is."""
    version = runtime.registered(runtime.tagger())
    waiting = partial(queue.waiting, model_version_id=version)
    in_work = partial(queue.in_work, model_version_id=version)
    while left := runtime.database.query(waiting):
        runtime.vitals.beat()
        if runtime.stopping.wait(_DRAIN_PAUSE):
            return False
        if left > runtime.database.query(in_work):
            return True
    return False


def serve(
    jobs: Mapping[str, Job], runtime: Runtime, reload: Reload | None = None
) -> None:
    """Run each job at the moments of its schedule until SIGTERM or SIGINT.

    The signal lets the batch in hand be written; a second one ends the process at once.

    Args:
        jobs: In the order in which they run where several are due.
        runtime: What they are handed.
        reload: Reads the configuration again, at SIGHUP.
    """
    agenda = _agenda(jobs, runtime)

    def hang_up(number: int, _: FrameType | None) -> None:
        runtime.reload_asked = True
        runtime.stopping.wake()

    def reload_if_asked() -> None:
        nonlocal agenda
        if reload is not None and runtime.reload_asked:
            runtime.reload_asked = False
            agenda = _reloaded(jobs, runtime, reload, agenda)
            notifier.start()

    before = signal.signal(signal.SIGHUP, hang_up) if reload else None
    try:
        with listening_to_signals(runtime), telling(runtime) as notifier:
            while not runtime.stopping.is_set():
                runtime.vitals.beat()
                reload_if_asked()
                for tick in agenda.due(datetime.now(UTC)):
                    if runtime.stopping.is_set():
                        break
                    runtime.forget_refusals()
                    job = jobs[tick.job]
                    run_job(tick.job, job, runtime, tick.moment, reload_if_asked)
                runtime.stopping.wait(_pause(agenda))
    finally:
        if reload:
            signal.signal(signal.SIGHUP, before)
    logger.info("stopped", extra={"event": "stopped"})


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
    try:
        with recorded_run(
            runtime.database,
            name,
            tick=tick,
            alive_seconds=runtime.settings.tag.lease_seconds,
        ) as record:
            runtime.record = record
            job.run(runtime, record)
    except TickTaken:
        logger.debug("%s: another worker has run it for %s", name, tick)
        return False, None
    except Exception as error:
        return False, _told(name, runtime, error)
    finally:
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


def _told(name: str, runtime: Runtime, error: Exception) -> str:
    message = describe(error)
    runtime.vitals.count_run(name, "failed")
    logger.error(
        "%s failed: %s",
        name,
        message,
        exc_info=None if isinstance(error, RocktagError) else error,
        extra={"event": "run_failed", **_of(name, runtime.record)},
    )
    run_id = runtime.run_id
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


def _agenda(jobs: Mapping[str, Job], runtime: Runtime) -> Agenda:
    schedule = runtime.settings.schedule
    triggers = {}
    for name in jobs:
        when = trigger(getattr(schedule, name), schedule.zone)
        if when is not None:
            triggers[name] = when
    agenda = Agenda(triggers, datetime.now(UTC))
    for name, moment in agenda.next_ticks.items():
        logger.info(
            "%s runs next at %s",
            name,
            moment,
            extra={"event": "scheduled", "job": name},
        )
    return agenda


def _pause(agenda: Agenda) -> float:
    """Return how many seconds to wait: none where a tick fell while a job ran."""
    seconds = agenda.seconds_to_next(datetime.now(UTC))
    return LONGEST_PAUSE if seconds is None else min(seconds, LONGEST_PAUSE)


def _reloaded(
    jobs: Mapping[str, Job], runtime: Runtime, reload: Reload, agenda: Agenda
) -> Agenda:
    """Take the configuration as it is now; where it cannot be used, go on as before."""
    former = runtime.settings
    try:
        runtime.reload(reload())
    except RocktagError as error:
        logger.error("not reloaded: %s", error, extra={"event": "reload_refused"})
        return agenda
    logger.info("reloaded the configuration", extra={"event": "reloaded"})
    if runtime.settings.http != former.http:
        logger.warning(
            "[http] has changed: that needs a restart", extra={"event": "needs_restart"}
        )
    same = runtime.settings.schedule == former.schedule
    return agenda if same else _agenda(jobs, runtime)
