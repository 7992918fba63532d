"""rocktag compare: which published version is better, and how surely."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from rocktag.artifact import check_writable, published
from rocktag.artifact.provenance import FILE_NAMES
from rocktag.cli.compared import keep_comparison, show
from rocktag.cli.console import note, progress
from rocktag.cli.corpora import CorpusFile, read_corpus
from rocktag.cli.installed import check_installed
from rocktag.cli.kept import Stored, check_ending
from rocktag.cli.options import (
    Columns,
    GoldFile,
    Json,
    Policy,
    TableFile,
    parse_columns,
)
from rocktag.cli.session import Session, session
from rocktag.comparing import Comparer, Comparison, Exam, Gold, configured_gold
from rocktag.corpus import Corpus
from rocktag.db import aliases, models
from rocktag.errors import ArtifactError
from rocktag.labeling import labels_of_people, rules_of
from rocktag.recording import recorded_run


def compare(
    context: typer.Context,
    versions: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[VERSION]...",
            help="<classifier>/<version> or champion; by default every version.",
        ),
    ] = None,
    corpus: CorpusFile = None,
    gold: GoldFile = None,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="VERSION",
            help="With which the others are compared; by default the champion.",
        ),
    ] = None,
    policy: Policy = None,
    to: TableFile = None,
    column: Columns = None,
    json: Json = False,
) -> None:
    """Compare versions on headlines that none of them learned from."""
    check_ending(to)
    check_installed()
    here = session(context).with_options("tag", {"threshold": policy})
    here = here.with_options("evaluation", {"gold": gold})
    names = _names(here, versions or [])
    chosen = _reference(here, reference, names)
    labelled = configured_gold(here.settings, labels_of_people())
    check_writable(here.settings.models_dir)
    titles = read_corpus(here, corpus, parse_columns(column))
    with recorded_run(here.database, "compare") as record:
        comparison = _compare(
            here, names, titles, labelled, chosen, is_named=bool(versions)
        )
        stored = Stored("compare", to, record)
        keep_comparison(here, comparison, stored)
        show(comparison, stored, json=json)


def _compare(
    here: Session,
    names: Sequence[str],
    titles: Corpus,
    gold: Gold | None,
    reference: str,
    *,
    is_named: bool,
) -> Comparison:
    """Ask every version; one that nobody named and that is damaged is passed over."""
    rules = rules_of(here.settings.train.labels)
    exam = Exam(titles, rules, here.settings.tag.threshold, gold)
    with here.database.read() as connection:
        manifests = models.registered_manifests(connection)
    comparer = Comparer(exam, here.settings, manifests=manifests)
    with progress() as bar:
        task = bar.add_task("compare", total=len(names))
        for name in names:
            bar.update(task, description=f"compare, {name}")
            try:
                comparer.add(name)
            except ArtifactError as error:
                if is_named or name == reference:
                    raise
                note(f"{name} is passed over: {error}")
            bar.advance(task)
    return comparer.comparison(reference)


def _names(here: Session, versions: Sequence[str]) -> list[str]:
    """Return the versions to compare, each once."""
    if not versions:
        return _comparable(here)
    with here.database.read() as connection:
        return list(dict.fromkeys(models.resolve(connection, one) for one in versions))


def _comparable(here: Session) -> list[str]:
    """Return every version that says what it learned from; tell of the others.

    Archived ones are left out in silence, as `rocktag models list` does.
    """
    folder = here.settings.models_dir
    with here.database.read() as connection:
        archived = aliases.current(connection).archived
    found: list[str] = []
    for listing in published(folder):
        manifest = listing.manifest
        if listing.name in archived:
            continue
        if manifest is None:
            note(f"{listing.name} is passed over: {listing.fault}")
        elif not set(FILE_NAMES) <= manifest.files.keys():
            note(
                f"{listing.name} is passed over: it is of an older rocktag and does not"
                " say which headlines it learned from; train again"
            )
        else:
            found.append(listing.name)
    if not found:
        raise ArtifactError(
            f"no version to compare in {folder}; run: rocktag train, or rocktag"
            " experiment study"
        )
    return found


def _reference(here: Session, wanted: str | None, names: Sequence[str]) -> str:
    """Return the version the others are compared with: the champion or the first."""
    with here.database.read() as connection:
        if wanted is not None:
            return models.resolve(connection, wanted)
        champion = models.champion(connection)
    return champion if champion and champion in names else names[0]
