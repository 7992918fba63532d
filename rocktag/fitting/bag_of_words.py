"""The classifiers on TF-IDF, fitted in one step and served by scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from rocktag.artifact import skops_file
from rocktag.classifiers import bag_of_words
from rocktag.fitting.fitted import Fitted, Progress, Task
from rocktag.text import view
from rocktag.types import BagOfWordsName, Probabilities


def fit(name: BagOfWordsName, task: Task, progress: Progress) -> Fitted:
    """Return the fitted pipeline of that classifier.

    Raises:
        TrainingError: The training headlines have no terms.
    """
    chosen = task.settings
    texts = view(task.titles, chosen.text_view)
    pipeline = _pipeline(name, task, texts, progress)
    progress("predict", 0, 1)
    return Fitted(
        files={"model.skops": skops_file.dump(pipeline)},
        probabilities=bag_of_words.predict_probabilities(pipeline, texts),
        packages=("scikit-learn", "skops"),
    )


def assess(name: BagOfWordsName, task: Task, progress: Progress) -> Probabilities:
    """Return what that classifier says of the validation headlines (n, L).

    Raises:
        TrainingError: The training headlines have no terms.
    """
    texts = view(task.titles, task.settings.text_view)
    pipeline = _pipeline(name, task, texts, progress)
    unseen = [texts[row] for row in task.rows.validation]
    return bag_of_words.predict_probabilities(pipeline, unseen)


def _pipeline(
    name: BagOfWordsName, task: Task, texts: Sequence[str], progress: Progress
) -> Any:
    """Return the fitted pipeline; texts are of all N titles."""
    chosen = task.settings
    pipeline = bag_of_words.build(
        name,
        text_view=chosen.text_view,
        seed=chosen.seed,
        settings=bag_of_words.Settings(**chosen.bag_of_words.model_dump()),
    )
    progress("fit", 0, task.targets.shape[1])
    bag_of_words.fit(
        pipeline,
        [texts[row] for row in task.rows.train],
        task.targets[task.rows.train],
        partial(progress, "fit"),
    )
    return pipeline
