"""Cron expressions as everybody writes them, for APScheduler's trigger.

APScheduler 3 counts weekdays from Monday = 0 where cron counts from Sunday = 0 (and 7);
the weekday field is therefore translated into names before it gets there.
"""

from __future__ import annotations

import re
from datetime import UTC

from apscheduler.triggers.cron import CronTrigger

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY_NUMBER = re.compile(r"(?<![/\d])\d+")  # not the step of "*/2"


def cron_trigger(expression: str) -> CronTrigger:
    """Return the trigger of a five-field cron expression, in UTC.

    >>> str(cron_trigger("30 6 * * 1-5"))
    "cron[month='*', day='*', day_of_week='mon-fri', hour='6', minute='30']"

    Raises:
        ValueError: The expression has not five fields or one of them is wrong.
    """
    fields = expression.split()
    if len(fields) != 5:
        raise ValueError(
            f"a cron expression has five fields (minute hour day month weekday),"
            f" {expression!r} has {len(fields)}"
        )
    minute, hour, day, month, weekday = fields
    return CronTrigger(
        minute=minute,
        hour=hour,
        day=day,
        month=month,
        day_of_week=_WEEKDAY_NUMBER.sub(_weekday_name, weekday),
        timezone=UTC,
    )


def _weekday_name(found: re.Match[str]) -> str:
    number = int(found[0])
    if number >= len(_WEEKDAYS):
        raise ValueError(f"weekday {number} is not in 0 (Sunday) to 7 (Sunday)")
    return _WEEKDAYS[number]
