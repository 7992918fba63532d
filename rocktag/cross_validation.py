"""Cross-validation: a fresh model for each fold, which is asked of that fold only.

What each fold's model said is kept until the end, so that a training that was killed
goes on at the fold it was in.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rocktag.artifact.predictions import OutOfFold
from rocktag.classifiers.checkpoints import Checkpoint
from rocktag.errors import TrainingError
from rocktag.fitting import Fitted, Progress, Task, fit
from rocktag.fitting.fingerprint import fingerprint
from rocktag.splits import Split
from rocktag.types import Probabilities

_FACTS = ("history", "best_epoch", "number_format", "seconds")


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """What came of one fold.

    Attributes:
        probabilities: Of its test side (n, L), by its served model.
        history: One row an epoch; none where it is fitted in one step.
        best_epoch: The one whose weights it had, if it has epochs.
        number_format: The one it was served in, if it is a network.
        seconds: That it took.
        checkpoint: Where all of this is kept; to be removed at the end.
    """

    probabilities: Probabilities
    history: tuple[Mapping[str, float], ...]
    best_epoch: int | None
    number_format: str | None
    seconds: float
    checkpoint: Checkpoint | None = None


def cross_validate(
    task: Task, folds: Sequence[Split], progress: Progress
) -> tuple[OutOfFold, list[Fold]]:
    """Fit each fold's model, and return what each said of its fold.

    Args:
        task: What is to be learned; its `rows` are not looked at.
        folds: The sides of each fold.
        progress: Told of every stage of every fold.

    Raises:
        TrainingError: A fold cannot be learned from, or there is nothing to resume.
        KeyboardInterrupt: What was done is kept for `--resume`.
    """
    _check_resumable(task, folds)
    done = [
        _fold(
            replace(task, rows=rows, is_part=True),
            prefixed(progress, f"fold {number} of {len(folds)}"),
        )
        for number, rows in enumerate(folds, start=1)
    ]
    shape = task.targets.shape
    probabilities = np.zeros(shape, dtype=np.float32)
    fold_of = np.zeros(shape[0], dtype=np.int8)
    for number, (rows, fold) in enumerate(zip(folds, done, strict=True)):
        probabilities[rows.test] = fold.probabilities
        fold_of[rows.test] = number
    return OutOfFold(task.targets, probabilities, fold_of), done


def prefixed(progress: Progress, where: str) -> Progress:
    """Return who tells each stage with where it is, such as a fold."""

    def tell(stage: str, done: int, steps: int, detail: str = "", /) -> None:
        progress(f"{where}: {stage}", done, steps, detail)

    return tell


def final(task: Task, folds: Sequence[Split], done: Sequence[Fold]) -> Task:
    """Return the task of the one model that learns from every headline.

    No headline is left to stop it early, so a network learns for as many epochs as the
    folds' best ones had, in the median. Its validation side is among what it learns
    from: that side says in which number format it may be served, and which epoch's
    weights it keeps, nearly always the last one's.
    """
    best = [fold.best_epoch for fold in done]
    epochs = [epoch for epoch in best if epoch is not None]
    every_row = np.arange(len(task.titles), dtype=np.int64)
    rows = Split(every_row, folds[0].validation, every_row[:0])
    settings = task.settings
    if epochs:
        settings = settings.with_epochs(round(float(np.median(epochs))))
    return replace(task, rows=rows, settings=settings, is_part=True)


def _fold(task: Task, progress: Progress) -> Fold:
    """Return what a fold comes to, or came to before the training was broken off."""
    kept = _kept(task)
    if task.resume and kept is not None and (found := kept.load()) is not None:
        arrays, facts = found
        return Fold(arrays["probabilities"], **facts, checkpoint=kept)
    begun = time.monotonic()
    fitted = fit(_keeping_below(task, kept), progress)
    fold = _summary(fitted, task, begun)
    if kept is not None:
        facts = {name: getattr(fold, name) for name in _FACTS}
        kept.save_if_possible({"probabilities": fold.probabilities}, facts)
    if fitted.checkpoint is not None:
        fitted.checkpoint.remove()
    return replace(fold, checkpoint=kept)


def _check_resumable(task: Task, folds: Sequence[Split]) -> None:
    if not task.resume or task.is_part:
        return
    kept = [_kept(replace(task, rows=rows, is_part=True)) for rows in folds]
    if not any(one is not None and one.is_begun for one in kept):
        raise TrainingError(
            "no training of this corpus with these settings and folds was broken off;"
            " train without --resume"
        )


def _kept(task: Task) -> Checkpoint | None:
    """Return where a fold's outcome is kept, if anything is."""
    folder = task.checkpoints
    if folder is None:
        return None
    start = b"word vectors" if task.vectors is not None else b""
    return Checkpoint(folder / f"fold-{fingerprint(task, start)}")


def _keeping_below(task: Task, kept: Checkpoint | None) -> Task:
    """Return a fold's task whose epochs are kept in the fold's own folder."""
    return replace(task, checkpoints=kept.folder) if kept is not None else task


def _summary(fitted: Fitted, task: Task, begun: float) -> Fold:
    return Fold(
        probabilities=fitted.probabilities[task.rows.test],
        history=fitted.history,
        best_epoch=fitted.facts.get("fitting", {}).get("best_epoch"),
        number_format=fitted.facts.get("conversion", {}).get("number_format"),
        seconds=time.monotonic() - begun,
    )
