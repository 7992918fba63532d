"""rocktag models: what is published, and which one is champion."""

from __future__ import annotations

from typing import Annotated

import typer

from rocktag.artifact import Listing, load, published
from rocktag.cli.console import output, print_json, print_table
from rocktag.cli.options import Json
from rocktag.cli.session import session
from rocktag.db import models

app = typer.Typer(help="Published models.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_models(context: typer.Context, json: Json = False) -> None:
    """List every model below the models' folder."""
    here = session(context)
    with here.database.read() as connection:
        champion = models.champion(connection)
    rows = [
        {
            "version": listing.name,
            "champion": listing.name == champion,
            "text_view": listing.manifest.text_view if listing.manifest else None,
            "micro_f1": _score(listing, "micro_f1"),
            "macro_f1": _score(listing, "macro_f1"),
            "headlines": (
                listing.manifest.corpus.headlines if listing.manifest else None
            ),
            "fault": listing.fault,
        }
        for listing in published(here.settings.models_dir)
    ]
    if json:
        print_json({"models_dir": str(here.settings.models_dir), "models": rows})
    elif rows:
        header = ["version", "champion", "text", "micro F1", "macro F1", "headlines"]
        print_table(None, [*header, "fault"], (list(row.values()) for row in rows))
    else:
        output.print(f"no models in {here.settings.models_dir}; run: rocktag train")


@app.command()
def show(
    context: typer.Context,
    version: Annotated[str, typer.Argument(help="<classifier>/<version> or champion.")],
    json: Json = False,
) -> None:
    """Check a model as the worker does, and show what it says of itself."""
    here = session(context)
    with here.database.read() as connection:
        name = models.resolve(connection, version)
        expected = models.registered_manifests(connection).get(name)
    artifact = load(here.settings.models_dir, name, expected_sha256=expected)
    manifest = artifact.manifest
    if json:
        print_json({**manifest.model_dump(mode="json"), "version": name})
        return
    output.print(f"{name}, published {manifest.created_at:%Y-%m-%d %H:%M:%S} UTC")
    output.print(
        f"{manifest.corpus.headlines:,} headlines of {manifest.corpus.origin},"
        f" {manifest.text_view} text, seed {manifest.seed},"
        f" {manifest.training_seconds:.1f} s"
    )
    if manifest.rule_labels:
        output.print(f"by the keyword rules: {', '.join(manifest.rule_labels)}")
    scored = "Out-of-fold" if manifest.cross_validation else "Test"
    print_table(
        f"{scored} headlines, against the rules",
        ["thresholds", "micro F1", "macro F1", "exact match"],
        (
            [policy, found["micro_f1"], found["macro_f1"], found["subset_accuracy"]]
            for policy, found in manifest.test.items()
        ),
    )
    print_table(
        "Files, each as it was published",
        ["file", "bytes", "SHA-256"],
        ([file, facts.size, facts.sha256] for file, facts in manifest.files.items()),
    )
    output.print("golden headlines give the published probabilities")


def _score(listing: Listing, name: str) -> float | None:
    return listing.manifest.test["micro"][name] if listing.manifest else None
