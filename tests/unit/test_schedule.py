"""Cron expressions mean to rocktag what they mean to cron."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rocktag.schedule import trigger

SUNDAY = datetime(2026, 3, 1, tzinfo=UTC)


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
