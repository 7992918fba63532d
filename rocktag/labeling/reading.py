"""A headline as labelling functions read it: words, marks and names in quotes.

A short quotation is mostly the name of a song or an album ("'Death Magnetic' turns
ten"), whose words say nothing of what the headline is about: it is read as one token.
What somebody says stands in quotes too, but is longer, or beside a colon: it is read
word by word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

_LONGEST_NAME = 6  # words
_LONGEST_AFTER_COLON = 3  # words, at the end of a headline
_LONGEST_QUOTATION = 200  # characters, so that odd quotes cost no time
_KINDS = {  # "at the 'Golden Gods Awards'" is read word by word
    *("album", "albums", "award", "awards", "concert", "ep", "fest", "festival"),
    *("festivals", "gods", "honour", "lp", "poll", "single", "song", "tour"),
    *("trailer", "video"),
    *("bassists", "drummers", "guitarist", "guitarists", "singer", "singers"),
    *("tribute", "vocalist", "vocalists"),
}
_CONTINUED = "\x02"  # a mark that belongs to the letter before it
_OTHER_LETTER = "\x01"
_TOKEN = re.compile(
    r"[a-z0-9\x01\x02]+(?:'[a-z\x01\x02]+)?|['\":;,?!()\[\]|&/+#@$%*.]"
    r"|(?<![a-z0-9])-|-(?![a-z0-9])"  # a dash; a hyphen only parts words
)
_POSSESSIVE = re.compile("'s?$")
_OPENS = re.compile(r"""(?:^|(?<=[\s(\[:/\-]))(?:"|'(?!\d\ds?\b|n'|til\b|em\b))""")
_CLOSES = {
    "'": re.compile(r"""'(?=$|[\s)\],.;:!?"/\-])"""),
    '"': re.compile('"'),
}
_READ_AS = {"@": "at"}
_SOLITARY_CLOSE = re.compile(r"""[^"]{1,200}(?<=[\w!?.,])"(?=$|[\s:,)])""")


class Token(NamedTuple):
    """One word, mark or quoted name, and where it stands in the title."""

    word: str
    start: int
    end: int


class _Folded(dict[int, str]):
    """Each character as one plain one, so that places stay where they are."""

    def __missing__(self, code: int) -> str:
        found = self[code] = _plain(chr(code))
        return found


_MARKS = {
    **dict.fromkeys("\u2018\u2019\u201b\u2032\u00b4`", "'"),
    **dict.fromkeys("\u201c\u201d\u201f\u2033\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
}


def _plain(character: str) -> str:
    if character in _MARKS:
        return _MARKS[character]
    if unicodedata.combining(character):
        return _CONTINUED
    letters = unicodedata.normalize("NFKD", character.lower())
    plain = letters.encode("ascii", "ignore").decode()
    if plain:
        return plain[0]
    return _OTHER_LETTER if character.isalpha() else " "


_FOLDED = _Folded()


def tokens(title: str) -> list[Token]:
    """Return what stands in the title, in reading order; a quoted name is one token.

    >>> [token.word for token in tokens("Motörhead\u2019s 'Ace of Spades' at 45")]
    ['motorhead', "'ace_of_spades'", 'at', '45']
    >>> [token.word for token in tokens("Slash: 'We have no tour'")]
    ['slash', ':', 'we', 'have', 'no', 'tour']
    """
    text = title.translate(_FOLDED)
    found: list[Token] = []
    end = 0
    for start, after in _names(text):
        found.extend(_words(text, end, start))
        found.append(Token(name_of(text[start:after]), start, after))
        end = after
    found.extend(_words(text, end, len(text)))
    return found


def name_of(text: str) -> str:
    """Return a name as one word, as a quoted one is read.

    >>> name_of("Ace of Spades")
    "'ace_of_spades'"
    """
    words = (token.word for token in _words(text.lower(), 0, len(text)))
    return f"'{'_'.join(word for word in words if word.isalnum())}'"


def is_name(word: str) -> bool:
    """Say whether a token's word is a quoted name.

    >>> is_name("'ace_of_spades'"), is_name("don't")
    (True, False)
    """
    return word.startswith("'") and word.endswith("'") and len(word) > 1


def _words(text: str, start: int, end: int) -> Iterator[Token]:
    for found in _TOKEN.finditer(text, start, end):
        word = _POSSESSIVE.sub("", found[0]).replace(_CONTINUED, "")
        if word and word != '"':
            yield Token(_READ_AS.get(word, word), found.start(), found.end())


def _names(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each quoted name begins and ends, its quotes included."""
    end = 0
    if '"' in text and (found := _SOLITARY_CLOSE.match(text)):
        # The opening quote of a headline that begins with one is often lost.
        end = found.end()
        if _is_name(text, 0, 0, end, end - 1):
            yield 0, end
    while opened := _OPENS.search(text, end):
        start, inside = opened.span()
        reach = inside + _LONGEST_QUOTATION
        closed = _CLOSES[opened[0]].search(text, inside, reach)
        last, end = closed.span() if closed else (len(text), len(text))
        if closed is None and (opened[0] == "'" or reach < end):
            end = inside  # an apostrophe, or an inch
        elif _is_name(text, start, inside, end, last):
            yield start, end


def _is_name(text: str, start: int, inside: int, end: int, last: int) -> bool:
    """Say whether what is quoted is a name and not what somebody says."""
    words = text[inside:last].rstrip(" ,.!?").split(maxsplit=_LONGEST_NAME)
    before, after = text[max(start - 2, 0) : start].rstrip(), text[end : end + 2]
    opens_the_headline = start == 0 and after.startswith(":")
    ends_it = before.endswith(":") and not after and len(words) > _LONGEST_AFTER_COLON
    is_short = 0 < len(words) <= _LONGEST_NAME
    says_its_kind = bool(words) and words[-1] in _KINDS
    return is_short and not (opens_the_headline or ends_it or says_its_kind)
