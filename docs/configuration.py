"""configuration.md: every key of config.toml, as settings and comments define it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from docs.stated import KeyPath, stated
from rocktag.config import Settings

PAGE = Path(__file__).with_name("configuration.md")
CONFIGURATION = Path(__file__).parents[1] / "config.toml"
NAME = "NAME"  # in a path: whatever the user calls it
Schema: TypeAlias = Mapping[str, Any]
_Place: TypeAlias = tuple[KeyPath, str]  # of a table, and its class
_HEAD = """\
<!-- Made from config.toml and rocktag.config by `make reference`; not to be edited. -->

# Configuration

A key stands in `config.toml` of the current folder, in the file that `ROCKTAG_CONFIG`
names, or in that of `rocktag --config FILE`. A key left out has its default; an unknown
one is refused, and every fault is told at once. Stronger than the file is a variable of
the environment (`ROCKTAG_DATABASE_URL`; a key of a table with two underscores between,
`ROCKTAG_TAG__BATCH_SIZE`), and the strongest an option of the command line
(`rocktag --set tag.batch_size=64 config show`). `rocktag config show` prints what is in
force, without passwords.
"""
_BOUNDS = (
    ("minimum", "at least"),
    ("exclusiveMinimum", "above"),
    ("maximum", "at most"),
    ("exclusiveMaximum", "below"),
)
_KINDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
}


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the configuration.

    Attributes:
        path: Where it stands; the last part is its own name.
        default: As TOML writes it, or a word.
        allowed: What it may be.
        meaning: What config.toml says of it.
    """

    path: KeyPath
    default: str
    allowed: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the configuration.

    Attributes:
        path: Where it stands; () for keys that stand in none.
        meaning: What config.toml says of it, or what its settings are for.
        keys: In order; none where they are those of another table.
    """

    path: KeyPath
    meaning: str
    keys: tuple[Key, ...]


def configuration_page() -> str:
    """Return the page (Markdown)."""
    return "\n".join([_HEAD, *map(_section, tables())]).rstrip() + "\n"


def tables() -> list[Table]:
    """Return every table of the configuration, with all its keys."""
    schema = Settings.model_json_schema()
    said = stated(CONFIGURATION.read_text(encoding="utf-8"))
    return list(_Walk(schema["$defs"], said).tables((), schema))


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walk through the schema of the settings.

    Attributes:
        known: The schemas of tables, by the names of their classes.
        said: What config.toml says, by path.
        places: Where each class was met first; its keys are told there only.
    """

    known: Schema
    said: Mapping[KeyPath, str]
    places: dict[str, KeyPath] = field(default_factory=dict)

    def tables(self, path: KeyPath, schema: Schema) -> Iterator[Table]:
        """Yield a table, then those below it."""
        below = dict(self._below(path, schema))
        yield Table(
            path,
            self._said(path) or _purpose(path, schema),
            keys=tuple(
                self._key((*path, name), part, name in schema.get("required", ()))
                for name, part in schema["properties"].items()
                if name not in below
            ),
        )
        for place, name in below.values():
            if name in self.places:
                same = f"The keys of `[{'.'.join(self.places[name])}]`."
                yield Table(place, same, ())
            else:
                self.places[name] = place
                yield from self.tables(place, self.known[name])

    def _below(self, path: KeyPath, schema: Schema) -> Iterator[tuple[str, _Place]]:
        """Yield the name of each field that is a table, its path and its class."""
        for name, part in schema["properties"].items():
            named = part.get("additionalProperties", {})
            for place, found in (((*path, name), part), ((*path, name, NAME), named)):
                for choice in (found, *found.get("anyOf", ())):
                    if reference := choice.get("$ref"):
                        yield name, (place, reference.rpartition("/")[2])

    def _key(self, path: KeyPath, schema: Schema, required: bool) -> Key:
        default = "required" if required else _default(path, schema)
        meaning = self._said(path) or self._said(path, below=True)
        return Key(path, default, _allowed(schema), meaning)

    def _said(self, path: KeyPath, *, below: bool = False) -> str:
        """Return the first that is said of a path, or of one below it."""
        found = (
            text
            for place, text in self.said.items()
            if text and _is(place, path) and (below or len(place) == len(path))
        )
        return next(found, "")


def _purpose(path: KeyPath, schema: Schema) -> str:
    """Return the first line of the docstring of a table's class."""
    first: str = schema["description"].partition("\n")[0]
    return first if path else "These keys stand in no table."


def _is(place: KeyPath, path: KeyPath) -> bool:
    """Whether a place of config.toml is that of a path, or below it.

    >>> _is(("encoder", "mine", "sha256"), ("encoder", NAME, "sha256"))
    True
    """
    return len(place) >= len(path) and all(
        wanted in (NAME, part) for wanted, part in zip(path, place, strict=False)
    )


def _default(path: KeyPath, schema: Schema) -> str:
    default = schema.get("default")
    if schema.get("format") == "password" and default:
        default = Settings.model_validate({}).displayable()[path[0]]
    return "none" if default in (None, [], {}) else f"`{json.dumps(default)}`"


def _allowed(schema: Schema) -> str:
    """Return what a value may be.

    >>> _allowed({"type": "integer", "minimum": 1, "maximum": 10000})
    'whole number, at least 1, at most 10,000'
    """
    if choices := schema.get("enum"):
        return ", ".join(f"`{choice}`" for choice in choices)
    if choices := schema.get("anyOf"):
        return " or ".join(_allowed(one) for one in choices if one["type"] != "null")
    kind = _KINDS.get(schema.get("type", "object"), "table")
    if kind == "list":
        return f"list of {_allowed(schema['items'])}"
    bounds = [f"{words} {schema[name]:,}" for name, words in _BOUNDS if name in schema]
    return ", ".join([kind, *bounds])


def _section(table: Table) -> str:
    heading = f"`[{'.'.join(table.path)}]`" if table.path else "Above all tables"
    rows = [("key", "default", "may be", "says"), ("---",) * 4] if table.keys else []
    rows += [
        (f"`{key.path[-1]}`", key.default, key.allowed, key.meaning)
        for key in table.keys
    ]
    lines = (f"| {' | '.join(map(_escaped, row))} |\n" for row in rows)
    found = "".join(lines)
    return f"## {heading}\n\n{table.meaning}\n" + (f"\n{found}" if found else "")


def _escaped(cell: str) -> str:
    """Keep what a cell holds from ending it."""
    return cell.replace("|", r"\|")
