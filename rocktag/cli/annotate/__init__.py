"""rocktag annotate: what people say of headlines, asked, read, written and weighed."""

from __future__ import annotations

from typing import Annotated

import typer

from rocktag.cli.annotate.agreeing import agreement, conflicts
from rocktag.cli.annotate.choosing import (
    Annotator,
    Count,
    RandomShare,
    Seed,
    SuspectsFile,
    candidates,
    reader,
)
from rocktag.cli.annotate.dialogue import Dialogue
from rocktag.cli.annotate.filing import export, import_
from rocktag.cli.console import output
from rocktag.cli.session import session

app = typer.Typer(
    help="What people say of headlines: asked here, a headline at a time, or in files.",
    invoke_without_command=True,
    rich_markup_mode=None,
)
app.command("import")(import_)
app.command()(export)
app.command()(agreement)
app.command()(conflicts)


@app.callback()
def annotate(
    context: typer.Context,
    annotator: Annotator = None,
    count: Count = 200,
    random_share: RandomShare = 0.2,
    seed: Seed = 42,
    suspects: SuspectsFile = None,
    show_model: Annotated[
        bool,
        typer.Option(
            "--show-model",
            help="Show the model's labels; Enter takes them. It sways readers.",
        ),
    ] = False,
) -> None:
    """Ask for the labels of headlines, or import, export and compare them."""
    if context.invoked_subcommand is not None:
        return
    here = session(context)
    chosen = candidates(
        here, count=count, random_share=random_share, seed=seed, suspects=suspects
    )
    if not chosen:
        output.print("no headline is left to read; rocktag ingest brings new ones")
        return
    Dialogue(here.database, reader(annotator), chosen, show_model=show_model).hold()
