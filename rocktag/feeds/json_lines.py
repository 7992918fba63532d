"""Headlines from JSON Lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rocktag.feeds.columns import candidates, fold
from rocktag.feeds.lines import Lines, RecordTooLong
from rocktag.feeds.rows import excerpt, to_headline
from rocktag.types import Headline, Rejection


def read_json_lines(
    lines: Lines, *, columns: Mapping[str, str], origin: str, default_source: str
) -> Iterator[Headline | Rejection]:
    """Return an iterator over the lines that are not blank.

    Raises:
        UsageError: `columns` names a field that there is not.
    """
    names = candidates(columns)
    return _headlines(lines, names, origin, default_source)


def _headlines(
    lines: Lines, names: Mapping[str, tuple[str, ...]], origin: str, default_source: str
) -> Iterator[Headline | Rejection]:
    while True:
        lines.begin_record()
        try:
            line = next(lines)
            values = None if line.isspace() else _values(line, names)
        except StopIteration:
            return
        except (ValueError, RecordTooLong) as fault:
            yield Rejection(origin, lines.number, str(fault), excerpt(lines.head))
            continue
        if values is not None:
            yield to_headline(
                values, origin=origin, line=lines.number, default_source=default_source
            )


def _values(line: str, names: Mapping[str, tuple[str, ...]]) -> dict[str, object]:
    """Return the fields that the line's object has.

    Raises:
        ValueError: The line is no JSON object, or has no key for the title.
    """
    row = {fold(key): value for key, value in _object(line).items()}
    values = {}
    for field, keys in names.items():
        key = next((key for key in keys if key in row), None)
        if key is not None:
            values[field] = row[key]
    if "title" not in values:
        raise ValueError(
            f"no title: no key named {excerpt(' or '.join(names['title']))}"
        )
    return values


def _object(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"invalid JSON: {error.msg}") from error
    except (RecursionError, ValueError) as error:
        raise ValueError(
            "invalid JSON: nested too deep or a number too long"
        ) from error
    if not isinstance(value, dict):
        raise ValueError(f"not a JSON object but {type(value).__name__}")
    return value
