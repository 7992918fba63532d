"""The classifiers on TF-IDF, fitted in one step and served by scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from rocktag.artifact import skops_file
from rocktag.classifiers import bag_of_words
from rocktag.fitting.fitted import Fitted, Progress, Read, Task
from rocktag.splits import Indices, beside
from rocktag.text import view
from rocktag.types import BagOfWordsName, Probabilities


def fit(name: BagOfWordsName, task: Task, progress: Progress) -> Fitted:
    """Return the fitted pipeline of that classifier.

    Raises:
        TrainingError: The training headlines have no terms.
    """
    texts = view(task.titles, task.settings.text_view)
    pipeline = _pipeline(name, task, texts, progress)
    progress("predict", 0, 1)
    return Fitted(
        files={"model.skops": skops_file.dump(pipeline)},
        probabilities=bag_of_words.predict_probabilities(pipeline, texts),
        packages=("scikit-learn", "skops"),
        read_probabilities=None
        if task.read is None
        else _out_of_fold(name, task, task.read, texts, pipeline, progress),
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


def _out_of_fold(
    name: BagOfWordsName,
    task: Task,
    read: Read,
    texts: Sequence[str],
    pipeline: Any,
    progress: Progress,
) -> Probabilities:
    """Return what pipelines say of what people read (M, L), none of its own fold.

    Where none learns from people, the one pipeline of all has seen no fold.
    """
    asked = view(read.titles, task.settings.text_view)
    if not task.settings.human.weight:
        return bag_of_words.predict_probabilities(pipeline, asked)
    said = np.zeros(read.targets.shape, dtype=np.float32)
    for rows in read.folds:
        of_others = _pipeline(name, task, texts, progress, beside(rows, len(said)))
        of_fold = [asked[row] for row in rows.tolist()]
        said[rows] = bag_of_words.predict_probabilities(of_others, of_fold)
    return said


def _pipeline(
    name: BagOfWordsName,
    task: Task,
    texts: Sequence[str],
    progress: Progress,
    read_rows: Indices | None = None,
) -> Any:
    """Return the fitted pipeline.

    Args:
        name: Of the classifier.
        task: What is to be learned.
        texts: Of all N titles.
        progress: Told how many labels are fitted.
        read_rows: Of what people read, those to learn; None for all.
    """
    chosen, read = task.settings, task.read
    pipeline = bag_of_words.build(
        name,
        text_view=chosen.text_view,
        seed=chosen.seed,
        settings=bag_of_words.Settings(**chosen.bag_of_words.model_dump()),
    )
    progress("fit", 0, task.targets.shape[1])
    learned = [texts[row] for row in task.rows.train]
    targets, weights = task.targets[task.rows.train], _weights(task)
    if read is not None and chosen.human.weight:
        rows = np.arange(len(read.titles)) if read_rows is None else read_rows
        learned += view([read.titles[row] for row in rows], chosen.text_view)
        targets = np.vstack([targets, read.targets[rows]])
        of_people = np.full(read.targets[rows].shape, chosen.human.weight, np.float32)
        if weights is None:
            weights = np.ones((len(task.rows.train), targets.shape[1]), np.float32)
        weights = np.vstack([weights, of_people])
    bag_of_words.fit(
        pipeline, learned, targets, partial(progress, "fit"), weights=weights
    )
    return pipeline


def _weights(task: Task) -> npt.NDArray[np.float32] | None:
    """Return how much each decision (n, L) of the training headlines counts.

    One that is as likely as its opposite counts nothing, one that is sure 1: the
    difference of what it and its opposite would cost.
    """
    if task.soft is None:
        return None
    return np.abs(2 * task.soft[task.rows.train] - 1)
