"""rocktag models: what is published, which one is champion, and the way there."""

import typer

from rocktag.cli.models import changing, keeping, listing

app = typer.Typer(
    help="Published models, from the gate to the archive.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("list")(listing.list_models)
app.command("show")(listing.show)
app.command("diff")(listing.diff)
app.command("history")(listing.history)
app.command("promote")(changing.promote)
app.command("withdraw")(changing.withdraw)
app.command("rollback")(changing.rollback)
app.command("archive")(keeping.archive)
app.command("verify")(keeping.verify)
app.command("prune")(keeping.prune)
