"""The elements of phrases, and a letter for each word that some phrase asks for.

phrases.py tells of the elements.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from rocktag.labeling.reading import is_name
from rocktag.text.normalization import stem

_FIRST_LETTER = 0x3400  # classes of letters below 0x10000 are tables, above searched
BREAKS = (":", ";", "|", "?", "!")  # a gap does not reach over these
_PART = (
    r"(?:\{[a-z_]+\}|#(?:th|year)?|'[a-z0-9_]*'|[@$]|[a-z0-9']+~?|[:;,()\[\]\-&/!+*.])"
)
_ELEMENT = re.compile(rf"\^|\$|\?|\.\.\.|_\??|{_PART}(?:\|{_PART})*\??")
_NO_WORDS = frozenset(("^", "$", "...", "_", "_?"))
_NO_LETTERS = frozenset(("@", "$", "''", "#", "#th", "#year"))
# In brackets, so that none is a word: "name" in a phrase means no known name.
_KINDS = ("<other>", "<name>", "<quoted>", "<number>", "<ordinal>", "<year>")
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)")
_YEAR = re.compile(r"(?:19|20)\d\d")
_WORDS_REMEMBERED = 2**17  # a long-lived worker meets ever new names
_Predicate = Callable[[str], bool]


class PhraseError(ValueError):
    """A phrase that is none; its text says why."""


@dataclass(frozen=True)
class Alphabet:
    """A letter for each word that some phrase asks for, and for each kind of others.

    Attributes:
        words: Every word that stands in a phrase.
        stems: Every stem that a phrase asks for.
    """

    words: tuple[str, ...]
    stems: tuple[str, ...]

    @classmethod
    def of(cls, phrases: Iterable[str]) -> Alphabet:
        """Return the alphabet that some phrases need."""
        words = set(BREAKS)
        stems: set[str] = set()
        for phrase in phrases:
            for part in _parts(phrase):
                if part.endswith("~"):
                    stems.add(stem(part[:-1]))
                words.add(part.removesuffix("~"))
        return cls(tuple(sorted(words)), tuple(sorted(stems)))

    @cached_property
    def _letters(self) -> Mapping[str, str]:
        stems = (f"~{one}" for one in self.stems)
        kinds = (*_KINDS, *stems)
        return {
            name: chr(_FIRST_LETTER + number)
            for number, name in enumerate((*kinds, *self.words))
        }

    @property
    def other(self) -> str:
        """The letter of words that no phrase asks for."""
        return self._letters["<other>"]

    @property
    def name(self) -> str:
        """The letter of each word of a known name."""
        return self._letters["<name>"]

    @cached_property
    def _known(self) -> dict[str, str]:
        return {}

    def letters(self, words: Iterable[str]) -> str:
        """Return the words as one letter each."""
        known = self._known
        found = []
        for word in words:
            letter = known.get(word)
            if letter is None:
                letter = self._letter(word)
                if len(known) < _WORDS_REMEMBERED:
                    known[word] = letter
            found.append(letter)
        return "".join(found)

    def _letter(self, word: str) -> str:
        letters = self._letters
        if word in letters:
            return letters[word]
        if is_name(word):
            return letters["<quoted>"]
        if word.isdigit():
            return letters["<year>" if _YEAR.fullmatch(word) else "<number>"]
        if _ORDINAL.fullmatch(word):
            return letters["<ordinal>"]
        return letters.get(f"~{stem(word)}", self.other)

    @cached_property
    def _classes(self) -> dict[str, frozenset[str]]:
        return {}

    def class_of(self, part: str) -> frozenset[str]:
        """Return the letters that stand for a part of an element."""
        found = self._classes.get(part)
        if found is None:
            found = self._classes[part] = self._class_of(part)
        return found

    def _class_of(self, part: str) -> frozenset[str]:
        letters = self._letters
        match part:
            case "#":
                return self._where(str.isdigit) | {
                    letters["<number>"],
                    letters["<year>"],
                }
            case "#th":
                return self._where(_is_ordinal) | {letters["<ordinal>"]}
            case "#year":
                return self._where(_is_year) | {letters["<year>"]}
            case "''":
                return self._where(is_name) | {letters["<quoted>"]}
            case _ if part.endswith("~"):
                wanted = stem(part[:-1])
                return self._by_stem[wanted] | {letters[f"~{wanted}"]}
            case _:
                return frozenset(letters[part])

    @cached_property
    def _by_stem(self) -> Mapping[str, frozenset[str]]:
        """Stem to the letters of the words that have it."""
        found: dict[str, set[str]] = {one: set() for one in self.stems}
        for word in self.words:
            if (own := stem(word)) in found:
                found[own].add(self._letters[word])
        return {one: frozenset(letters) for one, letters in found.items()}

    def rarity(self, letters: frozenset[str]) -> float:
        """Guess how seldom one of these stands in a headline: long words are rare."""
        found = self._rarities.get(letters)
        if found is None:
            shares = map(self._shares.__getitem__, letters)
            found = self._rarities[letters] = -sum(shares)
        return found

    @cached_property
    def _rarities(self) -> dict[frozenset[str], float]:
        return {}

    @cached_property
    def _shares(self) -> Mapping[str, float]:
        words = {letter: 2.0 ** -len(name) for name, letter in self._letters.items()}
        return words | {self._letters[kind]: 1.0 for kind in _KINDS}

    def _where(self, holds: _Predicate) -> frozenset[str]:
        return frozenset(self._letters[word] for word in self.words if holds(word))


def _is_ordinal(word: str) -> bool:
    return _ORDINAL.fullmatch(word) is not None


def _is_year(word: str) -> bool:
    return _YEAR.fullmatch(word) is not None


def elements(phrase: str) -> Iterator[str]:
    """Yield the elements of a phrase.

    >>> list(elements("new|latest song? ... ''"))
    ['new|latest', 'song?', '...', "''"]

    Raises:
        PhraseError: It is no phrase.
    """
    found = phrase.split()
    for element in found:
        if _ELEMENT.fullmatch(element) is None:
            raise PhraseError(f"{element!r} in {phrase!r} is no element of a phrase")
        yield element
    if not set(found) - _NO_WORDS:
        raise PhraseError(f"{phrase!r} has no word")


def _parts(phrase: str) -> Iterator[str]:
    """Yield what an alphabet needs letters for: words and stems, no lists or kinds."""
    for element in elements(phrase):
        if element in _NO_WORDS:
            continue
        bare = element if element == "?" else element.removesuffix("?")
        for part in bare.split("|"):
            if not part.startswith("{") and part not in _NO_LETTERS:
                yield part
