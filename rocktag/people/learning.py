"""A model that learned from rules and people, and what it says of what people read."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from rocktag.artifact import stacker_file
from rocktag.classifiers.stacker import Stacker
from rocktag.errors import TrainingError
from rocktag.fitting import Fitted, Progress, Task, answered, fit
from rocktag.labeling import Rules
from rocktag.people.lessons import some, with_lessons
from rocktag.people.stacking import fit_stacker
from rocktag.splits import beside, parts
from rocktag.text import counted, split_key
from rocktag.types import NO_TOPIC, HumanLabels, Probabilities, Targets


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """What came of learning from rules and people.

    Attributes:
        fitted: The model as it is served, with its stacker; its probabilities are of
            the task's N headlines.
        targets: (M, L), what people say; 0 where they do not say it, or differ.
        probabilities: (M, L), said out of fold; 0 where people do not say it.
        by_rules: (M, L), what the rules say; 0 likewise.
        folds: (M,), from 0.
    """

    fitted: Fitted
    targets: Targets
    probabilities: Probabilities
    by_rules: Targets
    folds: npt.NDArray[np.int8]


def learn_from_people(
    task: Task, rules: Rules, human: HumanLabels, progress: Progress
) -> Taught:
    """Fit a model and its stacker; no headline that people read is in the corpus.

    The model learns from people, too, and so there is one more for each fold of their
    headlines, which is asked of that fold: a stacker that learned from what a model
    says of headlines it knows would trust it too far.

    Args:
        task: Of the corpus, with the rules' labels.
        rules: What gave them.
        human: What people say of M other headlines.
        progress: Told of every stage.

    Raises:
        TrainingError: People have read too few headlines, or the corpus cannot be
            learned from.
        UsageError: What the classifier needs is not installed.
    """
    _refuse_few(human, task)
    by_rules = rules.label_matrix(human.titles)
    folds = parts(
        [split_key(title) for title in human.titles],
        human.targets,
        folds=task.settings.human.folds,
        seed=task.settings.seed,
    )
    fitted = fit(with_lessons(task, rules, human, by_rules, folds), progress)
    said = fitted.read_probabilities
    assert said is not None  # noqa: S101 - the task has what people read
    progress("stack", 0, 1)
    out_of_fold = np.zeros_like(said)
    fold_of = np.zeros(len(said), dtype=np.int8)
    for number, rows in enumerate(folds):
        rest = beside(rows, len(said))
        stacker = _stacker(task, said[rest], by_rules[rest], some(human, rest))
        out_of_fold[rows] = stacker(said[rows], by_rules[rows])
        fold_of[rows] = number
    served = answered(out_of_fold, by_rules, task.labels, fitted.rule_labels)
    kept = human.known[:, task.labels.index(NO_TOPIC)]
    return Taught(
        fitted=_stacked(fitted, _stacker(task, said, by_rules, human), task, human),
        targets=(human.targets * human.known)[kept],
        probabilities=(served * human.known)[kept],
        by_rules=(by_rules * human.known)[kept],
        folds=fold_of[kept],
    )


def _stacker(
    task: Task, said: Probabilities, by_rules: Targets, human: HumanLabels
) -> Stacker:
    strength = task.settings.human.strength
    return fit_stacker(said, by_rules, human, tuple(task.labels), strength)


def _stacked(
    fitted: Fitted, stacker: Stacker, task: Task, human: HumanLabels
) -> Fitted:
    """Return the model with its stacker, and what both say of the task's headlines."""
    of_corpus = stacker(fitted.probabilities[: len(task.titles)], task.targets)
    chosen = task.settings.human
    return replace(
        fitted,
        files={**fitted.files, stacker_file.NAME: stacker_file.dump(stacker)},
        probabilities=answered(
            of_corpus, task.targets, task.labels, fitted.rule_labels
        ),
        facts={
            **fitted.facts,
            "human": {
                "headlines": len(human.titles),
                "decisions": int(human.known.sum()),
                "folds": chosen.folds,
                "hidden_share": chosen.hidden_share,
                "strength": chosen.strength,
            },
        },
    )


def _refuse_few(human: HumanLabels, task: Task) -> None:
    asked = task.settings.human.minimum_headlines
    if len(human.titles) < asked:
        raise TrainingError(
            f"people have read {counted(len(human.titles), 'headline')}, topics+human"
            f" needs {asked:,} (train.human.minimum_headlines); read more with: rocktag"
            " annotate, or give --labels topics"
        )
