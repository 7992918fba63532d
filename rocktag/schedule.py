"""When jobs run: cron expressions as Debian's cron reads them, and intervals.

APScheduler's own cron trigger counts weekdays from Monday and, in the hour that is
repeated in autumn, names the same moment for ever; CronSim stands in for it. Nor is its
scheduler used: it waits by a clock that stands still while a machine is suspended, and
tells no job for which moment it runs, which is what keeps two workers from doing the
same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger
from cronsim import CronSim, CronSimError

OFF = "off"
_INTERVAL = re.compile(r"every (?:(\d+) )?(second|minute|hour|day)s?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_INTERVAL = 100_000
_SET_BACK = timedelta(minutes=1)  # a clock that loses more was set back


class CronTrigger(BaseTrigger):  # type: ignore[misc]
    """The moments of a cron expression in a zone.

    A time that the clock leaves out in spring comes right after the change, one that it
    repeats in autumn comes once; where hours or minutes are open (`*`), moments follow
    real time.
    """

    def __init__(self, expression: str, zone: str) -> None:
        self._expression = expression
        self._zone = ZoneInfo(zone)
        CronSim(expression, datetime.now(self._zone))  # refuses what it cannot read

    def get_next_fire_time(
        self, previous_fire_time: datetime | None, now: datetime
    ) -> datetime | None:
        """Return the first moment after the previous one, or after now."""
        after = (previous_fire_time or now).astimezone(self._zone)
        moments: Iterator[datetime] = CronSim(self._expression, after)
        return next(moments, None)

    def __str__(self) -> str:
        """Return the expression with its zone."""
        return f"{self._expression} {self._zone.key}"


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment of a job's schedule.

    Attributes:
        job: Its name.
        moment: When it was to run, in UTC: the same on every worker.
    """

    job: str
    moment: datetime


class Agenda:
    """What is due by a clock that the caller reads; late ticks of a job are one."""

    def __init__(self, triggers: Mapping[str, BaseTrigger], now: datetime) -> None:
        self._triggers = triggers
        self._looked_at = now
        self._next = {job: _after(trigger, now) for job, trigger in triggers.items()}

    @property
    def next_ticks(self) -> dict[str, datetime]:
        """The next moment of each job that has one, in UTC."""
        return {job: at for job, at in self._next.items() if at is not None}

    def due(self, now: datetime) -> list[Tick]:
        """Return the latest tick of each job whose time has come, in the jobs' order.

        After a clock was set back, what is ahead is counted anew from there.
        """
        if now < self._looked_at - _SET_BACK:
            self._next = {
                job: _after(trigger, now) for job, trigger in self._triggers.items()
            }
        self._looked_at = now
        return [
            Tick(job, moment)
            for job in self._triggers
            if (moment := self._latest(job, now)) is not None
        ]

    def seconds_to_next(self, now: datetime) -> float | None:
        """Return how long until anything is due; None where nothing ever is."""
        moments = self.next_ticks.values()
        return max((min(moments) - now).total_seconds(), 0.0) if moments else None

    def _latest(self, job: str, now: datetime) -> datetime | None:
        latest, at = None, self._next[job]
        while at is not None and at <= now:
            latest, at = at, _after(self._triggers[job], at)
        self._next[job] = at
        return latest


def trigger(expression: str, zone: str = "UTC") -> BaseTrigger | None:
    """Return the trigger of a cron expression, or of an interval; None for `off`.

    Intervals are counted from 1970 on, so that they are the same on every worker.

    >>> str(trigger("30 6 * * 1-5", "Europe/Berlin"))
    '30 6 * * 1-5 Europe/Berlin'
    >>> str(trigger("every 90 seconds"))
    'interval[0:01:30]'

    Raises:
        ValueError: The expression is neither, or never comes true.
    """
    if expression == OFF:
        return None
    interval = _INTERVAL.fullmatch(expression)
    found = _every(interval) if interval else _cron(expression, zone)
    if _after(found, datetime.now(UTC)) is None:
        raise ValueError(f"{expression!r} never comes true")
    return found


def _every(interval: re.Match[str]) -> BaseTrigger:
    count, unit = int(interval[1] or 1), f"{interval[2]}s"
    if not 1 <= count <= _LONGEST_INTERVAL:
        raise ValueError(f"an interval is of 1 to {_LONGEST_INTERVAL:,} {unit}")
    seconds = timedelta(**{unit: count}).total_seconds()
    return IntervalTrigger(seconds=int(seconds), start_date=_EPOCH, timezone=UTC)


def _cron(expression: str, zone: str) -> BaseTrigger:
    fields = expression.split()
    if len(fields) != 5:
        raise ValueError(
            f"a cron expression has five fields (minute hour day month weekday),"
            f" {expression!r} has {len(fields)}; an interval is written `every 5"
            " minutes`, and never is `off`"
        )
    try:
        return CronTrigger(expression, zone)
    except CronSimError as error:
        raise ValueError(f"{expression!r}: {error}") from error


def _after(trigger: BaseTrigger, moment: datetime) -> datetime | None:
    """Return the trigger's first moment after this one, in UTC."""
    if isinstance(trigger, IntervalTrigger):  # its own would count up from 1970
        passed = (moment - _EPOCH) // trigger.interval
        return _EPOCH + timedelta(seconds=(passed + 1) * trigger.interval_length)
    found = trigger.get_next_fire_time(moment, moment)
    return None if found is None else found.astimezone(UTC)
