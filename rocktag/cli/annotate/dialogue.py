"""The questions in the terminal: a headline, a line of labels, the next headline.

An answer is stored with the next one, or as the dialogue ends, however it does. So
undoing the last one takes it back whole: what was said is never unsaid in the database.
An earlier one is superseded by what is said then.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from rocktag.annotating import CODES, Asked, Candidate, read_answer, said_of
from rocktag.cli.console import output
from rocktag.db import Database
from rocktag.db.annotations import Reading, append
from rocktag.text import counted, refusal
from rocktag.types import NO_TOPIC

_COLUMNS = 6
_UNREADABLE = "\0"
_HELP = (
    "two letters for each label, such as: al so   all others are absent; na: no topic"
    "\nwith ? behind what you are unsure of: so?   full names do as well"
    "\nu goes back one, s skips, n TEXT notes something, ? shows this, q ends"
)


class Dialogue:
    """Questions to one annotator, in the order of the headlines."""

    def __init__(
        self,
        database: Database,
        annotator: str,
        candidates: Sequence[Candidate],
        *,
        show_model: bool,
    ) -> None:
        self._database = database
        self._annotator = annotator
        self._candidates = candidates
        self._show_model = show_model
        self._place = 0
        self._note: str | None = None
        self._last: tuple[Reading, str | None] | None = None  # not stored yet
        self._read: set[int] = set()
        self._begun = time.monotonic()

    def hold(self) -> None:
        """Ask until all is read or the annotator ends it: by q, Ctrl-C or Ctrl-D.

        Raises:
            StoreError: The database refuses; what was answered before is stored.
        """
        _show_help()
        try:
            while self._place < len(self._candidates):
                if not self._ask():
                    break
        except (EOFError, KeyboardInterrupt):
            output.print()
        finally:
            self._store_last()
        stored = counted(len(self._read), "headline")
        output.print(f"{stored} stored, read by {self._annotator}")

    def _ask(self) -> bool:
        """Ask about one headline; return whether to go on."""
        item = self._candidates[self._place]
        output.print(f"\n{self._progress()}\n{item.title}")
        if self._show_model and item.model:
            output.print(f"the model: {'; '.join(item.model)} (Enter takes them)")
        while True:
            try:
                line = input("> ")
            except UnicodeDecodeError:
                line = _UNREADABLE
            if line and refusal(line):
                output.print("this is not UTF-8 text; type it again")
                continue
            asked = read_answer(line)
            if asked.command == "accept":
                asked = self._accepted(item)
            if asked.fault:
                output.print(asked.fault)
            elif asked.command == "help":
                _show_help()
            elif asked.command == "note":
                self._note = asked.note
            else:
                return self._do(item, asked)

    def _do(self, item: Candidate, asked: Asked) -> bool:
        match asked.command:
            case "quit":
                return False
            case "undo":
                self._place = max(self._place - 1, 0)
                self._take_back()
            case "skip":
                self._place += 1
            case _:
                self._answer(item, asked)
                self._place += 1
        self._note = None
        return True

    def _accepted(self, item: Candidate) -> Asked:
        if not (self._show_model and item.model):
            return Asked("help", fault="type labels, na for no topic, or ? for help")
        return read_answer(" ".join(item.model))

    def _answer(self, item: Candidate, asked: Asked) -> None:
        said = said_of(asked.given, asked.unsure)
        if not asked.given and NO_TOPIC in said:
            del said[NO_TOPIC]  # what is in doubt may be the only topic
        self._store_last()
        reading = Reading(item.headline_id, item.title, said, item.reason)
        self._last = reading, self._note
        self._read.add(item.headline_id)

    def _take_back(self) -> None:
        """Forget the last answer, where it is of the headline that is asked again."""
        headline = self._candidates[self._place].headline_id
        if self._last is not None and self._last[0].headline_id == headline:
            self._last = None
            self._read.discard(headline)

    def _store_last(self) -> None:
        if self._last is None:
            return
        reading, note = self._last
        self._database.transact(lambda c: append(c, [reading], self._annotator, note))
        self._last = None

    def _progress(self) -> str:
        minutes = (time.monotonic() - self._begun) / 60
        pace = f", {len(self._read) / minutes:.1f} a minute" if self._read else ""
        return f"{self._place + 1:,} of {len(self._candidates):,}{pace}"


def _show_help() -> None:
    cells = [f"{code} {label}".ljust(14) for code, label in CODES.items()]
    for start in range(0, len(cells), _COLUMNS):
        output.print("".join(cells[start : start + _COLUMNS]).rstrip())
    output.print(_HELP)
