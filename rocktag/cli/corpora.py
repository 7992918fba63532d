"""The corpus a command works on: a file, or what the database holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from rocktag.cli.console import note
from rocktag.cli.session import Session
from rocktag.corpus import Corpus, gather
from rocktag.db import headlines
from rocktag.feeds import open_feed
from rocktag.text import counted
from rocktag.types import Headline

CorpusFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--corpus", metavar="FILE", help="Headlines; by default those in the database."
    ),
]


def read_corpus(here: Session, file: Path | None, columns: Mapping[str, str]) -> Corpus:
    """Return the distinct titles of a file, or of the database where none is given.

    Raises:
        InputError: The file cannot be read.
        StoreError: The database refuses.
        TrainingError: There is no headline.
    """
    if file is not None:
        return gather(_file_titles(file, columns), file.name)
    with here.database.read() as connection:
        return gather(headlines.titles(connection), "the database")


def _file_titles(file: Path, columns: Mapping[str, str]) -> Iterator[str]:
    rejected = 0
    with open_feed(file, columns=columns) as feed:
        for row in feed:
            if isinstance(row, Headline):
                yield row.title
            else:
                rejected += 1
    if rejected:
        note(
            f"{file}: {counted(rejected, 'row')} cannot be read as a headline;"
            " rocktag ingest tells why"
        )
