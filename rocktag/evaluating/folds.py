"""A training for a fold of what people read: by which settings, and on what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from rocktag.artifact import read
from rocktag.artifact.loading import Predictor
from rocktag.classifiers.checkpoints import CHECKPOINTS, Checkpoint
from rocktag.comparing import Gold
from rocktag.comparing.gold import as_readers_say
from rocktag.config import Settings
from rocktag.corpus import Corpus
from rocktag.encoders import Encoder
from rocktag.errors import UsageError
from rocktag.evaluating.mistakes import margins_of
from rocktag.evaluating.types import Margins
from rocktag.examining import opened
from rocktag.fitting import Progress, Vectors
from rocktag.labeling import Rules
from rocktag.objectives import Objective
from rocktag.retuning import train_settings
from rocktag.splits import Indices
from rocktag.thresholds import decide
from rocktag.training import learn
from rocktag.types import HumanLabels, Targets, Thresholds, learns_from_people
from rocktag.verdicts import reach


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """A model as it would be served, and the thresholds it would be served under.

    Attributes:
        labels: The L labels.
        predict: Titles to probabilities (n, L).
        thresholds: (L,).
        checkpoint: What the next training need not do again; to be removed at the end.
    """

    labels: tuple[str, ...]
    predict: Predictor
    thresholds: Thresholds
    checkpoint: Checkpoint | None = None

    def answers(self, titles: Sequence[str], gold: Gold) -> tuple[Targets, Margins]:
        """Return its labels of titles as readers would say them, and their margins."""
        probabilities = self.predict(titles)
        decided = decide(probabilities, self.thresholds, self.labels)
        return as_readers_say(decided, self.labels, gold.labels), margins_of(
            probabilities, self.thresholds, self.labels, gold.labels
        )


class Trainer(Protocol):
    """Whoever trains a model on a corpus and on what people say."""

    def __call__(
        self, corpus: Corpus, human: HumanLabels | None, progress: Progress, /
    ) -> Served:
        """Return the model; without human labels it learns from the rules' alone."""


# Rows of the headlines beside a fold, and the fold's number, to the rows to learn from.
Choice = Callable[[Indices, int], Indices]


def served(
    corpus: Corpus,
    rules: Rules,
    settings: Settings,
    progress: Progress,
    human: HumanLabels | None,
    *,
    vectors: Vectors | None = None,
    encoder: Encoder | None = None,
) -> Served:
    """Train a model, and tune its thresholds, as `rocktag train` does; publish nothing.

    Args:
        corpus: What to learn from.
        rules: What labels it.
        settings: Which classifier, and how; the thresholds' policy (`tag.threshold`).
        progress: Told of every stage.
        human: What people say of some headlines, to be learned too; None for the
            rules' labels alone.
        vectors: Gives a network's vocabulary its vectors; None to learn them.
        encoder: The pre-trained encoder of a transformer.

    Raises:
        TrainingError: The corpus cannot be learned from.
        UsageError: What the classifier needs is not installed.
    """
    if human is None:
        alone = {"labels": rules.name}
        train = settings.train.model_copy(update=alone)
        settings = settings.model_copy(update={"train": train})
    learned = learn(
        corpus,
        rules,
        settings,
        progress,
        vectors=vectors,
        encoder=encoder,
        human=human,
        checkpoints=settings.models_dir / CHECKPOINTS,
        resume=True,
        is_part=True,
    )
    if (checkpoint := learned.fitted.checkpoint) is not None:
        checkpoint.release()  # for the next fold, or after a failure the next time
    verdict = reach(
        learned.sides.held_out(),
        rules.labels,
        Objective(),
        settings.train.minimum_positives,
    )
    return Served(
        labels=rules.labels,
        predict=opened(learned.fitted, rules, settings),
        thresholds=verdict.thresholds.under(settings.tag.threshold),
        checkpoint=checkpoint,
    )


def choice_of(settings: Settings) -> Choice:
    """Return which headlines of other folds are learned from with human labels."""
    return everyone if learns_from_people(settings.train.labels) else nobody


def settings_of(settings: Settings, name: str, *, has_vectors: bool) -> Settings:
    """Return the settings with how a version was trained.

    Args:
        settings: Where versions are; what is no setting of the training stays.
        name: `<classifier>/<version>`.
        has_vectors: Whether a file of word vectors is given.

    Raises:
        ArtifactError: The version must not be used.
        UsageError: It started from a file of word vectors, and none is given.
    """
    contents = read(settings.models_dir, name)
    fitting = contents.manifest.fitting
    if fitting and fitting.given_vectors and not has_vectors:
        raise UsageError(
            f"{name} started from the word vectors of {fitting.given_vectors.origin};"
            " give that file with --glove"
        )
    return settings.model_copy(update={"train": train_settings(contents)})


def everyone(beside: Indices, _: int) -> Indices:
    """Choose all headlines beside a fold to learn from."""
    return beside


def nobody(beside: Indices, _: int) -> Indices:
    """Choose none of the headlines beside a fold: the rules' labels are all."""
    return beside[:0]
