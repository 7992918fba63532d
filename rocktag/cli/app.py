"""The commands, in the order in which a newcomer meets them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from rocktag import __version__
from rocktag.cli import (
    amend,
    annotate,
    compare,
    config,
    db,
    demo,
    evaluate,
    experiment,
    fetch,
    human,
    ingest,
    labels,
    models,
    rules,
    sample,
    search,
    status,
    study,
    tag,
    thresholds,
    train,
    worker,
)
from rocktag.cli.console import output
from rocktag.cli.session import Session
from rocktag.config import parse_assignments

app = typer.Typer(
    name="rocktag",
    help="Topic tags for rock-news headlines, on a schedule, in your own SQL database.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("demo")(demo.demo)
app.command("ingest")(ingest.ingest)
app.add_typer(rules.app, name="rules")
app.add_typer(labels.app, name="labels")
app.add_typer(annotate.app, name="annotate")
app.command("sample")(sample.sample)
app.command("fetch")(fetch.fetch)
app.command("train")(train.train)
app.command("thresholds")(thresholds.thresholds)
app.command("evaluate")(evaluate.evaluate)
app.command("compare")(compare.compare)
experiment.app.command("study")(study.study)
experiment.app.command("human")(human.human)
app.add_typer(experiment.app, name="experiment")
app.command("search")(search.search)
app.add_typer(models.app, name="models")
app.command("tag")(tag.tag)
app.command("worker")(worker.worker)
app.command("status")(status.status)
app.command("retag")(amend.retag)
app.command("undo")(amend.undo)
app.add_typer(amend.failed_app, name="failed")
app.add_typer(db.app, name="db")
app.add_typer(config.app, name="config")


def _print_version(wanted: bool) -> None:
    if wanted:
        output.print(f"rocktag {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    config_file: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="Configuration; by default ROCKTAG_CONFIG, else ./config.toml.",
        ),
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Database; a password is safer in ROCKTAG_DATABASE_URL.",
        ),
    ] = None,
    models_dir: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where models are published."),
    ] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Any key of config.toml, such as tag.batch_size=64; repeatable.",
        ),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Print the version and end.",
        ),
    ] = False,
) -> None:
    """Hold what every command shares."""
    overrides: dict[str, Any] = parse_assignments(assignments or [])
    if database_url is not None:
        overrides["database_url"] = database_url
    if models_dir is not None:
        overrides["models_dir"] = str(models_dir)
    context.obj = Session(config_file, overrides)
