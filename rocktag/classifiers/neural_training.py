"""Fitting a Keras model to token ids: batches, epochs, early stopping, resumption.

Everything by chance comes from the seed and the epoch's number, or is a variable of the
model, so that a training resumed after epoch k ends as if it had never stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from rocktag.classifiers import batches
from rocktag.classifiers.checkpoints import Checkpoint
from rocktag.classifiers.neural_scores import loss_of, scores_of
from rocktag.classifiers.neural_steps import (
    compiled_forward,
    compiled_step,
    optimizer_of,
)
from rocktag.classifiers.neural_types import Epoch, Examples, Fitting, Schedule
from rocktag.classifiers.token_ids import pad
from rocktag.errors import TrainingError
from rocktag.types import Probabilities

# "fit" after each batch, "epoch" after each epoch; done, in all, metrics.
Progress: TypeAlias = Callable[[str, int, int, str], None]

AfterEpoch: TypeAlias = Callable[[int, Probabilities], None]


def fit(
    model: Any,
    training: Examples,
    validation: Examples,
    labels: Sequence[str],
    schedule: Schedule,
    *,
    seed: int,
    checkpoint: Checkpoint | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    after_epoch: AfterEpoch | None = None,
) -> Fitting:
    """Fit the model; it has the weights of the best epoch after.

    Args:
        model: A keras.Model, token ids (B, T) to probabilities (B, L).
        training: What it learns from.
        validation: What says when to stop.
        labels: The L labels.
        schedule: How it is fitted.
        seed: The same one gives the same weights.
        checkpoint: Where each epoch is kept; whoever gave it removes it.
        resume: Whether to go on from there; after the last epoch nothing is left.
        progress: Called after each batch and each epoch.
        after_epoch: Called with its number and the probabilities of the validation
            headlines; what it raises ends the fitting and comes out.

    Returns:
        What happened; `interrupted` where a KeyboardInterrupt came after an epoch.

    Raises:
        TrainingError: The loss is not finite, or there is no checkpoint to resume.
        KeyboardInterrupt: No epoch had ended yet.
    """
    run = _Run(
        model, training, validation, labels, schedule, seed, progress, after_epoch
    )
    if resume:
        run.restore(checkpoint)
    try:
        while not run.is_over():
            run.epoch()
            if checkpoint is not None:
                run.keep(checkpoint)
    except KeyboardInterrupt:
        if not run.so_far.epochs:
            raise
    model.set_weights(run.so_far.best_weights)
    return replace(run.so_far, interrupted=not run.is_over())


def predict_probabilities(
    forward: Callable[[Any], Any], examples: Examples, schedule: Schedule, labels: int
) -> Probabilities:
    """Return the probabilities (N, L) of what `forward` makes of batches (B, T)."""
    probabilities = np.zeros((len(examples.token_ids), labels), dtype=np.float32)
    for rows in batches.by_length(examples.lengths, schedule.batch_size):
        probabilities[rows] = np.asarray(forward(padded(examples, rows, schedule)))
    return probabilities


class _Run:
    """A fitting under way."""

    def __init__(
        self,
        model: Any,
        training: Examples,
        validation: Examples,
        labels: Sequence[str],
        schedule: Schedule,
        seed: int,
        progress: Progress | None,
        after_epoch: AfterEpoch | None,
    ) -> None:
        self._model, self._schedule, self._seed = model, schedule, seed
        self._training, self._validation = training, validation
        self._labels, self._progress = labels, progress
        self._after_epoch = after_epoch
        self._targets = training.targets.astype(np.float32)
        self._shown = batches.shown(training.targets, schedule.minimum_shown)
        self._lengths = training.lengths[self._shown]
        self._steps = -(-len(self._shown) // schedule.batch_size)  # an epoch
        self._optimizer = optimizer_of(schedule, self._steps)
        self._optimizer.build(model.trainable_variables)
        self._step = compiled_step(model, self._optimizer, schedule.negative_focus)
        self._forward = compiled_forward(model)
        self.so_far = Fitting((), ())

    def is_over(self) -> bool:
        """Tell whether the last epoch was reached, or patience has run out."""
        done = self.so_far.epochs
        waited = len(done) - self.so_far.best_epoch if done else 0
        return len(done) >= self._schedule.epochs or waited >= self._schedule.patience

    def epoch(self) -> None:
        """Learn once from every headline, then see how the model does."""
        number = len(self.so_far.epochs) + 1
        loss, said = self._learn(number)
        found = predict_probabilities(
            self._forward, self._validation, self._schedule, len(self._labels)
        )
        row = Epoch(
            number,
            loss,
            loss_of(self._validation.targets, found, self._schedule.negative_focus),
            *scores_of(self._training.targets, said, self._labels),
            *scores_of(self._validation.targets, found, self._labels),
        )
        if not np.isfinite([row.training_loss, row.validation_loss]).all():
            raise TrainingError(
                f"the loss is not finite in epoch {number}; lower the learning rate"
            )
        rows = (*self.so_far.epochs, row)
        is_best = Fitting(rows, ()).best_epoch == number
        weights = self._model.get_weights() if is_best else self.so_far.best_weights
        self.so_far = Fitting(rows, tuple(weights))  # at once: Ctrl-C comes any time
        if self._progress is not None:
            text = f"loss {loss:.4f}, {_shown(row)}"
            self._progress("epoch", number, self._schedule.epochs, text)
        if self._after_epoch is not None:
            self._after_epoch(number, found)

    def keep(self, checkpoint: Checkpoint) -> None:
        """Write everything that the next epoch depends on; a full disk ends nothing."""
        arrays = {
            **_numbered("model", [v.numpy() for v in self._model.variables]),
            **_numbered("optimizer", [v.numpy() for v in self._optimizer.variables]),
            **_numbered("best", self.so_far.best_weights),
        }
        epochs = [asdict(row) for row in self.so_far.epochs]
        checkpoint.save_if_possible(arrays, {"epochs": epochs})

    def restore(self, checkpoint: Checkpoint | None) -> None:
        """Go back to where the checkpoint was written."""
        kept = checkpoint.load() if checkpoint is not None else None
        if kept is None:
            raise TrainingError(
                "no training of this corpus with these settings was broken off; train"
                " without --resume"
            )
        arrays, facts = kept
        for name, owner in (("model", self._model), ("optimizer", self._optimizer)):
            for number, variable in enumerate(owner.variables):
                variable.assign(arrays[f"{name}.{number}"])
        epochs = tuple(Epoch(**row) for row in facts["epochs"])
        count = len(self._model.get_weights())
        best = tuple(arrays[f"best.{number}"] for number in range(count))
        self.so_far = Fitting(epochs, best)

    def _learn(self, number: int) -> tuple[float, Probabilities]:
        """Return the mean loss of an epoch and what was said in it (N, L)."""
        generator = np.random.default_rng([self._seed, number])
        plan = batches.shuffled(self._lengths, self._schedule.batch_size, generator)
        said = np.zeros(self._targets.shape, dtype=np.float32)
        total, seen, before = 0.0, 0, (number - 1) * self._steps
        for done, places in enumerate(plan, start=1):
            batch = self._shown[places]
            token_ids = padded(self._training, batch, self._schedule)
            loss, probabilities = self._step(token_ids, self._targets[batch])
            said[batch] = probabilities.numpy()
            total += float(loss) * len(batch)
            seen += len(batch)
            self._tell(number, before + done, total / seen)
        return total / seen, said

    def _tell(self, number: int, done: int, loss: float) -> None:
        """Report progress with the loss so far and the last epoch's metrics."""
        if self._progress is None:
            return
        text = f"epoch {number} of {self._schedule.epochs}, loss {loss:.4f}"
        if self.so_far.epochs:
            text += f", {_shown(self.so_far.epochs[-1])}"
        self._progress("fit", done, self._schedule.epochs * self._steps, text)


def _shown(row: Epoch) -> str:
    """Return what validation says of an epoch, for people."""
    return (
        f"validation loss {row.validation_loss:.4f}, micro F1"
        f" {row.validation_micro_f1:.4f}, macro F1 {row.validation_macro_f1:.4f}"
    )


def padded(examples: Examples, rows: batches.Rows, schedule: Schedule) -> Any:
    """Return the token ids (B, T) of a batch, padded as the schedule says."""
    chosen = [examples.token_ids[row] for row in rows]
    maximum = schedule.maximum_length
    longest = maximum if schedule.pad_always else max(map(len, chosen))
    return pad(chosen, min(longest, maximum))


def _numbered(
    name: str, arrays: Sequence[npt.NDArray[Any]]
) -> dict[str, npt.NDArray[Any]]:
    return {f"{name}.{number}": array for number, array in enumerate(arrays)}
