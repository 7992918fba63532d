"""rocktag db: the schema of the database."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from rocktag.cli.console import note, output, print_json
from rocktag.cli.options import Json
from rocktag.cli.session import session
from rocktag.db import Database, schema
from rocktag.db.schema import SchemaState
from rocktag.errors import StoreError, UsageError

app = typer.Typer(
    help="Make, change and check the tables.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Revision = Annotated[str, typer.Argument(help="A revision, such as 0001.")]


@app.command()
def upgrade(context: typer.Context, revision: Revision = "head") -> None:
    """Bring the tables up to a revision; what they hold stays."""
    database = session(context).creating().bare_database
    found = schema.upgrade(database, revision)
    output.print(f"{database.name} is at {found.current}")


@app.command()
def downgrade(
    context: typer.Context,
    revision: Annotated[
        str, typer.Argument(help="A revision, -1 for one step, base for none.")
    ],
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask: what the tables hold is lost.")
    ] = False,
) -> None:
    """Take the tables back to a revision; what newer ones hold is lost."""
    database = session(context).bare_database
    if not yes:
        _confirm(f"Drop what {database.name} holds beyond {revision}?")
    found = schema.downgrade(database, revision)
    output.print(f"{database.name} is at {found.current or 'base'}")


@app.command()
def current(context: typer.Context, json: Json = False) -> None:
    """Say at which revision the tables are, and which this rocktag needs."""
    database = session(context).bare_database
    _report(database, schema.state(database), json)


@app.command()
def check(context: typer.Context, json: Json = False) -> None:
    """Fail unless the tables are just what this rocktag needs."""
    database = session(context).bare_database
    found = schema.check(database)
    _report(database, found, json)
    for difference in found.differences:
        note(difference)
    if not found.is_ready:
        advice = "see above" if found.differences else "run: rocktag db upgrade"
        raise StoreError(f"{database.name} is not what this rocktag needs; {advice}")


def _confirm(question: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError(f"{question} Nobody can answer here; to do it give --yes")
    typer.confirm(question, abort=True, err=True)


def _report(database: Database, found: SchemaState, json: bool) -> None:
    if json:
        print_json(
            {
                "database": database.name,
                "current": found.current,
                "head": found.head,
                "ready": found.is_ready,
                "differences": list(found.differences),
            }
        )
        return
    output.print(
        f"{database.name} is at {found.current or 'no revision'},"
        f" this rocktag needs {found.head}"
    )
