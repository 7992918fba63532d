"""The thread that tells the hook of alerts, beside the jobs.

Of several workers one claims an alert for a try; the hook runs outside any
transaction. One that dies in between leaves the alert to the next try: it may be told
twice, but is not lost.
"""

from __future__ import annotations

import json
import logging
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from rocktag import __version__
from rocktag.config import HookSettings, without_passwords
from rocktag.db import notices
from rocktag.db.notices import Notice
from rocktag.errors import RocktagError
from rocktag.hooks import commands, webhooks
from rocktag.recording import describe
from rocktag.runtime import Runtime

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 15.0  # another worker's alerts, and those to be tried again
_LEASE_SECONDS = 60  # beyond the timeout: time to say how it ended
_FIRST_PAUSE, _GROWTH, _LONGEST_PAUSE = 30, 4, 3_600  # seconds, times, seconds
_GRACE = 5.0  # seconds that a stop leaves to the hook, at most
_GRACE_SHARE = 0.25  # of worker.shutdown_timeout, at most
_JOIN_SECONDS = 2.0  # beyond its time: to say how it ended


@contextmanager
def telling(runtime: Runtime) -> Iterator[Notifier]:
    """Tell the hook of alerts until the block ends, and of what opened in it then."""
    notifier = Notifier(runtime)
    notifier.start()
    try:
        yield notifier
    finally:
        notifier.close()


class Notifier:
    """Tells the configured hook of each alert that opens."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()
        self._deadline = math.inf

    def start(self) -> None:
        """Start the thread, if a hook is set up and it does not run yet."""
        if self._thread is None and self._runtime.settings.hook.is_set_up:
            self._thread = threading.Thread(
                target=self._work, name="rocktag-hook", daemon=True
            )
            self._thread.start()

    def close(self) -> None:
        """Tell what is due, unless the worker is to stop; return within the timeout."""
        if self._thread is None:
            return
        settings = self._runtime.settings
        self._end_within(
            self._grace()
            if self._runtime.stopping.is_set()
            else settings.hook.timeout_seconds
        )
        self._ending.set()
        self._runtime.alerted.set()
        left = max(0.0, self._deadline - time.monotonic())
        self._thread.join(left + _JOIN_SECONDS)

    def _work(self) -> None:
        is_last = False
        while not is_last:
            is_last = self._ending.is_set()
            try:
                self._tell_due()
            except Exception as error:  # nobody else would look after it
                logger.warning(
                    "the hook could not be told of alerts: %s",
                    describe(error),
                    exc_info=None if isinstance(error, RocktagError) else error,
                    extra={"event": "hook_failed"},
                )
            if not is_last:
                self._runtime.alerted.wait(_LOOK_SECONDS)
                self._runtime.alerted.clear()

    def _tell_due(self) -> None:
        hook, database = self._runtime.settings.hook, self._runtime.database
        if not hook.is_set_up:  # any more
            return
        with database.read() as connection:
            due = notices.due(connection, hook.maximum_tries)
        seconds = math.ceil(hook.timeout_seconds) + _LEASE_SECONDS
        for notice in due:
            if self._runtime.stopping.is_set() or self._is_over():
                return
            if database.transact(
                partial(notices.claim, notice=notice, seconds=seconds)
            ):
                self._tell(notice, hook)

    def _tell(self, notice: Notice, hook: HookSettings) -> None:
        """Try once, and record how it went."""
        database, tries = self._runtime.database, notice.tries + 1
        end = time.monotonic() + hook.timeout_seconds
        fault = _deliver(
            notice, hook, lambda: self._is_over() or time.monotonic() >= end
        )
        if fault is None:
            database.transact(partial(notices.delivered, notice=notice))
            logger.info(
                "told the hook of alert %d: %s %s",
                notice.alert_id,
                notice.kind,
                notice.subject,
                extra={"event": "hook_told", "alert": notice.alert_id},
            )
            return
        pause = pause_after(tries)
        database.transact(partial(notices.try_later, notice=notice, seconds=pause))
        logger.warning(
            "the hook failed for alert %d (%s %s), try %d of %d: %s; %s",
            notice.alert_id,
            notice.kind,
            notice.subject,
            tries,
            hook.maximum_tries,
            fault,
            f"again in {pause} s" if tries < hook.maximum_tries else "given up",
            extra={"event": "hook_failed", "alert": notice.alert_id},
        )

    def _is_over(self) -> bool:
        """Tell whether the process waits for this thread no longer."""
        if self._runtime.stopping.is_set():
            self._end_within(self._grace())
        return time.monotonic() >= self._deadline

    def _end_within(self, seconds: float) -> None:
        self._deadline = min(self._deadline, time.monotonic() + seconds)

    def _grace(self) -> float:
        return min(
            _GRACE, _GRACE_SHARE * self._runtime.settings.worker.shutdown_timeout
        )


def pause_after(tries: int) -> int:
    """Return how many seconds to wait after so many tries that failed.

    >>> [pause_after(tries) for tries in (1, 2, 3, 4, 5)]
    [30, 120, 480, 1920, 3600]
    """
    return int(min(_FIRST_PAUSE * _GROWTH ** (tries - 1), _LONGEST_PAUSE))


def payload(notice: Notice) -> bytes:
    """Return what the hook is told, as JSON; docs/operating.md lists it."""
    told = {
        "id": notice.alert_id,
        "kind": notice.kind,
        "subject": notice.subject,
        "message": without_passwords(notice.message),
        "times": notice.times,
        "opened_at": notice.opened_at.isoformat(),
        "run_id": notice.run_id,
        "host": socket.gethostname(),
        "rocktag": __version__,
    }
    return json.dumps(told).encode("ascii")


def _deliver(
    notice: Notice, hook: HookSettings, is_over: Callable[[], bool]
) -> str | None:
    if hook.url is not None:
        url = hook.url.get_secret_value()
        return webhooks.post(url, payload(notice), hook.timeout_seconds, is_over)
    variables = {
        "ROCKTAG_ALERT_ID": str(notice.alert_id),
        "ROCKTAG_ALERT_KIND": notice.kind,
        "ROCKTAG_ALERT_SUBJECT": notice.subject,
    }
    return commands.run(hook.command, payload(notice), variables, is_over)
