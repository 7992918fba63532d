"""rocktag models list, show, diff, history: what there is, changing nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Annotated, Any, TypeAlias

import typer

from rocktag.artifact import Contents, Listing, Manifest, load, published, read
from rocktag.cli.console import note, output, print_json, print_table
from rocktag.cli.options import Json
from rocktag.cli.session import Session, session
from rocktag.db import Connection, aliases, models
from rocktag.db.aliases import Aliases
from rocktag.errors import StoreError
from rocktag.text import counted
from rocktag.types import rules_in_words

Version: TypeAlias = Annotated[
    str, typer.Argument(help="<classifier>/<version>, champion or challenger.")
]


def list_models(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that are archived.")
    ] = False,
    json: Json = False,
) -> None:
    """List the models below the models' folder, without those archived."""
    here = session(context)
    with here.database.read() as connection:
        now = aliases.current(connection)
    found = published(here.settings.models_dir)
    rows = [
        _row(listing, now)
        for listing in found
        if everything or listing.name not in now.archived
    ]
    _tell_missing({listing.name for listing in found}, now, here)
    if json:
        print_json({"models_dir": str(here.settings.models_dir), "models": rows})
    elif rows:
        _print(rows)
    else:
        output.print(f"no models in {here.settings.models_dir}; run: rocktag train")


def _tell_missing(names: Collection[str], now: Aliases, here: Session) -> None:
    for role, name in (("champion", now.champion), ("challenger", now.challenger)):
        if name is not None and name not in names:
            note(
                f"the {role} {name} is not in {here.settings.models_dir}; restore its"
                " folder from a copy, or give --models-dir"
            )


def _row(listing: Listing, now: Aliases) -> dict[str, Any]:
    manifest = listing.manifest
    return {
        "version": listing.name,
        "champion": listing.name == now.champion,
        "challenger": listing.name == now.challenger,
        "archived": listing.name in now.archived,
        "text_view": manifest.text_view if manifest else None,
        "micro_f1": manifest.test["micro"]["micro_f1"] if manifest else None,
        "macro_f1": manifest.test["micro"]["macro_f1"] if manifest else None,
        "headlines": manifest.corpus.headlines if manifest else None,
        "fault": listing.fault,
    }


def _print(rows: list[dict[str, Any]]) -> None:
    header = ["version", "is", "text", "micro F1", "macro F1", "headlines", "fault"]
    roles = ("champion", "challenger", "archived")
    print_table(
        None,
        header,
        (
            [
                row["version"],
                ", ".join(role for role in roles if row[role]),
                *list(row.values())[1 + len(roles) :],
            ]
            for row in rows
        ),
    )


def show(context: typer.Context, version: Version, json: Json = False) -> None:
    """Check a model as the worker does, and show what it says of itself."""
    here = session(context)
    name, expected = resolve(here, version)
    artifact = load(here.settings.models_dir, name, expected_sha256=expected)
    manifest = artifact.manifest
    if json:
        print_json({**manifest.model_dump(mode="json"), "version": name})
    else:
        _show(name, manifest)


def _show(name: str, manifest: Manifest) -> None:
    output.print(f"{name}, published {manifest.created_at:%Y-%m-%d %H:%M:%S} UTC")
    output.print(
        f"{counted(manifest.corpus.headlines, 'headline')} of {manifest.corpus.origin},"
        f" {manifest.text_view} text, seed {manifest.seed},"
        f" {manifest.training_seconds:.1f} s"
    )
    if manifest.rule_labels:
        rules = rules_in_words(manifest.rules)
        output.print(f"by the {rules}: {', '.join(manifest.rule_labels)}")
    scored = "Out-of-fold" if manifest.cross_validation else "Test"
    print_table(
        f"{scored} headlines, against {manifest.scored_against}",
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


def diff(
    context: typer.Context, first: Version, second: Version, json: Json = False
) -> None:
    """Show what two models do not have in common."""
    from rocktag.lifecycle import differences

    here = session(context)
    one, other = _read(here, first), _read(here, second)
    found = differences(one, other)
    names = [one.manifest.name, other.manifest.name]
    if json:
        print_json({"versions": names, "differences": found})
        return
    for section, pairs in found.items():
        print_table(
            section,
            ["key", *names],
            ([key, *map(_shown, pair)] for key, pair in pairs.items()),
        )
    if not found:
        output.print("they do not differ")


def history(context: typer.Context, json: Json = False) -> None:
    """Show who made which model champion, challenger or archived, when and why."""
    here = session(context)
    with here.database.read() as connection:
        events = aliases.history(connection)
    if json:
        print_json({"events": [asdict(event) for event in events]})
        return
    print_table(
        None,
        ["when", "what", "version", "by", "why"],
        (
            [
                f"{event.changed_at:%Y-%m-%d %H:%M:%S} UTC",
                f"{event.action} ({event.alias})",
                event.version,
                event.changed_by,
                event.reason,
            ]
            for event in events
        ),
    )


def resolve(here: Session, version: str) -> tuple[str, str | None]:
    """Return the name that was meant, and the hash of its manifest if that is known.

    Raises:
        StoreError: There is no champion, or no challenger.
    """
    with here.database.read() as connection:
        if version == aliases.CHALLENGER:
            name = _challenger(connection)
        else:
            name = models.resolve(connection, version)
        return name, models.registered_manifests(connection).get(name)


def _challenger(connection: Connection) -> str:
    name = aliases.challenger(connection)
    if name is None:
        raise StoreError(
            "there is no challenger; run: rocktag models promote VERSION --as"
            " challenger"
        )
    return name


def _read(here: Session, version: str) -> Contents:
    name, expected = resolve(here, version)
    return read(here.settings.models_dir, name, expected_sha256=expected)


def _shown(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
