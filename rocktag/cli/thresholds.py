"""rocktag thresholds: other thresholds for a published model, without training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rocktag.artifact import Contents, Manifest, Published, publish, read
from rocktag.cli.console import output, print_json, print_table
from rocktag.cli.corpora import CorpusFile, read_corpus
from rocktag.cli.gate import end_if_refused, gate_of, print_verdict
from rocktag.cli.installed import check_installed
from rocktag.cli.options import Columns, Json, parse_columns
from rocktag.cli.registering import register
from rocktag.cli.session import Session, session
from rocktag.db import models
from rocktag.lifecycle import Promotion
from rocktag.objectives import named

if TYPE_CHECKING:
    from rocktag.retuning import Compared, Retuned

_SCORES = ("micro_precision", "micro_recall", "micro_f1", "macro_f1", "subset_accuracy")


def thresholds(
    context: typer.Context,
    version: Annotated[str, typer.Argument(help="<classifier>/<version> or champion.")],
    objective: Annotated[
        str, typer.Option(help="f1, or another F-beta: f2 favours recall, f0.5 not.")
    ] = "f1",
    minimum_precision: Annotated[
        float | None,
        typer.Option(help="Lowest thresholds that reach it, such as 0.9."),
    ] = None,
    minimum_positives: Annotated[
        int | None,
        typer.Option(
            min=1, help="For a label's own threshold; by default as in training."
        ),
    ] = None,
    promote: Annotated[
        bool,
        typer.Option("--promote", help="Make it champion, if the gate lets it pass."),
    ] = False,
    corpus: CorpusFile = None,
    column: Columns = None,
    json: Json = False,
) -> None:
    """Tune a model's thresholds of all policies again, and publish a new version."""
    wanted = named(objective, minimum_precision)
    check_installed()
    from rocktag.retuning import retune

    here = session(context)
    titles = (
        None if corpus is None else read_corpus(here, corpus, parse_columns(column))
    )
    source = _read(here, version)
    retuned = retune(source, wanted, minimum_positives)
    published = publish(
        here.settings.models_dir,
        retuned.draft,
        training_seconds=source.manifest.training_seconds,
    )
    promotion = register(
        here,
        published,
        promote=promote,
        why="rocktag thresholds --promote",
        corpus=titles,
    )
    if json:
        print_json(_as_object(published, retuned, promotion))
    else:
        _print(published, retuned, promotion)
    end_if_refused(promotion)


def _read(here: Session, version: str) -> Contents:
    with here.database.read() as connection:
        name = models.resolve(connection, version)
        expected = models.registered_manifests(connection).get(name)
    return read(here.settings.models_dir, name, expected_sha256=expected)


def _print(published: Published, retuned: Retuned, promotion: Promotion | None) -> None:
    manifest = published.manifest
    print_table("Thresholds", ["for", "old", "new"], _changes(manifest.labels, retuned))
    for side, what in _scored(manifest).items():
        print_table(
            f"Scores on the {what}, against {manifest.scored_against}",
            ["thresholds", "score", "old", "new"],
            _rows(getattr(retuned.old, side), getattr(retuned.new, side)),
        )
    unreached = retuned.new.thresholds.unreached
    if unreached:
        output.print(
            f"no threshold has that precision for: {', '.join(unreached)}; they have"
            f" the best {manifest.thresholds.objective.upper()}"
        )
    is_champion = promotion is not None and promotion.is_done
    champion = "; it is the champion" if is_champion else ""
    output.print(
        f"published {manifest.name} in {published.folder}, tuned from"
        f" {manifest.tuned_from} for {manifest.thresholds.objective}{champion}"
    )
    print_verdict(promotion.verdict if promotion else None)


def _scored(manifest: Manifest) -> dict[str, str]:
    """Return what the scores are of, both sides."""
    if manifest.cross_validation is None:
        return {"validation": "validation headlines", "test": "test headlines"}
    return {
        "validation": "out-of-fold headlines, which the thresholds were tuned on",
        "test": "out-of-fold headlines, each fold under thresholds tuned on the others",
    }


def _changes(
    labels: tuple[str, ...], retuned: Retuned
) -> Iterator[tuple[str, str, str]]:
    """Yield the thresholds of all labels together, and each label's that changed."""
    old, new = retuned.old.thresholds, retuned.new.thresholds
    yield "micro", f"{old.micro:.2f}", f"{new.micro:.2f}"
    yield "macro", f"{old.macro:.2f}", f"{new.macro:.2f}"
    for label, before, after in zip(labels, old.per_label, new.per_label, strict=True):
        if before != after:
            yield f"label {label}", f"{before:.2f}", f"{after:.2f}"


def _rows(old: dict[str, Any], new: dict[str, Any]) -> Iterator[list[object]]:
    for policy in new:
        before, after = old[policy].averages(), new[policy].averages()
        for name in _SCORES:
            yield [policy, name, before[name], after[name]]


def _as_object(
    published: Published, retuned: Retuned, promotion: Promotion | None
) -> dict[str, Any]:
    manifest = published.manifest
    facts = manifest.thresholds
    return {
        "version": manifest.name,
        "path": str(published.folder),
        "tuned_from": manifest.tuned_from,
        "champion": promotion is not None and promotion.is_done,
        "gate": gate_of(promotion),
        "tuned_on": facts.tuned_on,
        "objective": facts.objective,
        "minimum_precision": facts.minimum_precision,
        "minimum_positives": facts.minimum_positives,
        "unreached": list(facts.unreached),
        "old": _side(manifest.labels, retuned.old),
        "new": _side(manifest.labels, retuned.new),
    }


def _side(labels: tuple[str, ...], compared: Compared) -> dict[str, Any]:
    tuned = compared.thresholds
    return {
        "thresholds": {
            "micro": tuned.micro,
            "macro": tuned.macro,
            "per_label": dict(zip(labels, tuned.per_label, strict=True)),
        },
        "validation": {
            policy: found.averages() for policy, found in compared.validation.items()
        },
        "test": {policy: found.averages() for policy, found in compared.test.items()},
    }
