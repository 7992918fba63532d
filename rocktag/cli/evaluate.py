"""rocktag evaluate: whether people agree with the rules, a version, or settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from rocktag.artifact import check_writable
from rocktag.cli.corpora import CorpusFile, read_corpus
from rocktag.cli.evaluated import keep_evaluation, show_evaluation
from rocktag.cli.installed import check_installed
from rocktag.cli.kept import Stored, check_ending
from rocktag.cli.options import (
    Base,
    Columns,
    Json,
    PeopleFile,
    Policy,
    TableFile,
    parse_columns,
)
from rocktag.cli.people import people_of
from rocktag.cli.sayings import Anew, row_name, sayings_of, sayings_of_rules
from rocktag.cli.session import Session, session
from rocktag.cli.word_vectors import GloveFile, word_vectors_of
from rocktag.comparing import Gold
from rocktag.db import models
from rocktag.errors import UsageError
from rocktag.recording import recorded_run
from rocktag.types import ClassifierName, LabelsName, SchemeName, rules_in_words

if TYPE_CHECKING:
    from rocktag.evaluating import Evaluation, Said

_OF_RULES = tuple(map(rules_in_words, get_args(SchemeName)))
RULES = "rules"  # where the name of a version stands: nothing but the rules


def evaluate(
    context: typer.Context,
    versions: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="VERSION",
            help="<classifier>/<version>, champion, or rules; by default the champion,"
            " with --folds the settings.",
        ),
    ] = None,
    gold: PeopleFile = None,
    folds: Annotated[
        int | None,
        typer.Option(
            min=2,
            max=50,
            help="Train anew for each fold of the file, without its headlines.",
        ),
    ] = None,
    labels: Annotated[
        LabelsName | None,
        typer.Option(help="Of the rules, and of settings; default train.labels."),
    ] = None,
    classifier: Annotated[
        ClassifierName | None,
        typer.Option(help="With --folds and no version; default train.classifier."),
    ] = None,
    corpus: CorpusFile = None,
    errors: Annotated[
        int, typer.Option(min=0, metavar="N", help="List the N worst headlines too.")
    ] = 0,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="VERSION|ROW",
            help="With which the others are compared, such as 'keyword rules'; by"
            " default the rules.",
        ),
    ] = None,
    policy: Policy = None,
    glove: GloveFile = None,
    base: Base = None,
    to: TableFile = None,
    column: Columns = None,
    json: Json = False,
) -> None:
    """Score the rules, versions or settings against what people say."""
    check_ending(to)
    check_installed()
    asked = list(dict.fromkeys(versions or []))
    _check(asked, folds, classifier, corpus)
    here = session(context).creating(when=corpus is not None or asked == [RULES])
    here = here.with_options("tag", {"threshold": policy})
    here = here.with_options("evaluation", {"gold": gold})
    transformer = {"base": base} if base else None
    given = {"labels": labels, "classifier": classifier, "transformer": transformer}
    here = here.with_options("train", given)
    check_writable(here.settings.models_dir)
    names = _names(here, asked, folds)
    compared = _reference(here, reference, names, folds)
    read = people_of(here)
    anew = None
    if folds is not None and asked != [RULES]:
        vectors = word_vectors_of(glove, here.settings.train) if glove else None
        titles = read_corpus(here, corpus, parse_columns(column))
        anew = Anew(folds, titles, vectors)
    with recorded_run(here.database, "evaluate") as record:
        sayings = sayings_of(here, read, names, anew)
        evaluation = _scored(
            here,
            read,
            [*sayings_of_rules(here, read, sayings, labels), *sayings],
            None if anew is None else anew.folds,
            compared,
            errors,
        )
        record.taken = record.done = len(read.titles)
        stored = Stored("evaluate", to, record)
        keep_evaluation(here, evaluation, stored)
        show_evaluation(evaluation, stored, json=json)


def _check(
    asked: Sequence[str],
    folds: int | None,
    classifier: str | None,
    corpus: Path | None,
) -> None:
    """Refuse options that would mean nothing."""
    named = [name for name in asked if name != RULES]
    if folds is None and (corpus is not None or classifier is not None):
        raise UsageError(
            "--corpus and --classifier are of models that are trained anew; give"
            " --folds 5 with them, or leave them out"
        )
    if named and classifier is not None:
        raise UsageError(
            f"{', '.join(named)} has settings of its own; leave --classifier out, or"
            " the version"
        )


def _names(here: Session, asked: Sequence[str], folds: int | None) -> list[str]:
    """Return the versions, each once; none for settings, or the rules alone."""
    if not asked and folds is None:
        asked = [models.CHAMPION]
    wanted = [name for name in asked if name != RULES]
    if not wanted:
        return []
    with here.database.read() as connection:
        return list(dict.fromkeys(models.resolve(connection, one) for one in wanted))


def _reference(
    here: Session, wanted: str | None, names: Sequence[str], folds: int | None
) -> str | None:
    """Return the name of the row that the others are compared with.

    Raises:
        UsageError: No row can have it: better said before a training than after.
    """
    if wanted is None or wanted == RULES:
        return None
    if wanted in _OF_RULES:
        return wanted
    with here.database.read() as connection:
        name = models.resolve(connection, wanted)
    if name not in names:
        rows = ", ".join([*_OF_RULES, *names])
        raise UsageError(
            f"the reference {wanted} is not among those evaluated, which are {rows};"
            " name one of them"
        )
    return name if folds is None else row_name(name, folds)


def _scored(
    here: Session,
    gold: Gold,
    sayings: Sequence[Said],
    folds: int | None,
    reference: str | None,
    errors: int,
) -> Evaluation:
    from rocktag import evaluating

    return evaluating.evaluate(
        sayings,
        gold,
        here.settings.evaluation,
        policy=str(here.settings.tag.threshold),
        folds=folds,
        reference=reference,
        mistakes=errors,
    )
