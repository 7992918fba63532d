"""Small valid input made hostile: bytes changed, cut and repeated, values replaced."""

from __future__ import annotations

import json
from copy import deepcopy
from random import Random
from typing import Any

LARGEST = 2**18  # bytes; hostile enough, and thousands of them in a minute
_DEEP = 5_000

# What breaks readers, in bytes and as JSON values.
TOKENS = (
    *(b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xff\xfe", b"\\ud800"),
    *(b'"', b"'", b"\n", b"\r", b"\t", b",", b";", b"\\", b"{", b"}", b"[", b"]", b"="),
    *(b"NaN", b"-Infinity", b"1e999", b"null", b"true", b"-1", b"0x" + b"f" * _DEEP),
    *(b"9" * _DEEP, b"[" * _DEEP, b'{"a":' * _DEEP, b"a." * _DEEP, b"," * _DEEP),
    *("\u202e".encode(), "\U0001f918".encode(), "\U0010ffff".encode(), b"\x1b[2J"),
    *(b"'; DROP TABLE headline; --", b"=cmd|' /C calc'!A0", b"../../x", b"%s%00"),
)
_NESTED: Any = []
for _ in range(200):
    _NESTED = [_NESTED]
VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**31, 2**63, 10**400, 1.5, float("nan"), float("inf")),
    *("", "\x00", "\ud800", "\u202e", "x" * 10_000, "../../x", "=1+1", "[UNK]"),
    *([], {}, [[]], {"": None}, _NESTED, "'; DROP TABLE headline; --", "posts.id"),
)


def mutated(example: bytes, random: Random) -> bytes:
    """Return the example with one to four changes."""
    content = bytearray(example)
    for _ in range(random.randint(1, 4)):
        _change(content, random)
        del content[LARGEST:]
    return bytes(content)


def mutated_json(example: bytes, random: Random) -> bytes:
    """Return a JSON document with one to three of its values or keys replaced."""
    document = [json.loads(example)]
    for _ in range(random.randint(1, 3)):
        parent, key = random.choice(list(_places(document)))
        if isinstance(parent, dict) and random.random() < 0.2:
            parent[str(random.choice(VALUES))[:100]] = parent.pop(key)
        elif random.random() < 0.2:
            del parent[key]
        else:
            parent[key] = deepcopy(random.choice(VALUES))  # a later change may be in it
        document = document or [None]
    return json.dumps(document[0]).encode()


def _change(content: bytearray, random: Random) -> None:
    """Change bytes in place, in one of seven ways."""
    start = random.randint(0, len(content))
    end = min(len(content), start + random.randint(0, 64))
    match random.randrange(7):
        case 0 if content:
            content[start % len(content)] ^= 1 << random.randrange(8)
        case 1:
            del content[start:end]
        case 2:
            del content[start:]
        case 3:
            content[start:start] = content[start:end] * random.choice((1, 9, 2_000))
        case 4:
            content[start:start] = random.choice(TOKENS)
        case 5:
            content[start:end] = random.choice(TOKENS)
        case _:
            elsewhere = random.randint(0, len(content))
            content[start:end] = content[elsewhere : elsewhere + 64]


def _places(node: Any) -> Any:
    """Yield each list or table with each of its indices or keys."""
    keys = list(node) if isinstance(node, dict) else range(len(node))
    for key in keys:
        yield node, key
        if isinstance(node[key], (dict, list)):
            yield from _places(node[key])
