"""Headlines that people have labelled: what a user would say of a model.

A CSV file with the columns title, labels and disputed, `;` between labels. A label that
only some readers gave is disputed and not scored for that headline. Labels that mean
the same to a reader are one, in the file and in what a model says.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rocktag.comparing.counts import Counts, Flags, count
from rocktag.config import Settings
from rocktag.errors import InputError, brief
from rocktag.labeling import Rules
from rocktag.spreadsheet import unguarded
from rocktag.text import refusal, tidy
from rocktag.types import NO_TOPIC, Targets

ALIASES = {"vocalist": "singer", "play": "perform"}  # label to the one it counts as

_COLUMNS = ("title", "labels", "disputed")
_LARGEST = 2**26  # bytes


@dataclass(frozen=True, slots=True, eq=False)
class Gold:
    """M headlines with the labels that people gave them.

    Attributes:
        file: The name of the file, without a folder.
        sha256: Of its content.
        titles: M.
        labels: K, those of models without aliases.
        targets: (M, K), what all readers gave.
        scored: (M, K), where they agree.
    """

    file: str
    sha256: str
    titles: tuple[str, ...]
    labels: tuple[str, ...]
    targets: Targets
    scored: Flags

    def count(self, decided: Targets, labels: Sequence[str]) -> Counts:
        """Count what a model gave (M, L) against the readers.

        Macro averages are of the labels that the readers gave at all.
        """
        return count(
            self.targets,
            as_readers_say(decided, labels, self.labels),
            scored=self.scored,
            averaged=np.asarray((self.targets * self.scored).any(axis=0)),
        )


def as_readers_say(
    decided: Targets, labels: Sequence[str], wanted: Sequence[str]
) -> Targets:
    """Return labels (M, L) as wanted ones (M, K), each alias as what it counts as.

    >>> as_readers_say(np.int8([[0, 1], [0, 0]]), ["singer", "vocalist"], ["singer"])
    array([[1],
           [0]], dtype=int8)
    """
    found = np.zeros((len(decided), len(wanted)), dtype=np.int8)
    column_of = {label: column for column, label in enumerate(wanted)}
    for at, label in enumerate(labels):
        column = column_of.get(ALIASES.get(label, label))
        if column is not None:
            found[:, column] |= decided[:, at]
    return found


def configured_gold(settings: Settings, rules: Rules) -> Gold | None:
    """Return the human-labelled headlines of `evaluation.gold`, if it is set.

    Raises:
        InputError: The file cannot be used.
    """
    file = settings.evaluation.gold
    return None if file is None else read_gold(file, rules.labels)


def read_gold(path: Path, labels: Sequence[str]) -> Gold:
    """Read a file of human labels.

    Args:
        path: The file.
        labels: The L labels that a model may give; no other may stand in the file.

    Raises:
        InputError: It cannot be read, or a line is not usable.
    """
    content = _content(path)
    rows = list(_rows(content, path))
    if not rows:
        raise InputError(f"{path} holds no headline; give one or more below its header")
    given = [_labels(row, "labels", labels, path, line) for line, row in rows]
    disputed = [_labels(row, "disputed", labels, path, line) for line, row in rows]
    wanted = tuple(label for label in labels if label not in ALIASES)
    for (line, _), one, other in zip(rows, given, disputed, strict=True):
        if both := sorted(one & other):
            raise _fault(path, line, f"{both[0]} is both given and disputed")
    return Gold(
        file=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
        titles=tuple(_title(row["title"], path, line) for line, row in rows),
        labels=wanted,
        targets=_matrix(given, wanted),
        scored=_matrix(disputed, wanted) == 0,
    )


def _content(path: Path) -> bytes:
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
        if sorted(header) != sorted(_COLUMNS):
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
) -> set[str]:
    """Return what a cell lists, aliases as what they count as."""
    cells = (label.strip() for label in row[column].split(";"))
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
    return {ALIASES.get(label, label) for label in found}


def _matrix(given: Sequence[set[str]], labels: Sequence[str]) -> Targets:
    rows = [[label in found for label in labels] for found in given]
    return np.array(rows, dtype=np.int8)


def _fault(path: Path, line: int, reason: str) -> InputError:
    return InputError(f"{path}, line {line:,}: {reason}; mend the line")
