"""Training: a corpus to a draft of an artifact, scored and ready to be published.

The test side of the split is predicted once, at the end; thresholds know validation
only. Every score is of `decide`, so it is of what the worker will serve.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from rocktag.artifact import Draft
from rocktag.classifiers import bag_of_words
from rocktag.config import Settings, TrainSettings
from rocktag.corpus import Corpus
from rocktag.drafting import POLICIES, Sides, draft
from rocktag.labeling import Rules
from rocktag.metrics import Scores
from rocktag.splits import Split, split
from rocktag.text import clean, view
from rocktag.thresholds import TunedThresholds, tune
from rocktag.types import Probabilities, Targets

Progress = Callable[[str, int, int], None]  # stage, steps done, steps in all


@dataclass(frozen=True, slots=True)
class Trained:
    """What training gives.

    Attributes:
        draft: The artifact, ready to be published.
        scores: Threshold policy to the scores of the test side.
        thresholds: Tuned on validation.
        seconds: From the first split to the draft.
    """

    draft: Draft
    scores: dict[str, Scores]
    thresholds: TunedThresholds
    seconds: float


def train(
    corpus: Corpus, rules: Rules, settings: Settings, progress: Progress
) -> Trained:
    """Train the classifier of `settings.train` on the rules' labels of a corpus.

    Raises:
        TrainingError: The corpus is too small, or has nothing to learn from.
    """
    begun = time.monotonic()
    chosen = settings.train
    progress("labels", 0, 1)
    targets = rules.label_matrix(corpus.titles)
    progress("split", 0, 1)
    rows = split(
        [clean(title) for title in corpus.titles],
        targets,
        validation_fraction=chosen.validation_fraction,
        test_fraction=chosen.test_fraction,
        seed=chosen.seed,
    )
    pipeline, probabilities = _fit(corpus.titles, targets, rows, chosen, progress)
    progress("thresholds", 0, 1)
    sides = Sides(corpus, targets, rows, probabilities)
    thresholds = tune(
        *sides.of(rows.validation),
        rules.labels,
        minimum_positives=chosen.minimum_positives,
    )
    progress("test", 0, 1)
    scores = {
        policy: sides.score(rows.test, rules.labels, thresholds, policy)
        for policy in POLICIES
    }
    progress("report", 0, 1)
    drafted = draft(pipeline, sides, rules, settings, thresholds, scores)
    seconds = time.monotonic() - begun
    return Trained(drafted, scores, thresholds, seconds)


def _fit(
    titles: Sequence[str],
    targets: Targets,
    rows: Split,
    chosen: TrainSettings,
    progress: Progress,
) -> tuple[Any, Probabilities]:
    """Return the fitted pipeline and its probabilities (N, L) of every title."""
    pipeline = bag_of_words.build(
        chosen.classifier,
        text_view=chosen.text_view,
        seed=chosen.seed,
        settings=bag_of_words.Settings(**chosen.bag_of_words.model_dump()),
    )
    texts = view(titles, chosen.text_view)
    progress("fit", 0, targets.shape[1])
    bag_of_words.fit(
        pipeline,
        [texts[row] for row in rows.train],
        targets[rows.train],
        partial(progress, "fit"),
    )
    progress("predict", 0, 1)
    return pipeline, bag_of_words.predict_probabilities(pipeline, texts)
