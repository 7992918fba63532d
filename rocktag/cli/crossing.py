"""What trains anew for each fold of what people read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rocktag.classifiers.checkpoints import Checkpoint
from rocktag.cli.encoders import encoder_of
from rocktag.comparing import Gold
from rocktag.config import Settings
from rocktag.corpus import Corpus
from rocktag.labeling import rules_of
from rocktag.types import HumanLabels

if TYPE_CHECKING:
    from rocktag.evaluating import CrossValidation, Served
    from rocktag.fitting import Progress, Vectors


@contextmanager
def crossing_of(
    gold: Gold,
    corpus: Corpus,
    settings: Settings,
    folds: int,
    vectors: Vectors | None = None,
) -> Iterator[CrossValidation]:
    """Give the cross-validation of settings, whose encoder is fetched if need be.

    What trainings have in common, such as a network that learned from the rules, is
    kept until the end; after a failure it stays, for the next time.

    Args:
        gold: What people say.
        corpus: What the rules label to learn from.
        settings: Which classifier, and how.
        folds: How many.
        vectors: Gives a network's vocabulary its vectors; None to learn them.

    Raises:
        InputError: The encoder cannot be had.
    """
    from rocktag import evaluating

    rules = rules_of(settings.train.labels)
    encoder = encoder_of(settings.train, settings)
    kept: dict[Path, Checkpoint] = {}

    def train(left: Corpus, human: HumanLabels | None, progress: Progress, /) -> Served:
        served = evaluating.served(
            left, rules, settings, progress, human, vectors=vectors, encoder=encoder
        )
        if served.checkpoint is not None:
            kept[served.checkpoint.folder] = served.checkpoint
        return served

    yield evaluating.CrossValidation(
        gold=gold,
        corpus=corpus,
        rules=rules,
        train=train,
        folds=folds,
        seed=settings.train.seed,
    )
    for checkpoint in kept.values():
        checkpoint.remove()
