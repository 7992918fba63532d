"""rocktag train: from headlines to a published model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rocktag.artifact import Manifest, Published, publish
from rocktag.cli.console import output, print_json, print_table
from rocktag.cli.corpora import CorpusFile, read_corpus
from rocktag.cli.installed import check_installed
from rocktag.cli.options import Columns, Json, parse_columns
from rocktag.cli.registering import register
from rocktag.cli.session import Session, session
from rocktag.cli.training_progress import shown_progress
from rocktag.cli.word_vectors import GloveFile, word_vectors_of
from rocktag.config import Settings
from rocktag.corpus import Corpus
from rocktag.labeling import keyword_rules
from rocktag.text import TextView
from rocktag.types import NO_TOPIC, ClassifierName

if TYPE_CHECKING:
    from rocktag.fitting import Vectors
    from rocktag.training import Trained

_POLICY_SCORES = (
    "micro_f1",
    "micro_precision",
    "micro_recall",
    "macro_f1",
    "weighted_f1",
    "samples_f1",
    "subset_accuracy",
    "hamming_loss",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A model that was trained and published just now."""

    trained: Trained
    published: Published
    is_champion: bool

    @property
    def manifest(self) -> Manifest:
        """What the artifact says of itself."""
        return self.published.manifest


def train(
    context: typer.Context,
    classifier: Annotated[
        ClassifierName | None, typer.Option(help="By default train.classifier.")
    ] = None,
    corpus: CorpusFile = None,
    text_view: Annotated[
        TextView | None,
        typer.Option(help="Titles as they stand, or stemmed as in the study."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same gives the same model.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="Named settings, such as the study's: study.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with what was broken off.")
    ] = False,
    glove: GloveFile = None,
    promote: Annotated[
        bool, typer.Option("--promote", help="Make it champion; the first one is.")
    ] = False,
    column: Columns = None,
    json: Json = False,
) -> None:
    """Train a classifier on the rules' labels, and publish it."""
    options = {
        "classifier": classifier,
        "text_view": text_view,
        "seed": seed,
        "preset": preset,
    }
    here = session(context).with_options("train", options)
    titles = read_corpus(here, corpus, parse_columns(column))
    outcome = train_and_publish(
        here, here.settings, titles, promote=promote, resume=resume, glove=glove
    )
    if json:
        print_json(_as_object(outcome))
    else:
        print_training(outcome)


def train_and_publish(
    here: Session,
    settings: Settings,
    corpus: Corpus,
    *,
    promote: bool,
    resume: bool = False,
    glove: Path | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Outcome:
    """Train, publish below models/, and register in the database.

    Args:
        here: Its database is where the version is registered.
        settings: Those of the training.
        corpus: What to learn from.
        promote: Whether to make it champion also where there is one.
        resume: Whether to go on with what was broken off.
        glove: A file of word vectors to start from.
        facts: Further fields of the manifest.

    Raises:
        UsageError: Only what the worker needs is installed.
        TrainingError: The corpus cannot be learned from.
        ArtifactError: The models' folder cannot be written.
        StoreError: The database refuses.
    """
    check_installed()
    database = here.database  # before the work: it must not be lost for a bad URL
    vectors = word_vectors_of(glove, settings.train) if glove else None
    trained = _train(corpus, settings, resume=resume, vectors=vectors)
    drafted = replace(trained.draft, facts={**trained.draft.facts, **(facts or {})})
    published = publish(settings.models_dir, drafted, training_seconds=trained.seconds)
    is_champion = register(
        database, published, promote=promote, command="rocktag train"
    )
    return Outcome(trained, published, is_champion)


def print_training(outcome: Outcome) -> None:
    """Print what came of a training, for people."""
    trained, manifest = outcome.trained, outcome.manifest
    rows = trained.scores["micro"].per_label
    print_table(
        "Test headlines per label, thresholds `micro`",
        ["label", "precision", "recall", "F1", "support"],
        ([row.label, row.precision, row.recall, row.f1, row.support] for row in rows),
    )
    print_table(
        f"{manifest.corpus.test:,} untouched test headlines, against the rules",
        ["score", *trained.scores],
        (
            [name, *(found.averages()[name] for found in trained.scores.values())]
            for name in _POLICY_SCORES
        ),
    )
    given = manifest.fitting.given_vectors if manifest.fitting else None
    if given is not None:
        output.print(
            f"word vectors: {given.dimension} numbers each from {given.origin}, which"
            f" has {given.vocabulary_coverage:.1%} of the vocabulary and"
            f" {given.token_coverage:.1%} of the training headlines' words"
        )
    thresholds = trained.thresholds
    topics = [label for label in manifest.labels if label != NO_TOPIC]
    own = len(topics) - len(thresholds.fallback)
    output.print(
        f"thresholds: micro {thresholds.micro:.2f}, macro {thresholds.macro:.2f},"
        f" per-label: {own} of {len(topics)} topics have their own"
    )
    if manifest.rule_labels:
        output.print(
            f"by the keyword rules, not the model: {', '.join(manifest.rule_labels)}"
        )
    if manifest.fitting and manifest.fitting.interrupted_in_epoch:
        output.print(
            f"interrupted in epoch {manifest.fitting.interrupted_in_epoch}; the weights"
            f" are those of epoch {manifest.fitting.best_epoch}; the same command with"
            " --resume goes on"
        )
    champion = "; it is the champion" if outcome.is_champion else ""
    output.print(
        f"published {manifest.name} in {outcome.published.folder} after"
        f" {trained.seconds:.1f} s{champion}"
    )


def _train(
    corpus: Corpus, settings: Settings, *, resume: bool, vectors: Vectors | None
) -> Trained:
    from rocktag import training

    with shown_progress() as show:
        return training.train(
            corpus, keyword_rules(), settings, show, resume=resume, vectors=vectors
        )


def _as_object(outcome: Outcome) -> dict[str, Any]:
    manifest, trained = outcome.manifest, outcome.trained
    by_policy = {name: found.as_dict() for name, found in trained.scores.items()}
    return {
        "version": manifest.name,
        "path": str(outcome.published.folder),
        "classifier": manifest.classifier,
        "text_view": manifest.text_view,
        "champion": outcome.is_champion,
        "headlines": manifest.corpus.headlines,
        "test": by_policy["micro"],
        "test_by_policy": by_policy,
        "thresholds": {
            "micro": trained.thresholds.micro,
            "macro": trained.thresholds.macro,
            "per_label": dict(
                zip(manifest.labels, trained.thresholds.per_label, strict=True)
            ),
        },
        "fitting": manifest.fitting.model_dump() if manifest.fitting else None,
        "rule_labels": list(manifest.rule_labels),
        "seconds": round(trained.seconds, 3),
    }
