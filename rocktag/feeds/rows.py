"""The one place where loose values become a headline, from a file or from a table."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from rocktag.feeds.dates import parse_date
from rocktag.text import refusal, tidy
from rocktag.types import Headline, Rejection

MAXIMUM_SOURCE_LENGTH = 255  # characters
MAXIMUM_EXTERNAL_ID_LENGTH = 255  # characters
MAXIMUM_URL_LENGTH = 2_000  # characters

_EXCERPT_LENGTH = 80  # characters
_HASH_LENGTH = 32  # hexadecimal digits, 128 bits: no two headlines of a feed collide
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")  # no database keeps these


def to_headline(
    values: Mapping[str, object],
    *,
    origin: str,
    line: int | None,
    default_source: str,
) -> Headline | Rejection:
    """Return the row as a headline, or why it cannot be one.

    Without an `external_id` the url stands for it, and without a url a hash of title
    and date does: the same row read twice is one headline, an edited one is new.

    >>> row = {"title": " Ghost  announce tour", "external_id": 7}
    >>> headline = to_headline(row, origin="news", line=None, default_source="NME")
    >>> headline.title, headline.external_id, headline.source
    ('Ghost announce tour', '7', 'NME')
    >>> to_headline({}, origin="news", line=None, default_source="NME").reason
    'no title'

    Args:
        values: Field to its value as the file or the database driver gives it; the
            fields are those of `Headline`, of which only the title is required.
        origin: The file or table, for a `Rejection`.
        line: The row's first line in its file; None for a table's row.
        default_source: The source of a row that names none; itself a valid one.
    """
    try:
        return _headline(values, default_source)
    except ValueError as fault:
        return Rejection(origin, line, str(fault), _row_excerpt(values))


def excerpt(text: str) -> str:
    r"""Return the text's beginning, printable, for a person to recognise it.

    >>> excerpt("Queen\x00\nlive")
    'Queen\\x00\\nlive'
    """
    start = text[: _EXCERPT_LENGTH + 1].strip()
    shown = "".join(map(_printable, start))
    if len(shown) <= _EXCERPT_LENGTH:
        return shown
    return shown[: _EXCERPT_LENGTH - 1] + "…"


def text_fault(name: str, text: str, maximum: int) -> str | None:
    """Say why the text cannot be kept in the field of that name, or None if it can.

    >>> text_fault("url", "x" * 2_001, 2_000)
    'the url has 2,001 characters, over 2,000'
    """
    if len(text) > maximum:
        return f"the {name} has {len(text):,} characters, over {maximum:,}"
    if _NOT_STORABLE.search(text):
        return f"the {name} contains a NUL character or is not valid Unicode"
    return None


def _headline(values: Mapping[str, object], default_source: str) -> Headline:
    title = _title(values.get("title"))
    published_at = parse_date(values.get("published_at"))
    source = _text("source", values.get("source"), MAXIMUM_SOURCE_LENGTH)
    name = _text("external_id", values.get("external_id"), MAXIMUM_EXTERNAL_ID_LENGTH)
    url = _text("url", values.get("url"), MAXIMUM_URL_LENGTH)
    return Headline(
        source=tidy(source) or default_source,
        external_id=name or _derived_id(title, url, published_at),
        title=title,
        url=url or None,
        published_at=published_at,
    )


def _title(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "surrogateescape")
    if value is None:
        raise ValueError("no title")
    if not isinstance(value, str):
        raise ValueError(f"the title is not text but {type(value).__name__}")
    if fault := refusal(value):
        raise ValueError(fault)
    return tidy(value)


def _text(name: str, value: object, maximum: int) -> str:
    """Return the value as trimmed text, empty where there is none."""
    match value:
        case None:
            return ""
        case str():
            text = value.strip()
        case bytes() | bytearray() | memoryview():
            text = _text_of_bytes(bytes(value))
        case bool() | dict() | list() | tuple() | set():
            raise ValueError(f"the {name} is not text but {type(value).__name__}")
        case float() | Decimal() if not math.isfinite(value):
            raise ValueError(f"the {name} is not a finite number but {value}")
        case _:
            text = str(value).strip()
    if fault := text_fault(name, text, maximum):
        raise ValueError(fault)
    return text


def _text_of_bytes(value: bytes) -> str:
    """Return UTF-8 as its text and anything else, such as a binary key, in hex."""
    try:
        text = value.decode().strip()
    except UnicodeDecodeError:
        return value.hex()
    return text if text.isprintable() else value.hex()


def _derived_id(title: str, url: str, published_at: datetime | None) -> str:
    if url and len(url) <= MAXIMUM_EXTERNAL_ID_LENGTH:
        return url
    moment = published_at.isoformat() if published_at else ""
    content = url or f"{title}\n{moment}"
    return hashlib.sha256(content.encode()).hexdigest()[:_HASH_LENGTH]


def _row_excerpt(values: Mapping[str, object]) -> str:
    shown = map(_shown, (values.get("title"), *values.values()))
    return excerpt(next((text for text in shown if text.strip()), ""))


def _shown(value: object) -> str:
    # A deeply nested list would overflow the stack on its way to text.
    if value is None or isinstance(value, (dict, list)):
        return ""
    return value if isinstance(value, str) else str(value)


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode()
