"""From a title to the stemmed words that rules and `clean` classifiers read.

The order of the steps is the original study's and is part of its labels: lower case,
straight apostrophes, phrases, ASCII, letters and digits, Porter's stems, words.
Source of the stemmer: M. F. Porter, An algorithm for suffix stripping, 1980.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias

from rocktag.quiet import alone

TextView: TypeAlias = Literal["raw", "clean"]

_APOSTROPHES = str.maketrans("\u2018\u2019", "''")
_NEITHER_LETTER_NOR_DIGIT = re.compile("[^a-z0-9]+")
_WORDS_REMEMBERED = 2**17  # a long-lived worker meets ever new names


@lru_cache(maxsize=_WORDS_REMEMBERED)
def stem(word: str) -> str:
    """Return Porter's stem of a lower-case word.

    >>> stem("announces"), stem("festival")
    ('announc', 'festiv')
    """
    return str(_stemmer().stem(word))


def stems(title: str) -> tuple[str, ...]:
    r"""Return the title's stemmed words, synonyms replaced, in reading order.

    >>> stems("Ghost\u2019s line-up DROPS two tracks")
    ('ghost', 's', 'lineup', 'releas', 'two', 'song')
    """
    synonyms = _word_synonyms()
    stemmed = (stem(word) for word in plain_words(title))
    return tuple(synonyms.get(word, word) for word in stemmed)


def plain_words(title: str) -> list[str]:
    """Return the title's words after the phrases are replaced, before stemming.

    >>> plain_words("Motörhead enter Rock Hall")
    ['motorhead', 'enter', 'rrhof']
    """
    pattern, replacements = _phrase_synonyms()
    text = title.lower().translate(_APOSTROPHES)
    text = pattern.sub(lambda found: replacements[found[0]], text)
    return _NEITHER_LETTER_NOR_DIGIT.sub(" ", _ascii(text)).split()


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def word_spans(title: str) -> Iterator[tuple[str, int, int]]:
    """Yield the title's stemmed words, as `stems` has them, and where each stands.

    >>> title = "Queen: the LINE-UP"
    >>> [(word, title[start:end]) for word, start, end in word_spans(title)]
    [('queen', 'Queen'), ('the', 'the'), ('lineup', 'LINE-UP')]
    """
    synonyms = _word_synonyms()
    letters = list(_plain_letters(title))
    plain = "".join(letter for letter, _, _ in letters)
    for found in re.finditer("[a-z0-9]+", plain):
        word = stem(found[0])
        start, end = letters[found.start()][1], letters[found.end() - 1][2]
        yield synonyms.get(word, word), start, end


def _plain_letters(title: str) -> Iterator[tuple[str, int, int]]:
    """Yield each letter of the text that `plain_words` splits, and what it stands for.

    Those of a phrase's replacement stand for the whole phrase.
    """
    pattern, replacements = _phrase_synonyms()
    lowered = [
        (letter, place)
        for place, character in enumerate(title)
        for letter in character.lower().translate(_APOSTROPHES)
    ]
    text = "".join(letter for letter, _ in lowered)
    ends = [place + 1 for _, place in lowered]
    done = 0
    for found in [*pattern.finditer(text), None]:
        for at in range(done, found.start() if found else len(text)):
            for letter in _ascii(text[at]):
                yield letter, lowered[at][1], ends[at]
        if found:
            done = found.end()
            for letter in replacements[found[0]]:
                yield letter, lowered[found.start()][1], ends[done - 1]


def clean(title: str) -> str:
    """Return the stemmed text that the original study fed its models.

    >>> clean("Ghost announce a new tour!")
    'ghost announc a new tour'
    """
    return " ".join(stems(title))


def split_key(title: str) -> str:
    """Return what two headlines share that may not stand on two sides of a split.

    That is the clean text; where it is empty, as of Chinese or of emoji, the title.

    >>> split_key("Ghost announces tour!"), split_key("鬼のツアー")
    ('ghost announc tour', '鬼のツアー')
    """
    return clean(title) or title.casefold()


def view(titles: Sequence[str], text_view: TextView) -> list[str]:
    """Return the titles as a classifier of that text view reads them.

    >>> view(["New albums"], "raw"), view(["New albums"], "clean")
    (['New albums'], ['new album'])
    """
    if text_view == "clean":
        return [clean(title) for title in titles]
    return list(titles)


def synonyms_source() -> bytes:
    """Return the bytes of the synonym lists, for the hash of the rules."""
    return files("rocktag.text").joinpath("synonyms.toml").read_bytes()


@cache
def _stemmer() -> Any:
    # 120 MB and half a second go to parts of NLTK that are not used here.
    return alone("nltk.stem.porter").PorterStemmer()


@cache
def _phrase_synonyms() -> tuple[re.Pattern[str], dict[str, str]]:
    phrases = tomllib.loads(synonyms_source().decode())["phrases"]
    longest_first = sorted(phrases, key=len, reverse=True)
    alternatives = "|".join(re.escape(phrase) for phrase in longest_first)
    return re.compile(rf"\b(?:{alternatives})\b"), phrases


@cache
def _word_synonyms() -> dict[str, str]:
    words = tomllib.loads(synonyms_source().decode())["words"]
    return {stem(word): stem(synonym) for word, synonym in words.items()}
