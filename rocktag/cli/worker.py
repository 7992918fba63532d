"""rocktag worker: the scheduled jobs."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Annotated

import typer

from jobs import JOBS, of_one_round
from rocktag.cli.console import fail, print_json
from rocktag.cli.options import Json
from rocktag.cli.session import session
from rocktag.errors import UsageError
from rocktag.runtime import Runtime


def worker(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="Run each job once, then end.")
    ] = False,
    drain: Annotated[
        bool,
        typer.Option("--drain", help="Tag until no headline is pending, then end."),
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--job",
            metavar="NAME",
            help=f"Only this job: {', '.join(JOBS)}; repeatable.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Run the scheduled jobs until SIGTERM; or once."""
    from rocktag import worker as daemon

    if once and drain:
        raise UsageError("--once and --drain exclude each other; give one of them")
    if drain and only not in (None, ["tag"]):
        raise UsageError("--drain runs the job tag and no other; leave --job out")
    unknown = sorted(set(only or ()) - JOBS.keys())
    if unknown:
        raise UsageError(
            f"there is no job {', '.join(unknown)}; there are {', '.join(JOBS)}"
        )
    here = session(context)
    runtime = Runtime(here.settings, here.database)
    jobs = {name: job for name, job in JOBS.items() if name in (only or JOBS)}
    if not (once or drain):
        with _exposed(runtime):
            daemon.serve(jobs, runtime, here.read_settings)
        return
    if drain:
        with _exposed(runtime):
            outcome = {"tag": daemon.drain("tag", JOBS["tag"], runtime)}
    else:
        jobs = jobs if only else dict(of_one_round(here.settings))
        outcome = daemon.run_once(jobs, runtime)
    if json:
        print_json({"jobs": outcome})
    failed = [name for name, error in outcome.items() if error]
    if failed:
        fail(f"failed: {', '.join(failed)}; see the log above, and the table run")
        raise typer.Exit(1)


def _exposed(runtime: Runtime) -> AbstractContextManager[None]:
    """Answer on the port of `[http]`; without one nothing of it is imported."""
    if not runtime.settings.http.port:
        return nullcontext()
    from rocktag.exposing import exposed

    return exposed(runtime, tuple(JOBS))
