"""The grammar the headlines come from: symbols, their alternatives, kinds of headline.

An alternative is text in which `{name}` stands for an expansion of that symbol and
`<one|other|>` for one of the choices, the last of which may be nothing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain
from random import Random
from typing import Any, TypeAlias

Alternative: TypeAlias = "tuple[str | Symbol, ...]"

_REFERENCE = re.compile(r"\{(\w+)\}")
_CHOICE = re.compile(r"<([^<>]*)>")
_SYMBOL_FILES = ("names.toml", "phrases.toml")
_KIND_FILES = ("no_topic.toml", "topics_alone.toml", "topics_together.toml")


@dataclass(slots=True, eq=False)
class Symbol:
    """A named set of equally likely alternatives; an unnamed one is a choice.

    Attributes:
        name: What `{name}` calls it; empty for a choice.
        alternatives: What it may become; filled once all symbols are known.
    """

    name: str
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """Headlines that carry the same labels.

    Attributes:
        labels: The labels its titles are made for.
        weight: Its part of all headlines, out of the sum of all kinds' weights.
        title: The symbol whose expansions are its titles.
    """

    labels: tuple[str, ...]
    weight: int
    title: Symbol


@dataclass(frozen=True, slots=True)
class Grammar:
    """All kinds of headline and the symbols they are made of.

    Attributes:
        kinds: The kinds, in the order of the files.
        symbols: Name to symbol, without the kinds' titles.
    """

    kinds: tuple[Kind, ...]
    symbols: Mapping[str, Symbol]


@cache
def headline_grammar(year: int) -> Grammar:
    """Return the package's grammar, as headlines of that year speak.

    >>> headline_grammar(2024).symbols["next_year"].alternatives
    (('2025',),)
    """
    rules = {"this_year": [str(year)], "next_year": [str(year + 1)]}
    for name in _SYMBOL_FILES:
        rules |= _data(name)
    kinds = chain.from_iterable(_data(name)["kind"] for name in _KIND_FILES)
    return build(rules, kinds)


def build(
    rules: Mapping[str, Sequence[str]], kinds: Iterable[Mapping[str, Any]]
) -> Grammar:
    """Return a grammar of symbol name to alternatives, and of kinds as in the files.

    Raises:
        KeyError: An alternative calls a symbol that is not defined.

    >>> kind = {"labels": ["tour"], "weight": 1, "titles": ["{who} <tour|on tour>"]}
    >>> grammar = build({"who": ["Ghost"]}, [kind])
    >>> expand(grammar.kinds[0].title, Random(1))
    'Ghost on tour'
    """
    symbols = {name: Symbol(name) for name in rules}
    for name, texts in rules.items():
        symbols[name].alternatives = tuple(_parse(text, symbols) for text in texts)
    return Grammar(tuple(_kind(entry, symbols) for entry in kinds), symbols)


def expand(symbol: Symbol, random: Random) -> str:
    """Return one expansion of a symbol, every choice drawn evenly."""
    parts: list[str] = []
    _expand_into(parts, symbol, random.random)
    return "".join(parts)


def _expand_into(parts: list[str], symbol: Symbol, draw: Callable[[], float]) -> None:
    alternatives = symbol.alternatives
    for part in alternatives[int(draw() * len(alternatives))]:
        if isinstance(part, str):
            parts.append(part)
        else:
            _expand_into(parts, part, draw)


def _kind(entry: Mapping[str, Any], symbols: Mapping[str, Symbol]) -> Kind:
    titles = tuple(_parse(text, symbols) for text in entry["titles"])
    return Kind(tuple(entry["labels"]), entry["weight"], Symbol("", titles))


def _parse(text: str, symbols: Mapping[str, Symbol]) -> Alternative:
    parts: list[str | Symbol] = []
    for index, piece in enumerate(_CHOICE.split(text)):
        if index % 2:  # what the group of `_CHOICE` caught
            options = tuple(_references(side, symbols) for side in piece.split("|"))
            parts.append(Symbol("", options))
        else:
            parts.extend(_references(piece, symbols))
    return tuple(parts)


def _references(text: str, symbols: Mapping[str, Symbol]) -> Alternative:
    pieces = _REFERENCE.split(text)
    return tuple(
        symbols[piece] if index % 2 else piece
        for index, piece in enumerate(pieces)
        if piece
    )


def _data(name: str) -> dict[str, Any]:
    return tomllib.loads(files("rocktag.sampling").joinpath(name).read_text("utf-8"))
