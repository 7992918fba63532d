"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from rocktag.errors import UsageError
from rocktag.feeds import parse_date
from rocktag.types import SchemeName

Json: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON object instead, for machines.")
]
Columns: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="FIELD=NAME",
        help="Column of a field, such as title=headline; repeatable.",
    ),
]
Base: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--base",
        metavar="BASE",
        help="Encoder of a transformer: a name on the hub, a folder, or"
        " wheel:NAME==VERSION.",
    ),
]
Folds: TypeAlias = Annotated[
    int | None, typer.Option(min=1, help="Of cross-validation; 1: a simple split.")
]
Preset: TypeAlias = Annotated[
    str | None, typer.Option(help="Named settings, such as the study's: study.")
]
CommonSeed: TypeAlias = Annotated[
    int | None, typer.Option(min=0, help="Of the split and of every training.")
]
Policy: TypeAlias = Annotated[
    str | None,
    typer.Option(help="micro, macro, per-label or a number; default tag.threshold"),
]
GoldFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--gold",
        metavar="FILE",
        help="Human labels: title, labels, disputed; by default evaluation.gold.",
    ),
]
PeopleFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--gold",
        metavar="FILE",
        help="Human labels: title, labels, disputed; by default evaluation.gold, else"
        " the database's annotations.",
    ),
]
TableFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="The table as .csv or .json, or its page as .html; by default all, below"
        " the models' folder in .experiments.",
    ),
]
Scheme: TypeAlias = Annotated[
    SchemeName,
    typer.Option(help="The study's keywords, or functions that say what it is about."),
]
SourceName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--source",
        metavar="NAME",
        help="Source of rows that name none; by default the file's name.",
    ),
]


def parse_columns(columns: Sequence[str] | None) -> dict[str, str]:
    """Return `--column` options as field to column name.

    >>> parse_columns(["title=headline"])
    {'title': 'headline'}

    Raises:
        UsageError: One has no `=`.
    """
    pairs = [column.partition("=") for column in columns or ()]
    for field, separator, name in pairs:
        if not (field and separator and name):
            raise UsageError(
                f"--column {field + separator + name!r} is not of the form FIELD=NAME,"
                " such as title=headline"
            )
    return {field: name for field, _, name in pairs}


def parse_since(text: str | None) -> datetime | None:
    """Return the moment of a `--since` option, None where it was not given.

    Raises:
        UsageError: It is no date.
    """
    if text is None:
        return None
    try:
        return parse_date(text)
    except ValueError as error:
        raise UsageError(f"--since {text!r}: {error}") from error
