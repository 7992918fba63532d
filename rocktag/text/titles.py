"""What may be a title, and how an edited one is recognised."""

from __future__ import annotations

import hashlib
import re

MAXIMUM_TITLE_LENGTH = 2_000  # characters; the widest column MySQL indexes around

_NOT_ENCODABLE = re.compile("[\ud800-\udfff]")


def tidy(title: str) -> str:
    r"""Return the title on one line: outer space cut, inner runs of it made one.

    >>> tidy("  Ghost announce\n tour ")
    'Ghost announce tour'
    """
    return " ".join(title.split())


def refusal(text: str) -> str | None:
    r"""Say why the text cannot be kept as a title, or None where it can.

    >>> refusal("Metallica announce world tour")
    >>> refusal("  ")
    'no title'
    >>> refusal("Queen\x00")
    'the title contains a NUL character'
    """
    if _NOT_ENCODABLE.search(text):
        return "the title is not valid Unicode (invalid UTF-8 or a lone surrogate)"
    if "\x00" in text:
        return "the title contains a NUL character"
    title = tidy(text)
    if not title:
        return "no title"
    if len(title) > MAXIMUM_TITLE_LENGTH:
        return f"the title has {len(title):,} characters, over {MAXIMUM_TITLE_LENGTH:,}"
    return None


def title_hash(title: str) -> str:
    """Return the SHA-256 of the title as 64 hexadecimal digits.

    >>> title_hash("Queen")[:8]
    '153f6e43'
    """
    return hashlib.sha256(title.encode()).hexdigest()
