"""Headlines from CSV, read strictly: a broken quote must not invent headlines.

A record that is no CSV, or too long for `LONGEST_RECORD`, is one rejection. Where it
began with an unclosed quote, it has swallowed the lines after it: each of those that is
a whole record by itself, with as many columns as the header or the last good record,
is read after all. An apostrophe that keeps a cell from being a formula is taken away.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from rocktag.errors import InputError
from rocktag.feeds.columns import locate
from rocktag.feeds.lines import Lines, RecordTooLong
from rocktag.feeds.rows import excerpt, to_headline
from rocktag.spreadsheet import unguarded
from rocktag.text import counted
from rocktag.types import Headline, Rejection

_DELIMITERS = ",;\t"  # the first of the most frequent ones wins
_QUOTED = re.compile('"[^"]*"?')


def read_csv(
    lines: Lines, *, columns: Mapping[str, str], origin: str, default_source: str
) -> Iterator[Headline | Rejection]:
    """Read the header at once, and return an iterator over the rows below it.

    Raises:
        UsageError: `columns` names a field or a column that there is not.
        InputError: There is no header, or no column of it holds the titles.
    """
    try:
        first = next((line for line in lines if not line.isspace()), "")
        delimiter = find_delimiter(first)
        records = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
        header = next(records, [])
    except (csv.Error, RecordTooLong) as error:
        raise InputError(
            f"{origin} has no readable header: {error};"
            " its first line must name the columns"
        ) from error
    if not header:
        raise InputError(f"{origin} is empty; its first line must name the columns")
    indexes = locate(header, columns, origin=origin)
    table = _Table(lines, records, delimiter, len(header), origin)
    return table.headlines(indexes, default_source)


def find_delimiter(header: str) -> str:
    """Return the delimiter that the header line uses, a comma if it has one column.

    >>> find_delimiter('title;"by, in";date')
    ';'
    """
    bare = _QUOTED.sub("", header)
    return max(_DELIMITERS, key=bare.count)


@dataclass(slots=True)
class _Table:
    """The records below a header.

    Attributes:
        lines: The file, read by nobody else.
        records: What the csv module makes of the lines.
        delimiter: One character.
        width: The header's number of columns.
        origin: The file's name, for rejections.
    """

    lines: Lines
    records: Iterator[list[str]]
    delimiter: str
    width: int
    origin: str

    def headlines(
        self, indexes: Mapping[str, int], default_source: str
    ) -> Iterator[Headline | Rejection]:
        """Yield each record as a headline or as a rejection."""
        fields = tuple(indexes.items())
        for first, record in self._numbered_records():
            if isinstance(record, Rejection):
                yield record
            elif len(record) > self.width:
                text = self.delimiter.join(record[: self.width])
                reason = (
                    f"{counted(len(record), 'field')}, the header has {self.width:,}"
                )
                yield self._rejection(first, reason, text, self.lines.number)
            else:
                filled = len(record)
                row = to_headline(
                    {name: unguarded(record[at]) for name, at in fields if at < filled},
                    origin=self.origin,
                    line=first,
                    default_source=default_source,
                )
                if isinstance(row, Rejection):
                    row = _with_span(row, self.lines.number)
                yield row

    def _numbered_records(self) -> Iterator[tuple[int, list[str] | Rejection]]:
        """Yield each record that is not blank, and the line it begins in."""
        lines, usual = self.lines, self.width
        while True:
            lines.begin_record()
            first = lines.number + 1
            try:
                record = next(self.records)
            except StopIteration:
                return
            except (csv.Error, RecordTooLong) as error:
                yield from self._after(error, first, usual)
                continue
            if record and not (len(record) == 1 and record[0].isspace()):
                usual = len(record)
                yield first, record

    def _after(
        self, error: Exception, first: int, usual: int
    ) -> Iterator[tuple[int, list[str] | Rejection]]:
        """Yield the broken record's rejection, then what it had swallowed.

        Each line after its first that is a whole record by itself is one.
        """
        head, swallowed = self.lines.head, self.lines.record[1:]
        whole: list[tuple[int, list[str]]] = []
        for number, line in enumerate(swallowed, start=first + 1):
            record = self._record_of(line)
            if len(record) in (self.width, usual):
                whole.append((number, record))
        last = whole[0][0] - 1 if whole else self.lines.number
        reason = _reason(error)
        if swallowed and last == first:
            reason += "; an unclosed quote?"
        yield first, self._rejection(first, reason, head, last)
        yield from whole

    def _record_of(self, line: str) -> list[str]:
        if line.isspace() or line.count('"') % 2:
            return []  # an odd quote may close what the broken record opened
        try:
            return next(csv.reader([line], delimiter=self.delimiter, strict=True))
        except csv.Error:
            return []

    def _rejection(self, first: int, reason: str, text: str, last: int) -> Rejection:
        return _with_span(Rejection(self.origin, first, reason, excerpt(text)), last)


def _reason(error: Exception) -> str:
    return f"not valid CSV: {error}" if isinstance(error, csv.Error) else str(error)


def _with_span(rejection: Rejection, last: int) -> Rejection:
    """Return the rejection with the lines it spans, where it spans several."""
    first = rejection.line
    if first is None or last <= first:
        return rejection
    span = f"spans lines {first:,} to {last:,}: an unclosed quote?"
    return replace(rejection, reason=f"{rejection.reason}; {span}")
