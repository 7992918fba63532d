"""rocktag annotate import, export: files that people fill in a spreadsheet."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rocktag.annotating import store_file, writing
from rocktag.cli.annotate.choosing import (
    Annotator,
    Count,
    RandomShare,
    Seed,
    SuspectsFile,
    candidates,
    reader,
)
from rocktag.cli.console import output, print_json
from rocktag.cli.options import Json
from rocktag.cli.session import session
from rocktag.files import written_whole
from rocktag.text import counted


def import_(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="CSV: title, labels and, if need be, disputed.")
    ],
    annotator: Annotator = None,
    note: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Kept with each label.")
    ] = None,
    only_known: Annotated[
        bool,
        typer.Option(
            "--only-known", help="Pass over headlines that the database lacks."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Store what a file of human labels says, all of it or nothing."""
    here = session(context).creating(when=not only_known)
    who = reader(annotator)
    found = store_file(
        here.database, file, annotator=who, note=note, only_known=only_known
    )
    if json:
        print_json({"file": str(file), "annotator": who, **asdict(found)})
        return
    output.print(
        f"{counted(found.rows, 'headline')} in {file}: {found.rows - found.unread:,}"
        f" filled in by {who}, {found.unread:,} left empty"
    )
    if found.new:
        output.print(
            f"{counted(found.new, 'was', 'were')} not known: stored under source"
            " annotation"
        )
    if found.unknown:
        unknown = counted(found.unknown, "is", "are")
        output.print(f"{unknown} not known: passed over")
    if found.rows == found.unread:
        output.print("nothing was added: no row has a label")
    elif found.said:
        output.print(
            f"{counted(found.said, 'label of a headline', 'labels of headlines')}"
            " said, present or absent"
        )
    else:
        output.print("nothing was added: all of it was said before")


def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The CSV file to write.")],
    count: Count = 200,
    random_share: RandomShare = 0.2,
    seed: Seed = 42,
    suspects: SuspectsFile = None,
    json: Json = False,
) -> None:
    """Write the headlines most worth reading, for people to fill in labels."""
    here = session(context)
    chosen = candidates(
        here, count=count, random_share=random_share, seed=seed, suspects=suspects
    )
    with written_whole(file) as out:
        writing(out, chosen)
    reasons = Counter(item.reason for item in chosen)
    if json:
        print_json({"file": str(file), "headlines": len(chosen), "reasons": reasons})
        return
    told = ", ".join(f"{number:,} {reason}" for reason, number in reasons.most_common())
    output.print(
        f"{counted(len(chosen), 'headline')} to read in {file}: {told or 'none left'}"
    )
