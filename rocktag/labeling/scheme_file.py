"""Schemes of labelling functions as files, and what such a file must hold."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rocktag.errors import ConfigError
from rocktag.labeling.alphabet import Alphabet, PhraseError
from rocktag.labeling.phrases import Phrasebook, as_phrases
from rocktag.types import NO_TOPIC

_Text = Annotated[str, Field(min_length=1)]
_Texts = tuple[_Text, ...]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class WrittenFunction(_Part):
    """One labelling function, as the file has it.

    Attributes:
        label: What it votes on.
        name: What it looks for, in a few words; unique within the label.
        vote: What it says where it fires; elsewhere it abstains.
        weight: Of its vote, beside those of the label's other functions.
        phrases: It fires on a headline with one of them,
        also: if one of these stands in it too, where there are any,
        unless: and none of these.
        examples: Headlines on which it fires.
        counterexamples: Headlines on which it does not.
    """

    label: _Text
    name: _Text
    vote: Literal["present", "absent"] = "present"
    weight: Annotated[float, Field(gt=0)] = 1.0
    phrases: Annotated[_Texts, Field(min_length=1)]
    also: _Texts = ()
    unless: _Texts = ()
    examples: Annotated[_Texts, Field(min_length=1)]
    counterexamples: Annotated[_Texts, Field(min_length=1)]

    @property
    def full_name(self) -> str:
        """`label: name`, as reports show it."""
        return f"{self.label}: {self.name}"

    @property
    def all_phrases(self) -> _Texts:
        """Everything in it that is a phrase."""
        return (*self.phrases, *self.also, *self.unless)


class WrittenScheme(_Part):
    """A scheme, as the file has it.

    Attributes:
        labels: In the order of every matrix's columns.
        names: Names, mostly of bands, whose words are to be read as names.
        idioms: Turns of phrase whose words mislead; they are read as nothing.
        lists: Phrases that phrases may name.
        titles: Lists of works by their names, which phrases may name too: they are
            found in quotes, and those of several words also without.
        functions: In the order of every vote matrix's columns.
    """

    labels: Annotated[_Texts, Field(min_length=2)]
    names: _Texts = ()
    idioms: _Texts = ()
    lists: dict[str, Annotated[_Texts, Field(min_length=1)]] = {}
    titles: dict[str, Annotated[_Texts, Field(min_length=1)]] = {}
    functions: Annotated[tuple[WrittenFunction, ...], Field(alias="function")]

    @cached_property
    def book(self) -> Phrasebook:
        """What compiles its phrases."""
        return Phrasebook(Alphabet.of(self._phrases()), self._all_lists)

    @cached_property
    def _all_lists(self) -> dict[str, _Texts]:
        works = {name: as_phrases(titles) for name, titles in self.titles.items()}
        return self.lists | works

    def _phrases(self) -> Iterator[str]:
        yield from (*self.names, *self.idioms)
        for phrases in self._all_lists.values():
            yield from phrases
        for function in self.functions:
            yield from function.all_phrases

    @model_validator(mode="after")
    def _fits_together(self) -> WrittenScheme:
        faults = [*self._label_faults(), *self._phrase_faults()]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _label_faults(self) -> Iterator[str]:
        if len(set(self.labels)) != len(self.labels) or NO_TOPIC not in self.labels:
            yield f"labels: a label stands twice, or {NO_TOPIC} is missing"
        seen: set[str] = set()
        for function in self.functions:
            if function.label not in self.labels or function.label == NO_TOPIC:
                yield f"function {function.full_name!r}: no such topic"
            if function.full_name in seen:
                yield f"function {function.full_name!r}: stands twice"
            seen.add(function.full_name)
        for label in self.labels:
            if label != NO_TOPIC and not any(f.label == label for f in self.functions):
                yield f"labels: no function votes on {label!r}"

    def _phrase_faults(self) -> Iterator[str]:
        """Yield what is wrong with phrases; those of lists first, others name them."""
        places: list[tuple[str, Sequence[str]]] = []
        places += [("names", self.names), ("idioms", self.idioms)]
        places += [
            (f"lists.{name}", phrases) for name, phrases in self._all_lists.items()
        ]
        places += [
            (f"function {function.full_name!r}", function.all_phrases)
            for function in self.functions
        ]
        spelt = [fault for place in places for fault in _faults(*place, _spelt)]
        if spelt:
            yield from spelt
            return
        for place in places:
            yield from _faults(*place, self._compiles)

    def _compiles(self, phrase: str) -> None:
        self.book.finder([phrase])


def read_scheme(source: bytes, *, where: str) -> WrittenScheme:
    """Return the scheme that a TOML file holds.

    Raises:
        ConfigError: It is no TOML, or a function or a phrase in it is not usable.
    """
    try:
        return WrittenScheme.model_validate(tomllib.loads(source.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(where, [f"not TOML in UTF-8: {error}"]) from error
    except ValidationError as error:
        raise ConfigError(where, _told(error, source)) from error


def _told(error: ValidationError, source: bytes) -> list[str]:
    """Return the faults, each with the name of the function that has it."""
    written = tomllib.loads(source.decode()).get("function", [])
    return [
        f"{_place(fault['loc'], written)}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False)
    ]


def _place(path: Sequence[int | str], written: Sequence[object]) -> str:
    match path:
        case ["function", int(number), *rest]:
            found = written[number]
            named = found if isinstance(found, dict) else {}
            name = f"{named.get('label', '?')}: {named.get('name', '?')}"
            return ".".join([f"function {name!r}", *map(str, rest)])
    return ".".join(map(str, path)) or "scheme"


def _faults(
    place: str, phrases: Sequence[str], check: Callable[[str], None]
) -> Iterator[str]:
    for phrase in phrases:
        try:
            check(phrase)
        except PhraseError as error:
            yield f"{place}: {error}"


def _spelt(phrase: str) -> None:
    Alphabet.of([phrase])
