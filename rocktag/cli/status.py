"""rocktag status: how the worker is doing."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from jobs import JOBS
from rocktag.cli.console import fail, output, print_json, print_table
from rocktag.cli.options import Json
from rocktag.cli.session import session
from rocktag.health import Health, look
from rocktag.text import counted


def status(
    context: typer.Context,
    within: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=0,
            help="Also fail where the job tag has not begun for so long.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Show runs, backlog, failures and alerts; exit code 1 where something is wrong."""
    here = session(context)
    found = look(here.database, tuple(JOBS), here.settings.tag.model)
    problems = found.problems(within_seconds=within)
    if json:
        print_json({**asdict(found), "problems": problems})
    else:
        _show(found)
    if problems:
        if not json:
            for problem in problems:
                fail(problem)
        raise typer.Exit(1)


def _show(found: Health) -> None:
    print_table(
        "Last runs",
        ("job", "run", "status", "began", "done", "failed"),
        [
            (
                run.job,
                str(run.run_id),
                run.status,
                _moment(run.started_at),
                run.done,
                run.failed,
            )
            for run in found.runs
        ],
    )
    output.print(f"model: {found.model or 'none'}")
    since = f", the oldest since {_moment(found.oldest_waiting)}"
    output.print(
        counted(found.waiting, "headline waits", "headlines wait")
        + f"{since if found.oldest_waiting else ''}; {found.failed:,} failed"
    )


def _moment(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"
