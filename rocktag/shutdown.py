"""SIGTERM and SIGINT: the batch in hand is written, or given back in time."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from types import FrameType

from rocktag.db import runs
from rocktag.db.runs import RunRecord
from rocktag.errors import StoreError
from rocktag.runtime import Runtime

logger = logging.getLogger(__name__)

_TIME_TO_GIVE_BACK = 0.8  # of the time that a stop may take
_KILLED = 128 + signal.SIGTERM


@contextmanager
def listening_to_signals(runtime: Runtime) -> Iterator[None]:
    """Turn SIGTERM and SIGINT into a request to stop after the batch in hand.

    After `worker.shutdown_timeout`, or at the second signal, the process ends anyhow.
    """

    def stop(number: int, _: FrameType | None) -> None:
        if runtime.stopping.is_set():
            os._exit(_KILLED)  # what it holds is freed when its lease runs out
        runtime.stopping.set()
        ending = threading.Thread(
            target=copy_context().run,
            args=(_end_in_time, runtime, ended),
            daemon=True,
        )
        ending.start()

    ended = threading.Event()
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        ended.set()
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_in_time(runtime: Runtime, ended: threading.Event) -> None:
    """Give back what the run holds and end the process, if it has not ended itself."""
    logger.info("stopping after the batch in hand", extra={"event": "stopping"})
    seconds = runtime.settings.worker.shutdown_timeout
    if ended.wait(seconds * _TIME_TO_GIVE_BACK):
        return
    last = threading.Timer(seconds * (1 - _TIME_TO_GIVE_BACK), os._exit, args=(0,))
    last.daemon = True
    last.start()
    record = runtime.record
    if record is not None:
        _give_up(runtime, record)
        logger.warning(
            "the job in hand took too long; its run is closed, what it held given back",
            extra={"event": "given_back"},
        )
    os._exit(0)


def _give_up(runtime: Runtime, record: RunRecord) -> None:
    release = record.release
    try:
        with runtime.database.write() as connection:
            if release is not None:
                release(connection)
            runs.finish(connection, record, error="stopped before its batch was done")
    except StoreError as error:
        logger.error(
            "what the run holds could not be given back: %s",
            error,
            extra={"event": "claim_not_given_back"},
        )
