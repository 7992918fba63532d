"""rocktag train: from headlines to a published model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rocktag.artifact import check_writable, publish
from rocktag.cli.background import stay_in_background
from rocktag.cli.console import note, print_json
from rocktag.cli.corpora import CorpusFile, read_corpus
from rocktag.cli.encoders import encoder_of
from rocktag.cli.gate import end_if_refused
from rocktag.cli.installed import check_installed
from rocktag.cli.options import Base, Columns, Folds, Json, Preset, parse_columns
from rocktag.cli.people import annotated
from rocktag.cli.registering import register
from rocktag.cli.session import Session, session
from rocktag.cli.trained import Outcome, as_object, print_training
from rocktag.cli.training_progress import shown_progress
from rocktag.cli.word_vectors import GloveFile, word_vectors_of
from rocktag.config import Settings
from rocktag.corpus import Corpus
from rocktag.encoders import Encoder
from rocktag.errors import UsageError
from rocktag.labeling import rules_of
from rocktag.text import TextView
from rocktag.types import (
    ClassifierName,
    HumanLabels,
    LabelsName,
    learns_from_people,
)

if TYPE_CHECKING:
    from rocktag.fitting import Vectors
    from rocktag.training import Trained


def train(
    context: typer.Context,
    classifier: Annotated[
        ClassifierName | None, typer.Option(help="By default train.classifier.")
    ] = None,
    corpus: CorpusFile = None,
    labels: Annotated[
        LabelsName | None,
        typer.Option(help="Of which rules, and of people; default train.labels."),
    ] = None,
    text_view: Annotated[
        TextView | None,
        typer.Option(help="Titles as they stand, or stemmed as in the study."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same gives the same model.")
    ] = None,
    preset: Preset = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with what was broken off; settings must be the same.",
        ),
    ] = False,
    glove: GloveFile = None,
    base: Base = None,
    folds: Folds = None,
    promote: Annotated[
        bool,
        typer.Option(
            "--promote",
            help="Make it champion if the gate lets it pass; the first one is.",
        ),
    ] = False,
    why: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="With --promote: for the history."),
    ] = None,
    in_background: Annotated[
        bool,
        typer.Option(
            "--in-background",
            help="At low priority; end at once when standard input does, as the job"
            " retrain has it.",
        ),
    ] = False,
    column: Columns = None,
    json: Json = False,
) -> None:
    """Train a classifier on the rules' labels, and publish it."""
    if in_background:
        stay_in_background()
    options = {
        "classifier": classifier,
        "labels": labels,
        "text_view": text_view,
        "seed": seed,
        "preset": preset,
        "folds": folds,
        "transformer": {"base": base} if base else None,
    }
    here = session(context).creating(when=corpus is not None)
    here = here.with_options("train", options)
    if base and here.settings.train.classifier != "transformer":
        raise UsageError(
            f"{here.settings.train.classifier} starts from no encoder; leave --base"
            " out, or give --classifier transformer"
        )
    vectors = word_vectors_of(glove, here.settings.train) if glove else None
    titles = read_corpus(here, corpus, parse_columns(column))
    outcome = train_and_publish(
        here,
        here.settings,
        titles,
        promote=promote,
        why=f"rocktag train --promote{f': {why}' if why else ''}",
        resume=resume,
        vectors=vectors,
    )
    if json:
        print_json(as_object(outcome))
    else:
        print_training(outcome)
    end_if_refused(outcome.promotion)


def train_and_publish(
    here: Session,
    settings: Settings,
    corpus: Corpus,
    *,
    promote: bool,
    why: str,
    resume: bool = False,
    vectors: Vectors | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Outcome:
    """Train, publish below models/, and register in the database.

    Args:
        here: Its database is where the version is registered.
        settings: Those of the training.
        corpus: What to learn from.
        promote: Whether to make it champion also where there is one, if the gate lets
            it pass.
        why: What the history says then.
        resume: Whether to go on with what was broken off.
        vectors: Gives a network's vocabulary its vectors; None to learn them.
        facts: Further fields of the manifest.

    Raises:
        UsageError: Only what the worker needs is installed.
        TrainingError: The corpus cannot be learned from.
        ArtifactError: The models' folder cannot be written.
        StoreError: The database refuses.
    """
    check_installed()
    check_writable(settings.models_dir)
    _ = here.database  # before the work: it must not be lost for a bad URL
    trained = _train(
        corpus,
        settings,
        resume=resume,
        vectors=vectors,
        encoder=encoder_of(settings.train, settings),
        human=_people_of(here, settings),
    )
    if trained.unlearned:
        note(
            "no training headline has these topics, so they will hardly be given:"
            f" {', '.join(trained.unlearned)}"
        )
    drafted = replace(trained.draft, facts={**trained.draft.facts, **(facts or {})})
    published = publish(settings.models_dir, drafted, training_seconds=trained.seconds)
    for checkpoint in trained.checkpoints:
        checkpoint.remove()
    promotion = register(here, published, promote=promote, why=why, corpus=corpus)
    return Outcome(trained, published, promotion)


def _people_of(here: Session, settings: Settings) -> HumanLabels | None:
    """Return what the database's annotations say, if it is to be learned."""
    labels = settings.train.labels
    if not learns_from_people(labels):
        return None
    return annotated(here, rules_of(labels).labels)


def _train(
    corpus: Corpus,
    settings: Settings,
    *,
    resume: bool,
    vectors: Vectors | None,
    encoder: Encoder | None,
    human: HumanLabels | None,
) -> Trained:
    from rocktag import training

    with shown_progress() as show:
        return training.train(
            corpus,
            rules_of(settings.train.labels),
            settings,
            show,
            resume=resume,
            vectors=vectors,
            encoder=encoder,
            human=human,
        )
