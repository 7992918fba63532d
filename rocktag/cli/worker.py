"""rocktag worker: the scheduled jobs."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs import JOBS
from rocktag.cli.console import fail, print_json
from rocktag.cli.options import Json
from rocktag.cli.session import session
from rocktag.runtime import Runtime


def worker(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="Run each job once, then end.")
    ] = False,
    json: Json = False,
) -> None:
    """Pull, tag and audit on schedule, until SIGTERM; or once."""
    from rocktag.worker import run_once, serve

    here = session(context)
    runtime = Runtime(here.settings, here.database)
    if not once:
        serve(JOBS, runtime)
        return
    outcome = run_once(JOBS, runtime)
    if json:
        print_json({"jobs": outcome})
    failed = [name for name, error in outcome.items() if error]
    if failed:
        fail(f"failed: {', '.join(failed)}; see the log above, and the table run")
        raise typer.Exit(1)
