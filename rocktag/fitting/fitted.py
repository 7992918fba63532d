"""The nouns of fitting: what is given to any kind of classifier, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from rocktag.classifiers.checkpoints import Checkpoint
from rocktag.config import TrainSettings
from rocktag.embeddings import WordVectors
from rocktag.encoders import Encoder
from rocktag.splits import Indices, Split
from rocktag.types import Probabilities, Targets

OnProgress: TypeAlias = Callable[[int, int], None]  # bytes read, bytes in all or 0
# Reads the vectors of a vocabulary, word to row, from the file they are given in.
Vectors: TypeAlias = Callable[[Mapping[str, int], OnProgress], WordVectors]


# The epoch's number, and the probabilities (n, L) of the validation headlines after it.
Watch: TypeAlias = Callable[[int, Probabilities], None]


class Progress(Protocol):
    """Whoever is told how far a training is."""

    def __call__(self, stage: str, done: int, steps: int, detail: str = "", /) -> None:
        """Take the stage, its steps done and in all, and the metrics so far."""


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """Headlines that people read, to be learned after those of the corpus.

    Attributes:
        titles: M; none stands in the corpus.
        targets: (M, L), what people say, or the rules where they do not say it.
        folds: The rows of each fold.
    """

    titles: Sequence[str]
    targets: Targets
    folds: Sequence[Indices]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be learned.

    Attributes:
        titles: N, as they stand in the feed.
        targets: (N, L).
        labels: The L labels.
        rows: The sides of the split.
        settings: Which classifier, and how.
        checkpoints: The folder where broken-off trainings are kept; None: they are not.
        resume: Whether to go on with the one that was broken off.
        is_part: Whether it is one of several that make one model: it goes on where
            there is something to go on with, and is worth nothing half-done.
        vectors: Gives the words of a vocabulary their first vectors; None for chance.
        encoder: The pre-trained encoder of a transformer.
        soft: (N, L), the targets as probabilities, of which only a classifier without
            epochs learns; None where they are all sure.
        read: What people read; a network is tuned to it at the end, other classifiers
            learn it with the rest.
    """

    titles: Sequence[str]
    targets: Targets
    labels: Sequence[str]
    rows: Split
    settings: TrainSettings
    checkpoints: Path | None
    resume: bool = False
    is_part: bool = False
    vectors: Vectors | None = None
    encoder: Encoder | None = None
    soft: Probabilities | None = None
    read: Read | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A model as it will be served.

    Attributes:
        files: The artifact's files that make the model.
        probabilities: (N, L), by the very model in `files`. Of a network with a test
            side NaN for what it learned from: asking takes long, and nobody wants it.
            Those of rule labels are by the rules.
        read_probabilities: (M, L), of what people read, each row by a model that did
            not learn what they say of its fold; None where the task has none.
        packages: Whose versions it depends on.
        history: One row an epoch, column to value; none where it is fitted in one step.
        facts: Fields of the manifest.
        remarks: Sentences for the model card.
        rule_labels: Those that the keyword rules serve, in the order of the labels.
        checkpoint: What would be resumed if publishing failed: to be removed after it.
            None where there is none, or where it is to stay.
    """

    files: Mapping[str, bytes]
    probabilities: Probabilities
    packages: tuple[str, ...]
    history: tuple[Mapping[str, float], ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    rule_labels: tuple[str, ...] = ()
    checkpoint: Checkpoint | None = None
    read_probabilities: Probabilities | None = None
