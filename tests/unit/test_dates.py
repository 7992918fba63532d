"""Dates are read strictly, and always in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocktag.feeds import parse_date

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
AWARE = st.datetimes(
    min_value=datetime(1001, 1, 1),
    max_value=datetime(9998, 12, 31),
    timezones=OFFSETS,
)


@given(AWARE)
def test_every_iso_moment_is_read_as_the_same_moment_in_utc(moment: datetime) -> None:
    for text in (moment.isoformat(), moment.isoformat(" ")):
        read = parse_date(text)
        assert read == moment
        assert read is not None
        assert read.tzinfo is UTC


@given(AWARE)
def test_every_rss_moment_is_read_as_the_same_moment(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    assert parse_date(format_datetime(moment)) == moment


@given(AWARE)
def test_reading_a_read_date_again_changes_nothing(moment: datetime) -> None:
    once = parse_date(moment)
    assert once is not None
    assert parse_date(once) == once == parse_date(once.isoformat())


@given(st.one_of(st.text(), st.from_regex(r"[0-9:/TZ +.,-]{1,30}", fullmatch=True)))
def test_any_text_is_a_date_in_utc_nothing_or_refused_in_words(text: str) -> None:
    try:
        moment = parse_date(text)
    except ValueError as error:
        assert str(error).isprintable()  # noqa: PT017  # most texts raise
        assert len(str(error)) < 200  # noqa: PT017
    else:
        assert (moment is None) == (not text.strip())
        assert moment is None or (moment.tzinfo is UTC and moment.year >= 1000)


@pytest.mark.parametrize("value", [None, "", "  \t"])
def test_nothing_is_no_date(value: object) -> None:
    assert parse_date(value) is None


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (datetime(2021, 4, 3, 18, 30), "2021-04-03T18:30:00+00:00"),
        (date(2021, 4, 3), "2021-04-03T00:00:00+00:00"),
        ("2021-04-03", "2021-04-03T00:00:00+00:00"),
        ("2021/04/03 18:30", "2021-04-03T18:30:00+00:00"),
        ("20210403", "2021-04-03T00:00:00+00:00"),
        ("20210403T183000Z", "2021-04-03T18:30:00+00:00"),
        ("2021-04-03 18:30:00+00", "2021-04-03T18:30:00+00:00"),
        ("2021-04-03 18:30:00 UTC", "2021-04-03T18:30:00+00:00"),
        ("2021-04-03 18:30:00 +0200", "2021-04-03T16:30:00+00:00"),
        ("2021-04-03t18:30:00,5z", "2021-04-03T18:30:00.500000+00:00"),
        ("2014-11", "2014-11-01T00:00:00+00:00"),
        ("1982", "1982-01-01T00:00:00+00:00"),
        ("Sat, 03 Apr 2021 18:30:00 GMT", "2021-04-03T18:30:00+00:00"),
        ("3 Apr 2021 18:30 EDT", "2021-04-03T22:30:00+00:00"),
        ("Sat, 3 Apr 2021 18:30:00 -0000", "2021-04-03T18:30:00+00:00"),
        ("3 September 2021", "2021-09-03T00:00:00+00:00"),
        ("Saturday, April 3, 2021", "2021-04-03T00:00:00+00:00"),
        ("Sept. 3, 2021", "2021-09-03T00:00:00+00:00"),
    ],
)
def test_these_forms_are_accepted(value: object, moment: str) -> None:
    read = parse_date(value)
    assert read is not None
    assert read.isoformat() == moment


@pytest.mark.parametrize(
    "text", ["03/04/2021", "3.4.21", "03-04-2021 10:00", "25/12/2021", "3 4 2021"]
)
def test_a_day_that_could_be_a_month_is_refused_as_ambiguous(text: str) -> None:
    with pytest.raises(ValueError, match=r"ambiguous.*write 2021-04-03"):
        parse_date(text)


@pytest.mark.parametrize(
    "text",
    [
        "Monday",
        "12",
        "now",
        "April",
        "April 2021",
        "201411",
        "18:30",
        "1617474600",
        "2021-04-03T",
        "2021-04-03 18:30 NZST",
        "3 Apr 2021 18:30 XYZ",
        "3 Apr 21",
        "Sat, 3 Apr 2021 6:30 PM",
        "٢٠٢١-٠٤-٠٣",
        "2021-04-03" * 1_000,
    ],
)
def test_what_is_no_date_for_sure_is_unreadable(text: str) -> None:
    with pytest.raises(ValueError, match=r"unreadable date.*write 2021-04-03"):
        parse_date(text)


@pytest.mark.parametrize(
    "text",
    ["2021-02-29", "2021-13", "0000-00-00", "31 Apr 2021", "2021-04-03T25:00"],
)
def test_a_date_not_in_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no such date"):
        parse_date(text)


@pytest.mark.parametrize(
    "value",
    [
        "0999-12-31",
        "1000-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        datetime.min,
        datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
        date(1, 1, 1),
    ],
)
def test_years_outside_1000_to_9999_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="1000 to 9999"):
        parse_date(value)


@pytest.mark.parametrize("value", [1617474600, 12.5, True, b"2021-04-03", ["2021"]])
def test_a_number_or_a_list_is_no_date(value: object) -> None:
    with pytest.raises(ValueError, match="a date cannot be"):
        parse_date(value)
