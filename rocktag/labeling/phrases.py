r"""The phrases of labelling functions, and how they are found in a headline.

A phrase is a line of elements with blanks between them, each one word of a headline:

    tour            this word
    announce~       any word with the same stem (Porter's): announced, announcing
    new|latest      one of these
    {festivals}     any phrase of that list
    the?            may be missing
    _               any one word
    ...             up to six words, but none of the marks : ; | ? !
    # #th #year     a number, an ordinal, a year
    ''              a name in quotes
    'back_in_black' this name in quotes
    @               one of the scheme's names
    : - , ( ) &     marks
    ^ $             the headline's beginning, its end

Phrases and headlines become texts with a letter for each word, so that one simple
regular expression finds all the phrases of a function. It has no unbounded repetition:
the time it takes grows no faster than the headline.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from rocktag.labeling.alphabet import BREAKS, Alphabet, PhraseError, elements
from rocktag.labeling.reading import name_of

_LONGEST_GAP = 6  # words
_LONGEST_NAME = 8  # words


@dataclass(frozen=True)
class Finder:
    """What finds some phrases in a headline's letters.

    Attributes:
        source: A regular expression that matches any of the phrases.
        needed: Letters of which a headline has one, where a phrase is in it; none where
            that cannot be said.
    """

    source: str
    needed: frozenset[str] | None

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The source, compiled when a headline first has what is needed.

        Few headlines need many: what reads a few of them begins a second earlier.
        """
        return re.compile(self.source)

    def search(self, letters: str, present: frozenset[str]) -> re.Match[str] | None:
        """Return where the first phrase stands, if there is one."""
        if self.needed is not None and self.needed.isdisjoint(present):
            return None
        return self.pattern.search(letters)


class _Part(NamedTuple):
    """A part of a Finder.

    Attributes:
        source: As Finder's.
        needed: As Finder's.
        is_optional: Whether it is found where nothing stands.
    """

    source: str
    needed: frozenset[str] | None
    is_optional: bool


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """What compiles phrases: an alphabet and the lists that phrases name.

    Functions share lists and words; what is compiled of an element is remembered.
    """

    alphabet: Alphabet
    lists: Mapping[str, Sequence[str]]
    _remembered: dict[str, _Part] = field(default_factory=dict, compare=False)

    def finder(self, phrases: Sequence[str]) -> Finder:
        """Return what finds any of the phrases.

        Raises:
            PhraseError: One is no phrase, or names a list that is not there.
        """
        parts = [self._phrase(phrase) for phrase in phrases]
        if any(part.is_optional for part in parts):
            raise PhraseError("everything in a phrase may be missing")
        source = "|".join(part.source for part in parts)
        return Finder(source, _any_of(part.needed for part in parts))

    def _phrase(self, phrase: str) -> _Part:
        """Return what finds a phrase; it needs the rarest letters of its elements."""
        parts = [self._element(element) for element in elements(phrase)]
        return _Part(
            "".join(part.source for part in parts),
            max(
                (part.needed for part in parts if part.needed),
                key=self.alphabet.rarity,
                default=None,
            ),
            all(part.is_optional for part in parts),
        )

    def _element(self, element: str) -> _Part:
        match element:
            case "^":
                return _Part(r"\A", None, True)
            case "$":
                return _Part(r"\Z", None, True)
            case "...":
                breaks = self.alphabet.letters(BREAKS)
                return _Part(f"[^{breaks}]{{0,{_LONGEST_GAP}}}?", None, True)
            case "_":
                return _Part(".", None, False)
            case "_?":
                return _Part(".?", None, True)
        is_optional = element.endswith("?") and element != "?"
        bare = element.removesuffix("?") or "?"
        if bare not in self._remembered:
            self._remembered[bare] = self._alternatives(bare)
        part = self._remembered[bare]
        return _Part(f"(?:{part.source})?", None, True) if is_optional else part

    def _alternatives(self, element: str) -> _Part:
        """Return what finds one of the parts of an element, and what that needs."""
        letters: frozenset[str] = frozenset()
        found: list[_Part] = []
        for part in element.split("|"):
            if part.startswith("{"):
                found += [self._phrase(phrase) for phrase in self._list(part[1:-1])]
            elif part == "$":
                found.append(_Part(r"\Z", None, True))
            elif part == "@":
                name = self.alphabet.name
                source = f"{name}{{1,{_LONGEST_NAME}}}"
                found.append(_Part(source, frozenset(name), False))
            else:
                letters |= self.alphabet.class_of(part)
        if letters:
            found.append(_Part(f"[{''.join(sorted(letters))}]", letters, False))
        longest_first = sorted((part.source for part in found), key=len, reverse=True)
        return _Part(
            f"(?:{'|'.join(longest_first)})",
            _any_of(part.needed for part in found),
            any(part.is_optional for part in found),
        )

    def _list(self, name: str) -> Sequence[str]:
        if name not in self.lists:
            raise PhraseError(f"there is no list {name!r}")
        return self.lists[name]


def _any_of(needed: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    """Return letters of which one is needed where one of several is."""
    found = list(needed)
    if None in found:
        return None
    return frozenset[str]().union(*(one for one in found if one is not None))


def as_phrases(titles: Iterable[str]) -> tuple[str, ...]:
    """Return titles of works as phrases: in quotes, and without where they are longer.

    One word alone, out of quotes, may be any word.

    >>> as_phrases(["back in black", "ten"])
    ("'back_in_black'", 'back in black', "'ten'")
    """
    found: list[str] = []
    for title in titles:
        found += [name_of(title), title] if " " in title else [name_of(title)]
    return tuple(found)
