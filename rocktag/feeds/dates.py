"""Dates as feeds write them, read strictly: a guess would be stored as a fact.

Accepted are ISO 8601 (a year or a month alone is its first day), RFC 2822 as in RSS,
and days with the month's name. A date without an offset is taken as UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

_ACCEPTED = "write 2021-04-03, 2021-04-03T18:30:00Z or 3 Apr 2021 18:30:00 +0000"
_FIRST_YEAR = 1000  # MySQL keeps no earlier one
_LONGEST = 80  # characters; no accepted form comes near
_SHOWN = 40  # characters of a refused date

_YEAR_OR_MONTH = re.compile(r"(\d{4})(?:-(\d\d))?", re.ASCII)
_ISO = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d|\d{4}/\d\d/\d\d|\d{8})"
    r"(?:[T ](?P<time>\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?|\d{4}(?:\d\d)?)"
    r" ?(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII | re.IGNORECASE,
)
_MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_NAMED_MONTH = re.compile(
    r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?,? +)?"
    rf"(?:(?P<day>\d\d?) +(?P<month>{_MONTH})\.?|(?P<month_first>{_MONTH})\.?"
    r" +(?P<day_second>\d\d?),?) +(?P<year>\d{4})"
    r"(?:,? +(?P<time>\d\d?:\d\d(?::\d\d)?)"
    r"(?: *(?P<zone>[+-]\d{4}|UTC?|GMT|Z|[ECMP][SD]T))?)?",
    re.ASCII | re.IGNORECASE,
)
_DAY_OR_MONTH_FIRST = re.compile(r"\d\d?([-/. ])\d\d?\1(?:\d{4}|\d\d)\b.*", re.ASCII)


def parse_date(value: object) -> datetime | None:
    """Return the moment in UTC, or None where nothing is given.

    >>> parse_date("Sat, 03 Apr 2021 18:30:00 +0200").isoformat()
    '2021-04-03T16:30:00+00:00'
    >>> parse_date("1994-03").isoformat()
    '1994-03-01T00:00:00+00:00'
    >>> parse_date(" ")

    Raises:
        ValueError: The date is unreadable, ambiguous or not within the years 1000 to
            9999; the text says which and names the accepted forms.
    """
    match value:
        case None:
            return None
        case datetime():
            moment = value
        case date():
            moment = datetime(value.year, value.month, value.day)
        case str():
            text = value.strip()
            if not text:
                return None
            moment = _from_text(text)
        case _:
            raise ValueError(f"a date cannot be {type(value).__name__}; {_ACCEPTED}")
    return _in_utc(moment)


def _in_utc(moment: datetime) -> datetime:
    try:
        if moment.utcoffset() is None:
            moment = moment.replace(tzinfo=UTC)
        moment = moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the date is not within the years 1000 to 9999") from error
    if moment.year < _FIRST_YEAR:
        raise ValueError("the date is not within the years 1000 to 9999")
    return moment


def _from_text(text: str) -> datetime:
    if len(text) <= _LONGEST:
        try:
            moment = _from_iso(text) or _from_named_month(text)
        except ValueError as error:
            raise ValueError(f"no such date: {_shown(text)}; {_ACCEPTED}") from error
        if moment is not None:
            return moment
        if _DAY_OR_MONTH_FIRST.fullmatch(text):
            raise ValueError(
                f"ambiguous date {_shown(text)}, day or month first? {_ACCEPTED}"
            )
    raise ValueError(f"unreadable date {_shown(text)}; {_ACCEPTED}")


def _from_iso(text: str) -> datetime | None:
    if found := _ISO.fullmatch(text):
        day, time, zone = found["day"].replace("/", "-"), found["time"], found["zone"]
        if zone and zone[0] not in "+-":
            zone = "Z"
        return datetime.fromisoformat(f"{day}T{time or '00:00'}{zone or ''}")
    if found := _YEAR_OR_MONTH.fullmatch(text):
        return datetime(int(found[1]), int(found[2] or 1), 1)
    return None


def _from_named_month(text: str) -> datetime | None:
    found = _NAMED_MONTH.fullmatch(text)
    if found is None:
        return None
    day = found["day"] or found["day_second"]
    month = (found["month"] or found["month_first"])[:3]
    time, zone = found["time"] or "00:00", found["zone"] or "+0000"
    return parsedate_to_datetime(f"{day} {month} {found['year']} {time} {zone.upper()}")


def _shown(text: str) -> str:
    shown = ascii(text[:_LONGEST])
    return shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "..."
