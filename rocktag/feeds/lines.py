"""The lines of a file, numbered, with a bound on what one record may take."""

from __future__ import annotations

from typing import TextIO

LONGEST_RECORD = 2**20  # characters; keeps memory flat whatever a file contains


class RecordTooLong(Exception):  # noqa: N818  # a signal; becomes a Rejection
    """The record has more than LONGEST_RECORD characters; its line is passed over."""

    def __str__(self) -> str:
        """Say how long is too long."""
        return f"the record is longer than {LONGEST_RECORD:,} characters"


class Lines:
    """An iterator over lines that counts them and the current record's characters.

    Attributes:
        number: The last line read, counted from 1; 0 before the first.
        record: The lines of the current record so far.
    """

    def __init__(self, text: TextIO) -> None:
        self.number = 0
        self.record: list[str] = []
        self._length = 0
        self._readline = text.readline

    def begin_record(self) -> None:
        """Take the next line as the first of a record."""
        self._length = 0
        self.record = []

    @property
    def head(self) -> str:
        """The first line of the current record; empty before it is read."""
        return self.record[0] if self.record else ""

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self._readline(LONGEST_RECORD)
        if not line:
            raise StopIteration
        self.number += 1
        self.record.append(line)
        self._length += len(line)
        if self._length >= LONGEST_RECORD:
            self._pass_over(line)
            raise RecordTooLong
        return line

    def _pass_over(self, line: str) -> None:
        while len(line) == LONGEST_RECORD and not line.endswith("\n"):
            line = self._readline(LONGEST_RECORD)
