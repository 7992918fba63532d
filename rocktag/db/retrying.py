"""A unit of work done again and again while the database cannot do it now."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

from sqlalchemy import Connection
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_delay,
    wait_random_exponential,
)

from rocktag.errors import UnavailableError

logger = logging.getLogger(__name__)

_PAUSE = wait_random_exponential(multiplier=0.05, max=5.0)  # seconds, with jitter
_QUIET_SECONDS = 1.0  # a deadlock or a short lock is nobody's concern

Result = TypeVar("Result")


def done_in_time(
    transaction: Callable[[], AbstractContextManager[Connection]],
    work: Callable[[Connection], Result],
    seconds: float,
) -> Result:
    """Do a unit of work in a new transaction each time, until one succeeds.

    Raises:
        UnavailableError: None did after so many seconds.
        StoreError: The database refuses.
    """
    for attempt in Retrying(
        retry=retry_if_exception_type(UnavailableError),
        wait=_PAUSE,
        stop=stop_after_delay(seconds),
        before_sleep=_teller(seconds),
        reraise=True,
    ):
        with attempt, transaction() as connection:
            result = work(connection)
    return result


def _teller(seconds: float) -> Callable[[RetryCallState], None]:
    """Return what says once, when it takes longer, why the work waits."""
    is_told = False

    def tell(state: RetryCallState) -> None:
        nonlocal is_told
        if is_told or (state.seconds_since_start or 0) < _QUIET_SECONDS:
            return
        is_told = True
        error = state.outcome.exception() if state.outcome else None
        logger.warning(
            "%s; trying again for %g s", error, seconds, extra={"event": "waiting"}
        )

    return tell
