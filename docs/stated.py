"""What config.toml says of each key, beside and above it, and above each table."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str, ...]  # of a key or a table: ("tag", "batch_size")

# A key or table that is only an example stands there as a comment.
_TABLE = re.compile(r"(?:# )?\[(?P<name>[^\[\]]+)\]\s*(?:#.*)?")
_KEY = re.compile(r'(?:# )?(?P<name>[a-z0-9_]+|"[^"]+") = (?P<rest>.+)')
_GOES_ON = re.compile(r"#?\s{8,}# ?(?P<said>.*)")
_COMMENT = re.compile(r"# ?(?P<said>.*)")


@dataclass(slots=True)
class _Reader:
    """Where a reader of config.toml is.

    Attributes:
        said: What was said so far: path to the pieces of its comment.
        table: The table it is in.
        last: What a comment that goes on belongs to.
        above: Comment lines that belong to what comes next.
    """

    said: dict[KeyPath, list[str]] = field(default_factory=dict)
    table: KeyPath = ()
    last: KeyPath | None = None
    above: list[str] = field(default_factory=list)

    def read(self, line: str) -> None:
        """Take in one line."""
        if found := _GOES_ON.fullmatch(line):
            if self.last is not None:
                self.said[self.last].append(found["said"])
        elif found := _TABLE.fullmatch(line):
            self.table = _parts(found["name"])
            self._state(self.table)
        elif found := _KEY.fullmatch(line):
            self._state((*self.table, *_parts(found["name"])), _beside(found["rest"]))
        elif found := _COMMENT.fullmatch(line):
            self.above.append(found["said"])
        else:
            self.above, self.last = [], None

    def _state(self, path: KeyPath, beside: str | None = None) -> None:
        pieces = [*self.above, *([beside] if beside else [])]
        self.said.setdefault(path, []).extend(pieces)
        self.above, self.last = [], path


def stated(text: str) -> dict[KeyPath, str]:
    r"""Return what the comments of a config.toml say: path to one line.

    >>> found = stated('# How.\n[tag]\n# model = "x"  # a,\n#          # or b\n')
    >>> found[("tag",)], found[("tag", "model")]
    ('How.', 'a, or b')
    """
    reader = _Reader()
    for line in text.splitlines():
        reader.read(line)
    return {path: " ".join(pieces) for path, pieces in reader.said.items()}


def _parts(name: str) -> KeyPath:
    """Return the parts of a dotted TOML name.

    >>> _parts('encoder."a/b".sha256')
    ('encoder', 'a/b', 'sha256')
    """
    return tuple(_names(tomllib.loads(f"{name} = 0")))


def _names(values: object) -> Iterator[str]:
    while isinstance(values, dict):
        ((name, values),) = values.items()
        yield name


def _beside(rest: str) -> str | None:
    """Return the comment after a value, if there is one.

    >>> _beside('"a # b"  # a comment')
    'a comment'
    """
    for place in (found.start() for found in re.finditer("#", rest)):
        try:
            tomllib.loads(f"key = {rest[:place]}")
        except tomllib.TOMLDecodeError:
            continue  # it stands within the value
        return rest[place + 1 :].strip()
    return None
