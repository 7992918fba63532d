"""Labels with too few positives to be learned: the rules serve them instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rocktag.config import TrainSettings
from rocktag.fitting.fitted import Fitted, Task
from rocktag.text import counted
from rocktag.types import (
    NO_TOPIC,
    Probabilities,
    Targets,
    rules_in_words,
    scheme_of,
)


def rule_labels(task: Task) -> tuple[str, ...]:
    """Return the labels with fewer positives in training than `train.rules_below`.

    `n/a` is never among them: it is derived from the topics. The models of a
    cross-validation leave to the rules what the one that is served does, which learns
    from every headline: else a label would be scored by the rules and served by it.
    """
    learned = task.targets if task.is_part else task.targets[task.rows.train]
    positives = learned.sum(axis=0)
    return tuple(
        label
        for label, count in zip(task.labels, positives.tolist(), strict=True)
        if count < task.settings.rules_below and label != NO_TOPIC
    )


def beside_rules(fitted: Fitted, task: Task) -> Fitted:
    """Return the fitted model as it is served, with its rare labels by the rules."""
    served = rule_labels(task)
    if not served:
        return fitted
    said = answered(fitted.probabilities, task.targets, task.labels, served)
    return replace(
        fitted,
        probabilities=said,
        rule_labels=served,
        remarks=(*fitted.remarks, _remark(served, task.settings)),
    )


def answered(
    probabilities: Probabilities,
    targets: Targets,
    labels: Sequence[str],
    served: Sequence[str],
) -> Probabilities:
    """Return the probabilities (N, L), with the rules' 1 or 0 for the labels served.

    >>> import numpy as np
    >>> said, by_rules = np.float32([[0.9, 0.2]]), np.int8([[0, 1]])
    >>> answered(said, by_rules, ["tour", "rehab"], ["rehab"]).tolist()
    [[0.8999999761581421, 1.0]]

    Args:
        probabilities: (N, L), by the model.
        targets: (N, L), by the rules.
        labels: The L labels.
        served: Those of them whose columns are replaced.
    """
    by_rules = [label in served for label in labels]
    found = probabilities.copy()
    found[:, by_rules] = targets[:, by_rules]
    return found


def _remark(served: Sequence[str], settings: TrainSettings) -> str:
    """Return what the model card says of them.

    >>> _remark(["art", "rehab"], TrainSettings()).partition(";")[0]
    'Served by the keyword rules and not by the model: art, rehab'
    """
    rules = rules_in_words(scheme_of(settings.labels))
    return (
        f"Served by the {rules} and not by the model:"
        f" {', '.join(served)}; each has fewer than"
        f" {counted(settings.rules_below, 'positive')} among the training"
        " headlines. Their scores below compare the rules with themselves, and raise"
        " the macro average."
    )
