"""Files of human labels: CSV with the columns title, labels and disputed.

`;` stands between labels. Labels that mean the same to a reader are one. Further
columns may stand beside: files to be filled by people have some for them to look at.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rocktag.errors import InputError, brief
from rocktag.spreadsheet import unguarded
from rocktag.text import refusal, tidy
from rocktag.types import ALIASES, NO_TOPIC

_COLUMNS = ("title", "labels", "disputed")
_LARGEST = 2**26  # bytes


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
        InputError: It holds no headline, or a line is not usable.
    """
    rows = []
    lines: dict[str, int] = {}
    for line, cells in _rows(content, path):
        given = _labels(cells, "labels", labels, path, line)
        disputed = _labels(cells, "disputed", labels, path, line)
        if both := sorted(given & disputed):
            raise _fault(path, line, f"{both[0]} is both given and disputed")
        title = _title(cells["title"], path, line)
        if title in lines:
            reason = f"the headline stands in line {lines[title]:,} already"
            raise _fault(path, line, reason)
        lines[title] = line
        rows.append(GoldRow(line, title, given, disputed, cells))
    if not rows:
        raise InputError(f"{path} holds no headline; give one or more below its header")
    return rows


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
            f" {', '.join(_COLUMNS)}"
        ) from error
    if len(content) > _LARGEST:
        raise InputError(
            f"{path} is larger than {_LARGEST:,} bytes; give a smaller one"
        )
    return content


def _rows(content: bytes, path: Path) -> Iterable[tuple[int, Mapping[str, str]]]:
    """Yield each row's last line and its cells by column."""
    try:
        text = io.StringIO(content.decode("utf-8-sig"), newline="")
        records = csv.reader(text, strict=True)
        header = [name.strip().casefold() for name in next(records, [])]
        if any(header.count(name) != 1 for name in _COLUMNS):
            raise InputError(
                f"{path} has the columns {brief(', '.join(header)) or 'of no header'},"
                f" not {', '.join(_COLUMNS)}; give a file with these"
            )
        for record in records:
            if len(record) not in (0, len(header)):
                reason = f"{len(record)} fields, not {len(header)}"
                raise _fault(path, records.line_num, reason)
            if record:
                yield records.line_num, dict(zip(header, record, strict=True))
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: {error.reason}; save it so") from error
    except csv.Error as error:
        raise _fault(path, records.line_num, str(error)) from error


def _title(cell: str, path: Path, line: int) -> str:
    title = unguarded(cell)
    if fault := refusal(title):
        raise _fault(path, line, fault)
    return tidy(title)


def _labels(
    row: Mapping[str, str], column: str, known: Sequence[str], path: Path, line: int
) -> frozenset[str]:
    """Return what a cell lists, aliases as what they count as."""
    cells = (label.strip().casefold() for label in row[column].split(";"))
    found = {label for label in cells if label}
    if unknown := sorted(found - set(known) - ALIASES.keys()):
        raise _fault(
            path,
            line,
            f"unknown label {brief(repr(unknown[0]))}; known are"
            f" {', '.join(sorted(known))}",
        )
    if column == "labels" and NO_TOPIC in found and len(found) > 1:
        raise _fault(path, line, f"{NO_TOPIC} stands beside other labels")
    return frozenset(ALIASES.get(label, label) for label in found)


def _fault(path: Path, line: int, reason: str) -> InputError:
    return InputError(f"{path}, line {line:,}: {reason}; mend the line")
