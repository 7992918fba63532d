"""What a person types about a headline, and what it means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rocktag.types import ALIASES, NO_TOPIC

# Two letters for each label, for good: fingers learn them.
CODES = {
    "al": "album",
    "an": "announce",
    "ar": "art",
    "aw": "award",
    "ba": "bassist",
    "bi": "birthday",
    "co": "cover",
    "da": "date",
    "de": "death",
    "dr": "drummer",
    "dg": "drug",
    "fe": "festival",
    "gr": "grammy",
    "gu": "guitarist",
    "li": "lineup",
    "mo": "movie",
    "na": NO_TOPIC,
    "pe": "perform",
    "rb": "rehab",
    "re": "release",
    "rs": "reschedule",
    "ru": "reunion",
    "rv": "review",
    "rh": "rrhof",
    "se": "setlist",
    "sh": "show",
    "si": "singer",
    "sg": "single",
    "so": "song",
    "to": "tour",
    "tr": "trailer",
    "tb": "tribute",
    "vi": "video",
    "wa": "watch",
}

Command = Literal["labels", "accept", "skip", "undo", "help", "quit", "note"]

_COMMANDS: dict[str, Command] = {
    "": "accept",
    "s": "skip",
    "u": "undo",
    "?": "help",
    "q": "quit",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a line means.

    Attributes:
        command: What to do.
        given: The labels that it gives.
        unsure: The labels of which it says nothing.
        note: The text of a note.
        fault: Why it means nothing, for the person to read.
    """

    command: Command
    given: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()
    note: str | None = None
    fault: str | None = None


def read_answer(line: str) -> Asked:
    """Return what a line means.

    >>> asked = read_answer("al so tour?")
    >>> sorted(asked.given), sorted(asked.unsure)
    (['album', 'song'], ['tour'])
    >>> read_answer("xy").fault
    "'xy' is no label; ? lists them"
    """
    line = line.strip()
    if line in _COMMANDS:
        return Asked(_COMMANDS[line])
    if line == "n" or line.startswith("n "):
        return Asked("note", note=line[1:].strip() or None)
    given: set[str] = set()
    unsure: set[str] = set()
    for word in re.split(r"[\s;,]+", line.casefold().strip(" ;,")):
        name = word.removesuffix("?")
        name = ALIASES.get(name, name)
        label = CODES.get(name, name)
        if label not in CODES.values():
            return Asked("help", fault=f"{word!r} is no label; ? lists them")
        (unsure if word.endswith("?") else given).add(label)
    if NO_TOPIC in given and len(given) > 1:
        return Asked("help", fault=f"{NO_TOPIC} stands beside other labels")
    if both := sorted(given & unsure):
        return Asked("help", fault=f"{both[0]} is both given and in doubt")
    return Asked("labels", frozenset(given), frozenset(unsure))
