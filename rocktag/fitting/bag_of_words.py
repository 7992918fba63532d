"""The classifiers on TF-IDF, fitted in one step and served by scikit-learn."""

from __future__ import annotations

from functools import partial

from rocktag.artifact import skops_file
from rocktag.classifiers import bag_of_words
from rocktag.fitting.fitted import Fitted, Progress, Task
from rocktag.text import view
from rocktag.types import BagOfWordsName


def fit(name: BagOfWordsName, task: Task, progress: Progress) -> Fitted:
    """Return the fitted pipeline of that classifier.

    Raises:
        TrainingError: The training headlines have no terms.
    """
    chosen = task.settings
    pipeline = bag_of_words.build(
        name,
        text_view=chosen.text_view,
        seed=chosen.seed,
        settings=bag_of_words.Settings(**chosen.bag_of_words.model_dump()),
    )
    texts = view(task.titles, chosen.text_view)
    progress("fit", 0, task.targets.shape[1])
    bag_of_words.fit(
        pipeline,
        [texts[row] for row in task.rows.train],
        task.targets[task.rows.train],
        partial(progress, "fit"),
    )
    progress("predict", 0, 1)
    return Fitted(
        files={"model.skops": skops_file.dump(pipeline)},
        probabilities=bag_of_words.predict_probabilities(pipeline, texts),
        packages=("scikit-learn", "skops"),
    )
