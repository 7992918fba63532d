"""Files of human labels: CSV with the columns title, labels and, if need be, disputed.

`;` stands between labels. Labels that mean the same to a reader are one. Further
columns may stand beside: files to be filled by people have some for them to look at.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rocktag.errors import InputError, brief
from rocktag.spreadsheet import unguarded
from rocktag.text import counted, refusal, tidy
from rocktag.types import ALIASES, NO_TOPIC

_NEEDED = ("title", "labels")
_DISPUTED = "disputed"
_COLUMNS = "title, labels and, where readers may be unsure, disputed"
_SEPARATORS = {";": "`;`", "\t": "tabs"}  # which spreadsheets write in place of commas
_LARGEST = 2**26  # bytes
_TOLD = 10  # faults; whoever has more begins with these


@dataclass(frozen=True, slots=True)
class GoldRow:
    """A headline as people labelled it.

    Attributes:
        line: Its last line in the file, from 1.
        title: The headline.
        given: The labels that people gave it, none of them an alias.
        disputed: The labels about which they differ.
        cells: All of the row's cells by column, as they stand.
    """

    line: int
    title: str
    given: frozenset[str]
    disputed: frozenset[str]
    cells: Mapping[str, str]


def read_gold_rows(content: bytes, path: Path, labels: Sequence[str]) -> list[GoldRow]:
    """Return the rows of a file of human labels.

    Args:
        content: What `read_content` returned.
        path: The file, for messages.
        labels: The labels that may stand in it, with their aliases.

    Raises:
        InputError: It holds no headline, or lines are not usable: the first of them are
            told, and how many more there are.
    """
    reading = _Reading(path, labels)
    reading.read(content)
    reading.refuse_faults()
    if not reading.rows:
        raise InputError(f"{path} holds no headline; give one or more below its header")
    return reading.rows


def read_content(path: Path) -> bytes:
    """Return the bytes of a file of human labels.

    Raises:
        InputError: It cannot be read, or is too large.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:  # ValueError: NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"{path} cannot be read: {reason}; give a CSV file with the columns"
            f" {_COLUMNS}"
        ) from error
    if len(content) > _LARGEST:
        raise InputError(
            f"{path} is larger than {_LARGEST:,} bytes; give a smaller one"
        )
    return content


@dataclass(slots=True)
class _Reading:
    """A file on the way to its rows, with what is wrong with it so far.

    Attributes:
        path: The file, for messages.
        labels: The labels that may stand in it, with their aliases.
        rows: Those that are usable.
        faults: The line and what is wrong there.
    """

    path: Path
    labels: Sequence[str]
    rows: list[GoldRow] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    _lines: dict[str, int] = field(default_factory=dict)
    _has_unknown: bool = False

    def read(self, content: bytes) -> None:
        """Take in what a file holds.

        Raises:
            InputError: It is no CSV file with these columns.
        """
        try:
            decoded = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(
                f"{self.path} is not UTF-8: {error.reason}; save it so"
            ) from error
        _refuse_separators(decoded.partition("\n")[0], self.path)
        records = csv.reader(io.StringIO(decoded, newline=""), strict=True)
        try:
            header = _header(next(records, []), self.path)
            for record in records:
                self._take(header, record, records.line_num)
        except csv.Error as error:  # what comes after it cannot be told apart
            self.faults.append((records.line_num, str(error)))

    def refuse_faults(self) -> None:
        """Tell what is wrong with the file, if anything is.

        Raises:
            InputError: Something is.
        """
        if not self.faults:
            return
        told = [f"line {line:,}: {reason}" for line, reason in self.faults[:_TOLD]]
        end = "mend the line" if len(self.faults) == 1 else "mend these lines"
        if self._has_unknown:
            end = f"known labels are {', '.join(sorted(self.labels))}; {end}"
        if len(self.faults) == 1:
            raise InputError(f"{self.path}, {told[0]}; {end}")
        if len(self.faults) > _TOLD:
            told.append(f"and {len(self.faults) - _TOLD:,} more")
        lines = "\n  ".join([f"{self.path} is not usable:", *told])
        raise InputError(f"{lines}\n{end}")

    def _take(self, header: Sequence[str], record: Sequence[str], line: int) -> None:
        """Keep a record as a row, or what is wrong with it."""
        if not record:
            return
        if len(record) != len(header):
            self.faults.append(
                (line, f"{counted(len(record), 'field')}, not {len(header)}")
            )
            return
        cells = dict(zip(header, record, strict=True))
        given, disputed = _labels(cells["labels"]), _labels(cells.get(_DISPUTED, ""))
        title = unguarded(cells["title"])
        faults = [*self._faults(given, disputed), *self._title_faults(title, line)]
        if faults:
            self.faults += [(line, fault) for fault in faults]
            return
        self.rows.append(
            GoldRow(line, tidy(title), _counted_as(given), _counted_as(disputed), cells)
        )

    def _faults(self, given: set[str], disputed: set[str]) -> Iterator[str]:
        """Yield what is wrong with a row's labels."""
        for unknown in sorted((given | disputed) - set(self.labels) - ALIASES.keys()):
            self._has_unknown = True
            yield f"unknown label {brief(repr(unknown))}"
        if NO_TOPIC in given and len(given) > 1:
            yield f"{NO_TOPIC} stands beside other labels"
        for both in sorted(_counted_as(given) & _counted_as(disputed)):
            yield f"{brief(both)} is both given and disputed"

    def _title_faults(self, title: str, line: int) -> Iterator[str]:
        """Yield what is wrong with a row's title; remember it where nothing is."""
        if fault := refusal(title):
            yield fault
            return
        first = self._lines.setdefault(tidy(title), line)
        if first != line:
            yield f"the headline stands in line {first:,} already"


def _refuse_separators(first: str, path: Path) -> None:
    """Refuse a file whose first line is no CSV with commas.

    Raises:
        InputError: Something else stands between its columns.
    """
    for separator, name in _SEPARATORS.items():
        parts = {part.strip(' "\r').casefold() for part in first.split(separator)}
        if parts.issuperset(_NEEDED):
            raise InputError(
                f"{path} is separated by {name}; save it as CSV with commas between"
                " columns, and `;` between labels"
            )


def _header(record: Sequence[str], path: Path) -> list[str]:
    """Return the names of the columns.

    Raises:
        InputError: One that is needed is not there, or is there twice.
    """
    header = [name.strip().casefold() for name in record]
    if twice := [name for name in (*_NEEDED, _DISPUTED) if header.count(name) > 1]:
        raise InputError(
            f"{path} has the column {twice[0]} more than once; keep one of them"
        )
    missing = [name for name in _NEEDED if name not in header]
    if not missing:
        return header
    found = brief(", ".join(header)) or "none at all"
    raise InputError(
        f"{path} lacks {' and '.join(missing)} among the columns that its first line"
        f" names ({found}); name them {_COLUMNS}, with"
        " commas between"
    )


def _labels(cell: str) -> set[str]:
    """Return what a cell lists.

    >>> sorted(_labels("Tour; album;"))
    ['album', 'tour']
    """
    return {label for each in cell.split(";") if (label := each.strip().casefold())}


def _counted_as(labels: set[str]) -> frozenset[str]:
    """Return labels, aliases as what they count as."""
    return frozenset(ALIASES.get(label, label) for label in labels)
