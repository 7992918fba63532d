"""Human labels into the database: of a file, all of them or none."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from rocktag.comparing import GoldRow, read_content, read_gold_rows
from rocktag.db import Connection, Database, headlines
from rocktag.db.annotations import Reading, append, keys_of
from rocktag.db.locks import lock_against_edits
from rocktag.labeling import labels_of_people
from rocktag.text import title_hash
from rocktag.types import Headline

SOURCE = "annotation"  # of headlines that only a file of human labels knows
_LONGEST_REASON = 32  # characters


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file: counts.

    Attributes:
        rows: Headlines in the file.
        unread: Of them without any label: nobody has read them.
        unknown: Of those read, not in the database, and passed over.
        new: Of those read, not in the database before.
        said: Labels of headlines that were added, present or absent.
    """

    rows: int
    unread: int
    unknown: int
    new: int
    said: int


def said_of(given: Collection[str], unsure: Collection[str]) -> dict[str, bool]:
    """Return what a reader says who gave some labels and is unsure of others.

    >>> said = said_of({"tour"}, {"date"})
    >>> said["tour"], said["album"], "date" in said
    (True, False, False)
    """
    return {
        label: label in given for label in labels_of_people() if label not in unsure
    }


def store_file(
    database: Database,
    path: Path,
    *,
    annotator: str,
    note: str | None = None,
    only_known: bool = False,
) -> Imported:
    """Store what a file of human labels says, in one transaction.

    A row without labels and disputed labels is not read. What is said of a title is
    said of every headline that has it. A headline that the database does not know
    becomes one of the source `annotation`.

    Args:
        database: Where it goes.
        path: The file.
        annotator: Who labelled it.
        note: A remark that is kept with each label.
        only_known: Pass over headlines that the database does not know.

    Raises:
        InputError: The file cannot be used; nothing is stored.
        StoreError: The database refuses; nothing is stored.
    """
    rows = read_gold_rows(read_content(path), path, labels_of_people())
    read = [row for row in rows if row.given or row.disputed]

    def store(connection: Connection) -> Imported:
        lock_against_edits(connection, shared=False)  # before the first look
        known = keys_of(connection, [row.title for row in read])
        strangers = sorted({row.title for row in read} - known.keys())
        if not only_known:
            headlines.store(connection, [_headline(title) for title in strangers])
            known |= keys_of(connection, strangers)
        said = append(connection, _readings(read, known), annotator, note)
        return Imported(
            rows=len(rows),
            unread=len(rows) - len(read),
            unknown=len(strangers) if only_known else 0,
            new=0 if only_known else len(strangers),
            said=said,
        )

    return database.transact(store)


def _headline(title: str) -> Headline:
    return Headline(source=SOURCE, external_id=title_hash(title), title=title)


def _readings(rows: Sequence[GoldRow], known: dict[str, list[int]]) -> list[Reading]:
    return [
        Reading(
            key,
            row.title,
            said_of(row.given, row.disputed),
            row.cells.get("reason", "").strip()[:_LONGEST_REASON] or None,
        )
        for row in rows
        for key in known.get(row.title, ())
    ]
