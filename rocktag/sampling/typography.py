"""How an outlet sets a headline: articles, genitives, capitals and quotation marks."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

Capitals: TypeAlias = Literal["sentence", "title", "upper"]
Quotes: TypeAlias = Literal["straight", "curly"]

_ARTICLE = re.compile(
    r"\b([Aa]) (?=['\"]?(?:[aeioAEIO]|8|11|18|un(?!i)))(?!one|once|One|euro|Euro)"
)
_GENITIVE = re.compile(r"(?<=s)'s\b")
_WORD_IN_LOWER_CASE = re.compile(r"(?<![\w'\u2019$£€])([\"'(]?)([a-z])(\w*)")
_OPENING = re.compile(r"(?<![\w.,!?:;)\"'])(['\"])(?=\S)")
_SMALL = frozenset({
    "a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "off", "on", "or",
    "over", "the", "to", "vs", "with",
})  # fmt: skip
_CURLY = str.maketrans({"'": "\u2019", '"': "\u201d"})
_OPENING_CURLY = {"'": "\u2018", '"': "\u201c"}


def set_title(text: str, capitals: Capitals, quotes: Quotes) -> str:
    r"""Return the text as an outlet with these habits would print it.

    >>> set_title("foxes's new 'Ash' is a epic", "title", "straight")
    "Foxes' New 'Ash' Is an Epic"
    >>> set_title('Kestrels play "Fire"', "sentence", "curly")
    'Kestrels play “Fire”'
    """
    text = " ".join(text.split())  # a choice of nothing leaves its space
    text = _ARTICLE.sub(r"\1n ", text)
    text = _GENITIVE.sub("'", text)
    text = _capitalise(text[0].upper() + text[1:], capitals)
    return _curl(text) if quotes == "curly" else text


def _capitalise(text: str, capitals: Capitals) -> str:
    match capitals:
        case "upper":
            return text.upper()
        case "title":
            return _WORD_IN_LOWER_CASE.sub(_capitalise_word, text)
        case "sentence":
            return text


def _capitalise_word(found: re.Match[str]) -> str:
    mark, initial, rest = found.groups()
    word = initial + rest
    return found[0] if word in _SMALL and not mark else f"{mark}{initial.upper()}{rest}"


def _curl(text: str) -> str:
    opened = _OPENING.sub(lambda found: _OPENING_CURLY[found[1]], text)
    return opened.translate(_CURLY)
