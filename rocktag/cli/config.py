"""rocktag config: the configuration as rocktag understood it."""

from __future__ import annotations

import typer

from rocktag import reporting
from rocktag.cli.console import output, print_json
from rocktag.cli.options import Json
from rocktag.cli.session import session

app = typer.Typer(
    help="See what the configuration comes to.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def show(context: typer.Context, json: Json = False) -> None:
    """Print every setting as it is in force; passwords are hidden."""
    settings = session(context).settings
    if json:
        print_json(settings.displayable())
    else:
        output.print(reporting.toml(settings.displayable()), end="")
