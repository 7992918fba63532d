"""Many keys in statements of a bearable length."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TypeVar

Key = TypeVar("Key", int, str)

_KEYS_A_STATEMENT = 500  # PostgreSQL's parser runs out of stack at some thousands


def portions(keys: Collection[Key]) -> Iterator[list[Key]]:
    """Yield sorted keys, at most as many at a time as go into one statement.

    >>> [len(some) for some in portions(range(1_200))]
    [500, 500, 200]
    """
    ordered = sorted(keys)
    for start in range(0, len(ordered), _KEYS_A_STATEMENT):
        yield ordered[start : start + _KEYS_A_STATEMENT]
