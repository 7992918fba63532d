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
from dataclasses import dataclass

from rocktag.labeling.alphabet import BREAKS, Alphabet, PhraseError, elements
from rocktag.labeling.reading import name_of

_LONGEST_GAP = 6  # words
_LONGEST_NAME = 8  # words


@dataclass(frozen=True, slots=True)
class Finder:
    """What finds some phrases in a headline's letters.

    Attributes:
        pattern: Any of the phrases.
        needed: Letters of which a headline has one, where a phrase is in it; none where
            that cannot be said.
    """

    pattern: re.Pattern[str]
    needed: frozenset[str] | None

    def search(self, letters: str, present: frozenset[str]) -> re.Match[str] | None:
        """Return where the first phrase stands, if there is one."""
        if self.needed is not None and self.needed.isdisjoint(present):
            return None
        return self.pattern.search(letters)


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """What compiles phrases: an alphabet and the lists that phrases name."""

    alphabet: Alphabet
    lists: Mapping[str, Sequence[str]]

    def finder(self, phrases: Sequence[str]) -> Finder:
        """Return what finds any of the phrases.

        Raises:
            PhraseError: One is no phrase, or names a list that is not there.
        """
        compiled = [self._compiled(phrase) for phrase in phrases]
        pattern = re.compile("|".join(pattern for pattern, _ in compiled))
        if pattern.match(""):
            raise PhraseError("everything in a phrase may be missing")
        return Finder(pattern, _any_of(needed for _, needed in compiled))

    def _compiled(self, phrase: str) -> tuple[str, frozenset[str] | None]:
        """Return a phrase's regular expression, and letters of which it needs one."""
        pattern, best, rarity = "", None, self.alphabet.rarity
        for element in elements(phrase):
            part, needed = self._element(element)
            pattern += part
            if needed and (best is None or rarity(needed) > rarity(best)):
                best = needed
        return pattern, best

    def _element(self, element: str) -> tuple[str, frozenset[str] | None]:
        match element:
            case "^":
                return r"\A", None
            case "$":
                return r"\Z", None
            case "...":
                breaks = self.alphabet.letters(BREAKS)
                return f"[^{breaks}]{{0,{_LONGEST_GAP}}}?", None
            case "_":
                return ".", None
            case "_?":
                return ".?", None
        is_optional = element.endswith("?") and element != "?"
        pattern, needed = self._alternatives(element.removesuffix("?") or "?")
        return (f"(?:{pattern})?", None) if is_optional else (pattern, needed)

    def _alternatives(self, element: str) -> tuple[str, frozenset[str] | None]:
        """Return what finds one of the parts of an element, and what that needs."""
        letters: frozenset[str] = frozenset()
        found: list[tuple[str, frozenset[str] | None]] = []
        for part in element.split("|"):
            if part.startswith("{"):
                found += [self._compiled(phrase) for phrase in self._list(part[1:-1])]
            elif part == "$":
                found.append((r"\Z", None))
            elif part == "@":
                name = self.alphabet.name
                found.append((f"{name}{{1,{_LONGEST_NAME}}}", frozenset(name)))
            else:
                letters |= self.alphabet.class_of(part)
        if letters:
            found.append((f"[{''.join(sorted(letters))}]", letters))
        longest_first = sorted((pattern for pattern, _ in found), key=len, reverse=True)
        return f"(?:{'|'.join(longest_first)})", _any_of(needed for _, needed in found)

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
