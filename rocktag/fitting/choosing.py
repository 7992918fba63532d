"""Which module fits which classifier: the one place that tells kinds apart."""

from __future__ import annotations

from rocktag.errors import UsageError
from rocktag.fitting.fitted import Fitted, Progress, Task, Watch
from rocktag.fitting.rare_labels import answered, beside_rules, rule_labels
from rocktag.types import Probabilities


def fit(task: Task, progress: Progress) -> Fitted:
    """Fit the classifier of the task's settings; rare labels are left to the rules.

    Raises:
        TrainingError: The corpus cannot be learned from, or there is nothing to resume.
        UsageError: What the classifier needs is not installed, or it cannot
            resume or start from word vectors.
    """
    return beside_rules(_fit(task, progress), task)


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
    targets, served = task.targets[task.rows.validation], rule_labels(task)

    def as_served(probabilities: Probabilities) -> Probabilities:
        return answered(probabilities, targets, task.labels, served)

    def watch_served(epoch: int, probabilities: Probabilities) -> None:
        watch(epoch, as_served(probabilities))

    return as_served(_assess(task, progress, watch_served))


def _fit(task: Task, progress: Progress) -> Fitted:
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
            if task.resume and not task.is_part:
                raise UsageError(
                    f"{name} is fitted in one step, there is nothing to resume; train"
                    " without --resume"
                )
            return bag_of_words.fit(name, task, progress)


def _assess(task: Task, progress: Progress, watch: Watch) -> Probabilities:
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
