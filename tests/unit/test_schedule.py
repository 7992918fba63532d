"""When jobs run: cron's expressions, intervals, and a clock that may do anything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocktag.schedule import Agenda, Tick, trigger

SUNDAY = datetime(2026, 3, 1, tzinfo=UTC)
NOON = SUNDAY.replace(hour=12)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def _agenda(now: datetime = NOON, zone: str = "UTC", **jobs: str) -> Agenda:
    triggers = {name: trigger(when, zone) for name, when in jobs.items()}
    return Agenda({name: one for name, one in triggers.items() if one}, now)


def _ticks(agenda: Agenda, start: datetime, end: datetime) -> list[datetime]:
    """Look at the clock every minute; return the moments that come up."""
    minutes = int((end - start) / MINUTE)
    clock = [start + count * MINUTE for count in range(minutes + 1)]
    return [tick.moment for now in clock for tick in agenda.due(now)]


@pytest.mark.parametrize(
    ("expression", "first"),
    [
        ("0 12 * * 0", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("0 12 * * 7", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("0 12 * * 1", datetime(2026, 3, 2, 12, tzinfo=UTC)),
        ("0 12 * * 1-5", datetime(2026, 3, 2, 12, tzinfo=UTC)),
        ("0 12 * * sat", datetime(2026, 3, 7, 12, tzinfo=UTC)),
        ("*/15 * * * *", datetime(2026, 3, 1, 0, 15, tzinfo=UTC)),
        ("15 3 2 * *", datetime(2026, 3, 2, 3, 15, tzinfo=UTC)),
    ],
)
def test_the_next_tick_is_crons(expression: str, first: datetime) -> None:
    after = SUNDAY.replace(second=1)
    found = trigger(expression)
    assert found is not None
    assert found.get_next_fire_time(None, after) == first


@pytest.mark.parametrize(
    "expression",
    [
        "0 0 31 2 *",
        "0 0 30 2 *",
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "0 0 * * 8",
        "x * * * *",
    ],
)
def test_what_cron_would_refuse_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"field|Bad|every"):
        trigger(expression)


def test_a_leap_day_comes() -> None:
    assert trigger("0 0 29 2 *") is not None


def test_a_late_tick_runs_once_and_bears_the_latest_moment() -> None:
    agenda = _agenda(tag="*/5 * * * *")
    assert agenda.due(NOON + 4 * MINUTE) == []
    late = NOON + 17 * MINUTE
    assert agenda.due(late) == [Tick("tag", NOON + 15 * MINUTE)]
    assert agenda.due(late) == []
    assert agenda.seconds_to_next(late) == 180


def test_a_tick_that_falls_while_a_job_runs_comes_right_after() -> None:
    agenda = _agenda(pull="*/5 * * * *", tag="*/5 * * * *")
    first = NOON + 5 * MINUTE
    assert agenda.due(first) == [Tick("pull", first), Tick("tag", first)]
    ended = NOON + 11 * MINUTE  # the two took six minutes
    assert agenda.seconds_to_next(ended) == 0
    assert [tick.moment for tick in agenda.due(ended)] == [NOON + 10 * MINUTE] * 2


def test_after_hours_of_suspension_each_job_has_one_tick() -> None:
    agenda = _agenda(tag="every 5 minutes", audit="15 * * * *", pull="0 3 * * *")
    assert agenda.due(NOON + 7 * HOUR + MINUTE) == [
        Tick("tag", NOON + 7 * HOUR),
        Tick("audit", NOON + 6 * HOUR + 15 * MINUTE),
    ]


@pytest.mark.parametrize("when", ["*/5 * * * *", "every 5 minutes"])
def test_a_clock_set_back_an_hour_stops_no_ticks(when: str) -> None:
    agenda = _agenda(tag=when)
    assert len(agenda.due(NOON + 5 * MINUTE)) == 1
    back = NOON + 6 * MINUTE - HOUR
    assert agenda.due(back) == []
    assert agenda.seconds_to_next(back) == 240
    assert len(agenda.due(back + 4 * MINUTE)) == 1


def test_a_clock_that_is_corrected_by_seconds_repeats_no_tick() -> None:
    agenda = _agenda(tag="*/5 * * * *")
    tick = NOON + 5 * MINUTE
    assert len(agenda.due(tick)) == 1
    assert agenda.due(tick - timedelta(seconds=2)) == []
    assert agenda.due(tick) == []


def test_what_is_off_never_comes() -> None:
    assert trigger("off") is None
    assert _agenda(tag="off").seconds_to_next(NOON) is None
    agenda = _agenda(tag="off", pull="every hour")
    assert [tick.job for tick in agenda.due(NOON + 48 * HOUR)] == ["pull"]


def test_an_interval_is_the_same_on_every_worker() -> None:
    one = _agenda(NOON, tag="every 90 seconds")
    other = _agenda(NOON + timedelta(seconds=47), tag="every 90 seconds")
    later = NOON + 3 * MINUTE
    assert one.due(later) == other.due(later) == [Tick("tag", later)]
    assert one.next_ticks == other.next_ticks


@pytest.mark.parametrize(
    "when", ["every 0 seconds", "every 100001 days", "every fortnight", "every 5"]
)
def test_an_interval_that_cannot_be_is_refused(when: str) -> None:
    with pytest.raises(ValueError, match="interval"):
        trigger(when)


_CHANGES = [
    # zone, the hour in which the clocks change; when 2:30 comes that day, in UTC
    ("Europe/Berlin", datetime(2026, 3, 29, 1), datetime(2026, 3, 29, 1)),
    ("Europe/Berlin", datetime(2026, 10, 25, 1), datetime(2026, 10, 25, 0, 30)),
    ("America/New_York", datetime(2026, 3, 8, 7), datetime(2026, 3, 8, 7)),
    ("America/New_York", datetime(2026, 11, 1, 6), datetime(2026, 11, 1, 7, 30)),
]


@pytest.mark.parametrize(("zone", "change", "expected"), _CHANGES)
def test_a_daily_job_runs_once_on_the_day_of_a_clock_change(
    zone: str, change: datetime, expected: datetime
) -> None:
    change, expected = (at.replace(tzinfo=UTC) for at in (change, expected))
    start = change - 6 * HOUR
    agenda = _agenda(start, zone, audit="30 2 * * *")
    assert _ticks(agenda, start, start + 20 * HOUR) == [expected]


@pytest.mark.parametrize(("zone", "change"), [row[:2] for row in _CHANGES])
def test_a_job_of_every_half_hour_follows_real_time_through_a_clock_change(
    zone: str, change: datetime
) -> None:
    start = change.replace(tzinfo=UTC) - 3 * HOUR
    agenda = _agenda(start, zone, tag="*/30 * * * *")
    half_hours = [start + count * HOUR / 2 for count in range(1, 13)]
    assert _ticks(agenda, start, start + 6 * HOUR) == half_hours


@given(
    start=st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]),
    minutes=st.sampled_from([1, 2, 5, 10, 15, 30]),
    is_cron=st.booleans(),
    pauses=st.lists(st.integers(1, 100), min_size=1, max_size=20),
)
def test_moments_increase_and_none_is_left_out(
    start: datetime, zone: str, minutes: int, is_cron: bool, pauses: list[int]
) -> None:
    when = f"*/{minutes} * * * *" if is_cron else f"every {minutes} minutes"
    now, interval = start.replace(tzinfo=UTC), minutes * MINUTE
    agenda, last = _agenda(now, zone, tag=when), now
    for pause in pauses:
        now += pause * MINUTE
        for tick in agenda.due(now):
            assert last < tick.moment <= now
            last = tick.moment
        assert now < agenda.next_ticks["tag"] <= last + interval
