"""Which module fits which classifier: the one place that tells kinds apart."""

from __future__ import annotations

from rocktag.errors import UsageError
from rocktag.fitting.fitted import Fitted, Progress, Task, Watch
from rocktag.types import Probabilities


def fit(task: Task, progress: Progress) -> Fitted:
    """Fit the classifier of the task's settings.

    Raises:
        TrainingError: The corpus cannot be learned from, or there is nothing to resume.
        UsageError: What the classifier needs is not installed, or it cannot
            resume or start from word vectors.
    """
    match task.settings.classifier:
        case "cnn-bilstm":
            from rocktag.fitting import cnn_bilstm, neural

            return neural.fit(cnn_bilstm.network, task, progress)
        case "transformer":
            from rocktag.fitting import neural, transformer

            _refuse_word_vectors("transformer", task)
            return neural.fit(transformer.network, task, progress)
        case name:
            from rocktag.fitting import bag_of_words

            _refuse_word_vectors(name, task)
            if task.resume:
                raise UsageError(
                    f"{name} is fitted in one step, there is nothing to resume; train"
                    " without --resume"
                )
            return bag_of_words.fit(name, task, progress)


def assess(task: Task, progress: Progress, watch: Watch) -> Probabilities:
    """Fit as `fit` does, only to see what is said of the validation headlines (n, L).

    Args:
        task: What is to be learned.
        progress: Told of every stage, and of a network's metrics.
        watch: Called after each epoch of a network; what it raises ends the fitting.

    Raises:
        TrainingError: The corpus cannot be learned from.
        UsageError: What the classifier needs is not installed.
    """
    match task.settings.classifier:
        case "cnn-bilstm":
            from rocktag.fitting import cnn_bilstm, neural

            return neural.assess(cnn_bilstm.network, task, progress, watch)
        case "transformer":
            from rocktag.fitting import neural, transformer

            return neural.assess(transformer.network, task, progress, watch)
        case name:
            from rocktag.fitting import bag_of_words

            return bag_of_words.assess(name, task, progress)


def _refuse_word_vectors(name: str, task: Task) -> None:
    if task.vectors is not None:
        raise UsageError(
            f"{name} has no word vectors to start from; train cnn-bilstm, or without"
            " --glove"
        )
