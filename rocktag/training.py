"""Training: a corpus to a draft of an artifact, scored and ready to be published.

The test side of the split is predicted once, at the end; thresholds know validation
only. After cross-validation, each fold takes the part of the test side in turn. Every
score is of `decide`, so it is of what the worker will serve.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rocktag.artifact import Draft
from rocktag.classifiers.checkpoints import CHECKPOINTS, Checkpoint
from rocktag.comparing import configured_gold
from rocktag.config import Settings, TrainSettings
from rocktag.corpus import Corpus, without
from rocktag.cross_validation import Fold, cross_validate, final
from rocktag.drafting import Sides, draft
from rocktag.encoders import Encoder
from rocktag.errors import TrainingError, UsageError
from rocktag.examining import findings_of, opened, yardsticks_of
from rocktag.fitting import Fitted, Progress, Task, Vectors, fit
from rocktag.labeling import Rules
from rocktag.metrics import Scores
from rocktag.objectives import Objective
from rocktag.people import learn_from_people
from rocktag.splits import Split, fold, split
from rocktag.text import counted, split_key
from rocktag.thresholds import TunedThresholds
from rocktag.types import NO_TOPIC, HumanLabels, Targets, learns_from_people
from rocktag.verdicts import reach


@dataclass(frozen=True, slots=True)
class Trained:
    """What training gives.

    Attributes:
        draft: The artifact, ready to be published.
        scores: Threshold policy to the scores of the test side, or of all folds.
        thresholds: Tuned on validation, or on what was said out of fold.
        seconds: From the labels to the thresholds, without scoring and drafting.
        fold_seconds: Those of each fold, also of one taken up from an earlier training.
        checkpoints: To be removed when the draft is published.
        unlearned: Topics that no training headline has: it will hardly give them.
    """

    draft: Draft
    scores: dict[str, Scores]
    thresholds: TunedThresholds
    seconds: float
    fold_seconds: tuple[float, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    unlearned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Learned:
    """A fitted model and what it was fitted on.

    Attributes:
        fitted: The model.
        sides: Its corpus, and what it says of it.
        folds: What came of each, after cross-validation.
    """

    fitted: Fitted
    sides: Sides
    folds: tuple[Fold, ...] = ()

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """Return what a resumed training would take up, of model and folds."""
        of_folds = (fold.checkpoint for fold in self.folds)
        found = (self.fitted.checkpoint, *of_folds)
        return tuple(checkpoint for checkpoint in found if checkpoint is not None)


def labelled(
    corpus: Corpus, rules: Rules, chosen: TrainSettings, progress: Progress
) -> tuple[Targets, Split]:
    """Return the rules' labels (N, L) of a corpus, and the sides it is split into.

    Raises:
        TrainingError: The corpus is too small, or the rules find no topic in it.
    """
    simply = chosen.model_copy(update={"folds": 1})
    targets, (rows,) = _divided(corpus, rules, simply, progress)
    return targets, rows


def train(
    corpus: Corpus,
    rules: Rules,
    settings: Settings,
    progress: Progress,
    *,
    resume: bool = False,
    is_part: bool = False,
    vectors: Vectors | None = None,
    encoder: Encoder | None = None,
    human: HumanLabels | None = None,
) -> Trained:
    """Train the classifier of `settings.train` on the rules' labels of a corpus.

    Args:
        corpus: What to learn from.
        rules: What labels it.
        settings: Which classifier, and how; where broken-off trainings are kept.
        progress: Told of every stage, and of a network's metrics.
        resume: Whether to go on with the training that was broken off.
        is_part: Whether it is one of several: it resumes where there is something to
            resume, and is worth nothing half-done.
        vectors: Gives a network's vocabulary its vectors; None to learn them.
        encoder: The pre-trained encoder of a transformer.
        human: What people say of headlines; looked at only where `train.labels` is to
            learn from people.

    Raises:
        TrainingError: The corpus is too small, or has nothing to learn from; or there
            is nothing to resume; or people have read too little.
        InputError: The file of human labels is configured and cannot be used.
        UsageError: What the classifier needs is not installed, or it cannot resume.
    """
    begun = time.monotonic()
    gold = configured_gold(settings, rules.labels)
    learned = learn(
        corpus,
        rules,
        settings,
        progress,
        checkpoints=settings.models_dir / CHECKPOINTS,
        resume=resume,
        is_part=is_part,
        vectors=vectors,
        encoder=encoder,
        human=human,
    )
    progress("thresholds", 0, 1)
    verdict = reach(
        learned.sides.held_out(),
        rules.labels,
        Objective(),
        settings.train.minimum_positives,
    )
    seconds = time.monotonic() - begun
    progress("yardsticks", 0, 1)
    predict = opened(learned.fitted, rules, settings)
    measured = yardsticks_of(predict, learned.sides, rules, settings, verdict, gold)
    progress("report", 0, 1)
    drafted = draft(
        learned.fitted,
        learned.sides,
        rules,
        settings,
        verdict,
        learned.folds,
        findings=findings_of(predict, learned.sides, rules),
        yardsticks=measured,
    )
    return Trained(
        draft=drafted,
        scores=verdict.test,
        thresholds=verdict.thresholds,
        seconds=seconds,
        fold_seconds=tuple(one.seconds for one in learned.folds),
        unlearned=_unlearned(learned, rules),
        checkpoints=learned.checkpoints(),
    )


def learn(
    corpus: Corpus,
    rules: Rules,
    settings: Settings,
    progress: Progress,
    *,
    checkpoints: Path | None = None,
    resume: bool = False,
    is_part: bool = False,
    vectors: Vectors | None = None,
    encoder: Encoder | None = None,
    human: HumanLabels | None = None,
) -> Learned:
    """Label, split and fit, as `train` does, but tune and draft nothing.

    Without a folder for checkpoints none is kept.

    Raises:
        TrainingError: As `train`.
        UsageError: As `train`.
    """
    read = _people_of(settings.train, human)
    if read is not None:
        corpus = without(corpus, read.titles)
    targets, sides = _divided(corpus, rules, settings.train, progress)
    task = Task(
        titles=corpus.titles,
        targets=targets,
        labels=rules.labels,
        rows=sides[0],
        settings=settings.train,
        checkpoints=checkpoints,
        resume=resume,
        is_part=is_part,
        vectors=vectors,
        encoder=encoder,
    )
    if len(sides) > 1:
        return _cross_learned(corpus, task, sides, progress)
    if read is not None:
        return _taught(corpus, task, rules, read, progress)
    fitted = fit(task, progress)
    return Learned(fitted, Sides(corpus, targets, task.rows, fitted.probabilities))


def _people_of(chosen: TrainSettings, human: HumanLabels | None) -> HumanLabels | None:
    """Return what people say, if it is to be learned."""
    if not learns_from_people(chosen.labels):
        return None
    if chosen.folds > 1:
        raise UsageError(
            "--labels topics+human crosses the headlines that people read"
            " (train.human.folds), not the corpus; leave --folds out"
        )
    if human is None:
        raise TrainingError(
            "--labels topics+human learns from what people say, and nobody has said"
            " anything; run: rocktag annotate, or give --labels topics"
        )
    return human


def _taught(
    corpus: Corpus, task: Task, rules: Rules, human: HumanLabels, progress: Progress
) -> Learned:
    """Fit a model to the rules' labels and to people's."""
    taught = learn_from_people(task, rules, human, progress)
    sides = Sides(
        corpus,
        task.targets,
        task.rows,
        taught.fitted.probabilities,
        human=human,
        taught=taught,
    )
    return Learned(taught.fitted, sides)


def _divided(
    corpus: Corpus, rules: Rules, chosen: TrainSettings, progress: Progress
) -> tuple[Targets, list[Split]]:
    """Return the labels (N, L), and the sides of each fold, or of the one split."""
    progress("labels", 0, 1)
    targets = rules.label_matrix(corpus.titles)
    _refuse_no_topic(corpus, targets, rules)
    progress("split", 0, 1)
    keys = [split_key(title) for title in corpus.titles]
    fraction, seed = chosen.validation_fraction, chosen.seed
    if chosen.folds > 1:
        return targets, fold(
            keys, targets, folds=chosen.folds, validation_fraction=fraction, seed=seed
        )
    rows = split(
        keys,
        targets,
        validation_fraction=fraction,
        test_fraction=chosen.test_fraction,
        seed=seed,
    )
    return targets, [rows]


def _cross_learned(
    corpus: Corpus, task: Task, folds: Sequence[Split], progress: Progress
) -> Learned:
    """Fit a model for each fold, then one to every headline."""
    crossed, done = cross_validate(task, folds, progress)
    whole = final(task, folds, done)
    fitted = fit(whole, progress)
    sides = Sides(corpus, task.targets, whole.rows, fitted.probabilities, crossed)
    return Learned(fitted, sides, tuple(done))


def _refuse_no_topic(corpus: Corpus, targets: Targets, rules: Rules) -> None:
    topics = [column for column, label in enumerate(rules.labels) if label != NO_TOPIC]
    if not targets[:, topics].any():
        raise TrainingError(
            "the rules find no topic in any of the"
            f" {counted(len(corpus.titles), 'headline')} of"
            f" {corpus.origin}, there is nothing to learn; give English headlines of"
            " the rock press, and see: rocktag rules report"
        )


def _unlearned(learned: Learned, rules: Rules) -> tuple[str, ...]:
    """Return the topics without a training headline that the rules do not serve."""
    positives = learned.sides.targets[learned.sides.rows.train].sum(axis=0)
    served_otherwise = {NO_TOPIC, *learned.fitted.rule_labels}
    return tuple(
        label
        for label, count in zip(rules.labels, positives, strict=True)
        if not count and label not in served_otherwise
    )
