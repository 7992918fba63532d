"""Text of strangers, shown and never obeyed."""

from __future__ import annotations

import re

# What moves a terminal's cursor, colours it or turns the reading direction; tab and
# newline are harmless, joiners and direction marks belong to their scripts. Lone
# surrogates can be neither printed nor written.
CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    r"""Return the text with its control characters escaped.

    >>> printable("Queen\x1b[31m \u202elive")
    'Queen\\x1b[31m \\u202elive'
    """
    return CONTROLS.sub(lambda found: ascii(found[0])[1:-1], text)
