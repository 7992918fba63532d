"""rocktag models archive, verify, prune: what is kept, is whole, and goes."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from rocktag import lifecycle
from rocktag.cli.console import fail, output, print_json, print_table
from rocktag.cli.models.changing import Why
from rocktag.cli.models.listing import resolve
from rocktag.cli.options import Json
from rocktag.cli.registering import user
from rocktag.cli.session import session
from rocktag.errors import UsageError
from rocktag.lifecycle import Plan
from rocktag.text import counted

_MEGABYTE = 1_000_000


def archive(
    context: typer.Context,
    version: Annotated[str, typer.Argument(help="<classifier>/<version>.")],
    undo: Annotated[
        bool, typer.Option("--undo", help="Take it back from the archive.")
    ] = False,
    why: Why = None,
    json: Json = False,
) -> None:
    """Put a model away: not listed, never chosen; `prune` may delete it."""
    here = session(context)
    version, _ = resolve(here, version)
    if undo:
        why = why or "rocktag models archive --undo"
        lifecycle.restore(here.database, version, by=user(), why=why)
    else:
        why = why or "rocktag models archive"
        lifecycle.archive(here.database, here.settings, version, by=user(), why=why)
    if json:
        print_json({"version": version, "archived": not undo})
    else:
        output.print(f"{version} is {'no longer ' if undo else ''}archived")


def verify(
    context: typer.Context,
    versions: Annotated[
        list[str] | None,
        typer.Argument(metavar="[VERSION]...", help="Which; by default all."),
    ] = None,
    json: Json = False,
) -> None:
    """Check models as the worker does, golden headlines too; exit code 1 for any."""
    here = session(context)
    checked = []
    for one in lifecycle.verify(here.database, here.settings, versions or ()):
        checked.append({"version": one.version, "fault": one.fault})
        if not json and one.fault is None:
            output.print(f"{one.version} is whole")
    if json:
        print_json({"models": checked})
    faults = [one["fault"] for one in checked if one["fault"] is not None]
    for fault in faults:
        fail(fault)
    if faults:
        raise typer.Exit(1)
    if not (checked or json):
        output.print(f"no models in {here.settings.models_dir}; run: rocktag train")


def prune(
    context: typer.Context,
    keep: Annotated[
        int,
        typer.Option(
            min=0, help="So many of those stay that were never used, the newest."
        ),
    ] = 5,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be deleted.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Delete models that are archived or were never used, and what was left behind."""
    here = session(context)
    found = lifecycle.plan(here.database, here.settings, keep=keep)
    if not json:
        _print(found)
    if not (dry_run or found.is_empty or yes):
        _confirm(found)
    gone = [] if dry_run else lifecycle.carry_out(here.database, here.settings, found)
    if json:
        print_json(
            {
                "delete": dict(found.doomed),
                "keep": dict(found.kept),
                "leftovers": [str(path) for path in found.leftovers],
                "bytes": found.bytes,
                "deleted": gone,
            }
        )
    elif not dry_run:
        output.print(
            f"deleted {counted(len(gone), 'model')}; their rows in the database stay"
        )


def _print(found: Plan) -> None:
    print_table(
        None,
        ["version", "", "why"],
        [
            *([name, "delete", why] for name, why in found.doomed.items()),
            *([name, "keep", why] for name, why in found.kept.items()),
        ],
    )
    output.print(
        f"to delete: {counted(len(found.doomed), 'model')} of"
        f" {found.bytes / _MEGABYTE:.1f} MB,"
        f" {counted(len(found.leftovers), 'leftover')} of killed processes"
    )


def _confirm(found: Plan) -> None:
    question = f"Delete {counted(len(found.doomed), 'model')} for good?"
    if not sys.stdin.isatty():
        raise UsageError(f"{question} Nobody can answer here; to do it give --yes")
    typer.confirm(question, abort=True, err=True)
