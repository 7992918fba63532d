"""rocktag experiment human: what more headlines of people bring, as a curve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from rocktag.artifact import check_writable
from rocktag.cli.console import note, print_json, print_table
from rocktag.cli.corpora import CorpusFile, read_corpus
from rocktag.cli.crossing import crossing_of
from rocktag.cli.installed import check_installed
from rocktag.cli.intervals import interval_text
from rocktag.cli.kept import Stored, check_ending, keep
from rocktag.cli.options import (
    Base,
    Columns,
    CommonSeed,
    Json,
    PeopleFile,
    Policy,
    TableFile,
    parse_columns,
)
from rocktag.cli.people import people_of
from rocktag.cli.session import Session, session
from rocktag.cli.training_progress import shown_progress
from rocktag.errors import UsageError
from rocktag.recording import recorded_run
from rocktag.text import counted
from rocktag.types import ClassifierName, LabelsName

if TYPE_CHECKING:
    from rocktag.evaluating import CrossValidation, Curve

_COLUMNS = {
    "micro_f1": "micro F1",
    "micro_precision": "precision",
    "micro_recall": "recall",
    "macro_f1": "macro F1",
    "subset_accuracy": "exact match",
}


def human(
    context: typer.Context,
    counts: Annotated[
        str,
        typer.Option(
            metavar="N,…",
            help="How many headlines of people to learn from; 0 comes first anyway.",
        ),
    ] = "50,100,200,400",
    gold: PeopleFile = None,
    folds: Annotated[int, typer.Option(min=2, max=50, help="Of the headlines.")] = 5,
    repeats: Annotated[
        int, typer.Option(min=1, help="How often each number is drawn.")
    ] = 1,
    labels: Annotated[
        LabelsName | None,
        typer.Option(help="Which rules label the others; default train.labels."),
    ] = None,
    classifier: Annotated[
        ClassifierName | None, typer.Option(help="By default train.classifier.")
    ] = None,
    corpus: CorpusFile = None,
    seed: CommonSeed = None,
    policy: Policy = None,
    base: Base = None,
    to: TableFile = None,
    column: Columns = None,
    json: Json = False,
) -> None:
    """Train with more and more headlines of people, in folds; draw what they bring."""
    check_ending(to)
    check_installed()
    wanted = _counts(counts)
    here = session(context).creating(when=corpus is not None)
    here = here.with_options("tag", {"threshold": policy})
    here = here.with_options("evaluation", {"gold": gold})
    transformer = {"base": base} if base else None
    given = {"labels": labels, "classifier": classifier, "transformer": transformer}
    here = here.with_options("train", {**given, "seed": seed})
    check_writable(here.settings.models_dir)
    read = people_of(here)
    titles = read_corpus(here, corpus, parse_columns(column))
    with (
        crossing_of(read, titles, here.settings, folds) as crossing,
        recorded_run(here.database, "experiment") as record,
    ):
        stored = Stored("human", to, record)
        last: Curve | None = None
        try:
            for last in _measure(here, crossing, wanted, repeats):
                _keep(here, last, stored)
        finally:  # after a failure what was measured by then
            if last is not None:
                _show(last, stored, json=json)


def _counts(text: str) -> list[int]:
    """Return the numbers of headlines, 0 among them.

    >>> _counts("100,50")
    [0, 50, 100]

    Raises:
        UsageError: One is no number.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and len(part) < 10 for part in parts):
        raise UsageError(f"--counts {text!r}: give numbers, such as 50,100,200,400")
    return sorted({0, *map(int, parts)})


def _measure(
    here: Session, crossing: CrossValidation, counts: list[int], repeats: int
) -> Iterator[Curve]:
    from rocktag import evaluating

    most = max(len(crossing.beside(at)) for at in range(crossing.folds))
    if counts[-1] > most:
        note(
            f"of {counted(len(crossing.gold.titles), 'headline')}"
            f" {counted(crossing.folds, 'fold')} leave"
            f" {most:,} to learn from; more cannot be asked for"
        )
    settings = here.settings
    with shown_progress() as show:
        yield from evaluating.learning_curve(
            crossing,
            counts,
            repeats,
            str(settings.train.labels),
            settings.publishable()["train"],
            settings.evaluation,
            show,
        )


def _keep(here: Session, curve: Curve, stored: Stored) -> None:
    from rocktag.evaluating import table
    from rocktag.report import curve_page

    forms = {
        ".csv": lambda: table.curve_csv(curve),
        ".json": lambda: table.curve_json(curve),
        ".html": lambda: curve_page(curve).decode(),
    }
    keep(here, forms, table.curve_metrics(curve), stored)


def _show(curve: Curve, stored: Stored, *, json: bool) -> None:
    if json:
        print_json({**curve.as_dict(), **stored.as_object()})
        return
    print_table(
        f"{counted(curve.folds, 'fold')} of"
        f" {counted(curve.gold['headlines'], 'headline')} of"
        f" {curve.gold['file']}; 95 % intervals",
        ["headlines learned from", "draws", *_COLUMNS.values()],
        [
            [
                curve.rules_name,
                None,
                *(interval_text(curve.rules[name]) for name in _COLUMNS),
            ],
            *(
                [
                    f"{point.learned:g}",
                    len(point.repeats),
                    *(interval_text(point.scores[name]) for name in _COLUMNS),
                ]
                for point in curve.points
            ),
        ],
    )
    stored.tell()
