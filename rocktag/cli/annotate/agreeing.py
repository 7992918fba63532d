"""rocktag annotate agreement, conflicts: how far people say the same."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby

import typer

from rocktag import annotating
from rocktag.cli.console import output, print_json, print_table
from rocktag.cli.options import Json
from rocktag.cli.session import session
from rocktag.db.annotations import Vote, votes
from rocktag.text import counted


def agreement(context: typer.Context, json: Json = False) -> None:
    """Show Krippendorff's alpha of what people say, of all labels and of each."""
    total, rows = annotating.agreement(_votes(context))
    if json:
        print_json({**asdict(total), "labels": [asdict(row) for row in rows]})
        return
    if not total.headlines:
        output.print("no headline was read by two people; give the same file to both")
        return
    print_table(
        f"{counted(total.headlines, 'headline')} read by two or more; alpha is 1 where"
        " all agree, 0 at chance, - where nobody gives the label",
        ["label", "headlines", "differ", "alpha"],
        [
            [row.label or "all", row.headlines, row.differ, row.alpha]
            for row in (total, *rows)
        ],
    )


def conflicts(context: typer.Context, json: Json = False) -> None:
    """List the headlines and labels of which people say different things."""
    of_labels = groupby(
        _votes(context), key=lambda vote: (vote.headline_id, vote.label)
    )
    said = [list(of_label) for _, of_label in of_labels]
    found = [some for some in said if len({vote.present for vote in some}) > 1]
    if json:
        print_json({"conflicts": [_as_object(some) for some in found]})
    elif found:
        print_table(
            f"{counted(len(found), 'label')} about which people differ; a tie is"
            " unknown and changes no tag",
            ["headline", "title", "label", "present", "absent"],
            (list(_as_object(some).values()) for some in found),
        )
    else:
        output.print("nobody differs from anybody")


def _votes(context: typer.Context) -> list[Vote]:
    return session(context).database.query(lambda c: list(votes(c)))


def _as_object(said: list[Vote]) -> dict[str, object]:
    return {
        "headline_id": said[0].headline_id,
        "title": said[0].title,
        "label": said[0].label,
        "present": ", ".join(vote.annotator for vote in said if vote.present),
        "absent": ", ".join(vote.annotator for vote in said if not vote.present),
    }
