"""rocktag retag, undo and failed: what was tagged, again, once more or not at all."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from rocktag import amending
from rocktag.cli.console import output, print_json, print_table
from rocktag.cli.options import Json, parse_since
from rocktag.cli.session import Session, session
from rocktag.db import models
from rocktag.text import counted

failed_app = typer.Typer(
    help="Headlines that could not be tagged.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Keys = Annotated[
    list[int] | None,
    typer.Argument(metavar="HEADLINE_ID…", help="Which; by default all."),
]


def retag(
    context: typer.Context,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="Only headlines published since, or ingested if they have no date.",
        ),
    ] = None,
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            help="Also those that this model has tagged, as after other thresholds.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Let the worker tag old headlines with the chosen model, after all new ones."""
    moment = parse_since(since)
    here = session(context)
    count = amending.tag_again(here.database, _chosen(here), since=moment, again=again)
    if json:
        print_json({"pending": count})
    else:
        output.print(
            f"{counted(count, 'headline is pending', 'headlines are pending')}, after"
            " all new ones"
        )


def undo(
    context: typer.Context,
    run: Annotated[
        int, typer.Option("--run", metavar="N", help="The run: run.id in the database.")
    ],
    json: Json = False,
) -> None:
    """Take back the labels that a run wrote; `rocktag retag` tags anew."""
    count = amending.undo(session(context).database, run)
    if json:
        print_json({"run": run, "headlines": count})
    else:
        output.print(f"took back what run {run} wrote of {counted(count, 'headline')}")


@failed_app.command("list")
def list_failed(context: typer.Context, json: Json = False) -> None:
    """List the headlines that the chosen model could not tag."""
    here = session(context)
    found = amending.failed(here.database, _chosen(here))
    if json:
        rows = [asdict(row) for row in found]
        print_json({"failed": rows})
        return
    print_table(
        f"{counted(len(found), 'headline')} failed",
        ("id", "status", "tries", "run", "error", "title"),
        [
            (
                str(row.headline_id),
                row.status,
                row.attempts,
                str(row.run_id),
                row.error,
                row.title,
            )
            for row in found
        ],
    )


@failed_app.command()
def retry(
    context: typer.Context, headline_ids: Keys = None, json: Json = False
) -> None:
    """Let the worker try failed headlines once more."""
    here = session(context)
    count = amending.retry(here.database, _chosen(here), headline_ids or None)
    if json:
        print_json({"pending": count})
    else:
        output.print(
            f"{counted(count, 'headline is pending', 'headlines are pending')} again"
        )


def _chosen(here: Session) -> str:
    with here.database.read() as connection:
        return models.resolve(connection, here.settings.tag.model)
