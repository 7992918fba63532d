"""rocktag labels: where the rules' labels are probably wrong, and which rules erred."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from rocktag.artifact import Contents, read
from rocktag.cli.console import note, output, print_json
from rocktag.cli.corpora import CorpusFile, read_corpus
from rocktag.cli.encoders import encoder_of
from rocktag.cli.installed import check_installed
from rocktag.cli.models.listing import resolve
from rocktag.cli.options import Columns, GoldFile, Json, parse_columns
from rocktag.cli.people import people_if_any
from rocktag.cli.session import Session, session
from rocktag.cli.suspected import (
    harvest_object,
    print_harvest,
    print_suspects,
    print_trial,
    suspects_object,
    write_harvest,
    write_suspects,
)
from rocktag.cli.training_progress import shown_progress
from rocktag.errors import UsageError
from rocktag.labeling import Rules, rules_of
from rocktag.text import counted
from rocktag.types import ClassifierName, HumanLabels, SchemeName

if TYPE_CHECKING:
    from rocktag.suspecting import Judged

app = typer.Typer(
    help="Probable errors of the rules' labels, and the rules they come of.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_FOLDS = 5

_Version: TypeAlias = Annotated[
    str | None,
    typer.Argument(help="A model trained with --folds; it says what it doubts."),
]
_Labels: TypeAlias = Annotated[
    SchemeName | None,
    typer.Option(help="Which rules' labels; default VERSION's, or train.labels."),
]
_Folds: TypeAlias = Annotated[
    int | None,
    typer.Option(min=2, help="Where no VERSION is given; default train.folds, or 5."),
]
_Classifier: TypeAlias = Annotated[
    ClassifierName | None,
    typer.Option(help="Doubts in place of a VERSION; default a quick linear model."),
]
_HideWords: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--hide-words/--no-hide-words",
        help="A second reader, without the words that fired, must doubt it too.",
    ),
]
_Output: TypeAlias = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="OUT.csv", help="Where to write them all."),
]


@dataclass(frozen=True, slots=True)
class _Request:
    """Which labels of which headlines are to be judged, by whom."""

    version: str | None
    labels: SchemeName | None
    corpus: Path | None
    column: list[str] | None
    folds: int | None
    classifier: ClassifierName | None
    hide_words: bool
    gold: Path | None


@dataclass(frozen=True, slots=True)
class _Found:
    """What came of a request.

    Attributes:
        rules: What labelled the headlines.
        judged: The headlines.
        people: What people say of headlines; None where nobody read any.
    """

    rules: Rules
    judged: Judged
    people: HumanLabels | None


@app.command()
def suspects(
    context: typer.Context,
    version: _Version = None,
    labels: _Labels = None,
    corpus: CorpusFile = None,
    count: Annotated[int, typer.Option(min=1, help="Of labels, at most.")] = 200,
    folds: _Folds = None,
    classifier: _Classifier = None,
    hide_words: _HideWords = True,
    gold: GoldFile = None,
    target: _Output = None,
    column: Columns = None,
    json: Json = False,
) -> None:
    """List the labels that the rules gave, or withheld, probably wrongly.

    The worst first: models that had not learned from a headline doubt its label. With
    --gold also how often people found an error there.
    """
    check_installed("cleanlab")
    from rocktag import suspecting

    request = _Request(
        version, labels, corpus, column, folds, classifier, hide_words, gold
    )
    found = _judged(context, request)
    listed = suspecting.suspects(found.judged, count)
    tried = None
    if found.people is not None:
        tried = suspecting.trial(found.judged, found.people, found.rules.labels)
    if target is not None:
        write_suspects(target, listed)
    if json:
        print_json(suspects_object(found.rules.name, found.judged, listed, tried))
        return
    print_suspects(found.rules.name, found.judged, listed)
    if tried is not None:
        print_trial(tried)
    if target is not None:
        output.print(f"{counted(len(listed), 'suspect')} in {target}")


@app.command()
def functions(
    context: typer.Context,
    version: _Version = None,
    labels: _Labels = None,
    corpus: CorpusFile = None,
    folds: _Folds = None,
    classifier: _Classifier = None,
    hide_words: _HideWords = True,
    gold: GoldFile = None,
    target: _Output = None,
    column: Columns = None,
    json: Json = False,
) -> None:
    """Tell of each rule how often its votes are doubted: a bad one by its harvest.

    Lift is by the label's own average: 2 is doubted twice as often. With --gold also
    the share of its votes that people agree with.
    """
    check_installed("cleanlab")
    from rocktag import suspecting

    request = _Request(
        version, labels, corpus, column, folds, classifier, hide_words, gold
    )
    found = _judged(context, request)
    rows = suspecting.harvest(found.judged, found.rules, found.people)
    if target is not None:
        write_harvest(target, rows)
    if json:
        print_json(harvest_object(found.rules.name, found.judged, rows))
        return
    print_harvest(found.rules.name, found.judged, rows)
    if target is not None:
        output.print(f"{counted(len(rows), 'rule')} in {target}")


def _judged(context: typer.Context, request: _Request) -> _Found:
    """Read the headlines, and judge their labels.

    Raises:
        UsageError: Options contradict each other, or something is not installed.
        InputError: A file cannot be read.
        ArtifactError: The version cannot be used.
        TrainingError: The headlines cannot be learned from.
    """
    from rocktag.suspecting import judge

    here = session(context).creating(when=request.corpus is not None)
    here = here.with_options("evaluation", {"gold": request.gold})
    known = _version(here, request)
    options = {
        "labels": request.labels or (known and known.manifest.rules),
        "classifier": request.classifier,
        "folds": request.folds,
    }
    here = here.with_options("train", options)
    train = here.settings.train
    if train.folds == 1:
        train = train.model_copy(update={"folds": _FOLDS})
    rules = rules_of(train.labels)
    train = train.model_copy(update={"labels": rules.name})  # theirs are judged
    gold = people_if_any(here)
    titles = read_corpus(here, request.corpus, parse_columns(request.column))
    is_tried = request.classifier is not None
    with shown_progress() as show:
        judged = judge(
            titles,
            rules,
            train,
            show,
            version=known,
            classifier=is_tried,
            hides=request.hide_words,
            encoder=encoder_of(train, here.settings) if is_tried else None,
        )
    if judged.unknown:
        note(
            f"{request.version} does not know"
            f" {counted(judged.unknown, 'headline is', 'headlines are')} left out"
        )
    people = None if gold is None else gold.human(rules.labels)
    return _Found(rules, judged, people)


def _version(here: Session, request: _Request) -> Contents | None:
    """Return the model that is to judge, if one is."""
    if request.version is None:
        return None
    for option, value in (
        ("--classifier", request.classifier),
        ("--folds", request.folds),
    ):
        if value is not None:
            raise UsageError(
                f"{request.version} is trained already; leave {option} out, or VERSION"
            )
    name, expected = resolve(here, request.version)
    found = read(here.settings.models_dir, name, expected_sha256=expected)
    if request.labels not in (None, found.manifest.rules):
        raise UsageError(
            f"{name} learned from the scheme {found.manifest.rules}; leave --labels out"
        )
    return found
