"""The daemon: each job at its time, each run on record, and a clean end.

Jobs run one after another in the main thread, but for those that take hours, which run
beside them; a job that is late runs once, however many of its moments have passed. The
claims in the database and the ticks of runs keep several workers apart.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from types import FrameType

from rocktag.config import Settings
from rocktag.db import queue
from rocktag.errors import RocktagError
from rocktag.hooks import telling
from rocktag.running import companions, run_job
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
        with (
            listening_to_signals(runtime),
            telling(runtime) as notifier,
            companions(runtime) as beside,
        ):
            while not runtime.stopping.is_set():
                runtime.vitals.beat()
                reload_if_asked()
                for tick in agenda.due(datetime.now(UTC)):
                    if runtime.stopping.is_set():
                        break
                    runtime.forget_refusals()
                    job = jobs[tick.job]
                    if job.beside:
                        beside.start(tick.job, job, tick.moment)
                    else:
                        run_job(tick.job, job, runtime, tick.moment, reload_if_asked)
                runtime.stopping.wait(_pause(agenda))
    finally:
        if reload:
            signal.signal(signal.SIGHUP, before)
    logger.info("stopped", extra={"event": "stopped"})


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
