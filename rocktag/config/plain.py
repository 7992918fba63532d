"""What may stand in a configuration at all, before it is asked what it means."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from rocktag.errors import ConfigError

LARGEST_FILE = 2**20  # bytes; the shipped config.toml has 11 thousand
DEEPEST = 16  # tables within tables

_LARGEST_NUMBER = 2**63 - 1  # TOML promises no more
_MOST_FAULTS = 20  # that one message tells
_LONGEST_FAULT = 500  # characters
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
# tomllib needs memory by the square of a key's length.
_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_ENDLESS_KEY = re.compile(rf"(?<![\w-])(?:{_PART}[ \t]*\.[ \t]*){{{2 * DEEPEST}}}")

_Path: TypeAlias = tuple[str, ...]


def read(path: Path) -> dict[str, Any]:
    """Return the values of a TOML file in UTF-8, with or without a byte order mark.

    Raises:
        ConfigError: It cannot be read, is no TOML, or no configuration has its form.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:  # ValueError: NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(str(path), [f"cannot be read: {reason}"]) from error
    if len(content) > LARGEST_FILE:
        raise ConfigError(str(path), [f"it is larger than {LARGEST_FILE:,} bytes"])
    try:
        text = content.decode("utf-8-sig")
        if _ENDLESS_KEY.search(text):
            raise RecursionError
        return tomllib.loads(text)
    except RecursionError as error:
        raise ConfigError(str(path), ["not valid TOML: nested too deep"]) from error
    except ValueError as error:  # also of an integer with thousands of digits
        raise ConfigError(str(path), [f"not valid TOML: {error}"]) from error


def check(values: Mapping[str, Any], where: str) -> None:
    """Refuse values that no setting can have, each with its path.

    Raises:
        ConfigError: A text cannot be stored, a number is too large, or a table stands
            too deep in others.
    """
    if found := faults(values):
        raise ConfigError(where, told(found))


def faults(values: Mapping[str, Any]) -> list[str]:
    r"""Return why values cannot be those of settings, whichever they are of.

    >>> faults({"source": {"table": "a\x00b", "id": "id"}})
    ['source.table: contains a NUL character or is not valid Unicode']
    """
    return [f"{'.'.join(path)}: {what}" for path, what in _faults(values, ())]


def told(faults: Sequence[str]) -> list[str]:
    """Return the faults as a message tells them, not too many and none too long.

    >>> told(["a: " + "x" * 1_000])[0][-3:]
    'xx…'
    """
    shown = [
        fault if len(fault) <= _LONGEST_FAULT else f"{fault[: _LONGEST_FAULT - 1]}…"
        for fault in faults[:_MOST_FAULTS]
    ]
    more = len(faults) - len(shown)
    return [*shown, f"and {more:,} more"] if more else shown


def _faults(value: Any, path: _Path) -> Iterator[tuple[_Path, str]]:
    match value:
        case str() if _NOT_STORABLE.search(value):
            yield path, "contains a NUL character or is not valid Unicode"
        case int() if abs(value) > _LARGEST_NUMBER:
            yield path, f"not within {-_LARGEST_NUMBER} to {_LARGEST_NUMBER}"
        case Mapping() | list() if len(path) >= DEEPEST:
            yield path[:2], f"nested more than {DEEPEST} deep"
        case Mapping():
            for key, below in value.items():
                yield from _faults(key, (*path, "(name of a key)"))
                yield from _faults(below, (*path, key))
        case list():
            for place, below in enumerate(value):
                yield from _faults(below, (*path, str(place)))
