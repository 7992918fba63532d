"""Fitting a network of any kind: epochs, early stopping, resuming, the served file."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

import numpy as np

from rocktag.argmaxability import Argmaxability, check_argmaxability, remark
from rocktag.classifiers import neural_steps, neural_training
from rocktag.classifiers.checkpoints import Checkpoint, sweep
from rocktag.classifiers.neural_types import Fitting
from rocktag.fitting import converted
from rocktag.fitting.fingerprint import fingerprint
from rocktag.fitting.fitted import Fitted, Progress, Task, Watch
from rocktag.fitting.network import Build, Network
from rocktag.fitting.reading import learn_what_was_read
from rocktag.types import Probabilities


def fit(build: Build, task: Task, progress: Progress) -> Fitted:
    """Return the fitted network of the task's classifier.

    Args:
        build: Of the classifier's kind.
        task: What is to be learned.
        progress: Told of every stage, and of the metrics.

    Raises:
        TrainingError: The headlines have no words, the loss diverges, or there is no
            checkpoint to resume.
        UsageError: TensorFlow is not installed.
        KeyboardInterrupt: Before the first epoch ended, or in a part of a training.
    """
    network = build(task, progress)
    checkpoint = _checkpoint(task, network)
    with ExitStack() as taken:
        if checkpoint is not None:
            taken.callback(checkpoint.release)
        fitting = _train(network, progress, checkpoint=checkpoint)
        if fitting.interrupted and task.is_part:
            raise KeyboardInterrupt
        read = None
        if task.read is not None:
            read = learn_what_was_read(network, task.read, progress)
        progress("label sets", 0, 1)
        reachable = _argmaxability(network)
        progress("convert", 0, 1)
        served = converted.convert(network, progress)
        if not fitting.interrupted:
            taken.pop_all()  # until the model is published
    return Fitted(
        files={"model.tflite": served.model, "tokenizer.json": network.tokenizer},
        probabilities=served.probabilities,
        packages=network.packages,
        history=tuple(asdict(row) for row in fitting.epochs),
        facts={
            "fitting": {**_facts(fitting), **network.facts},
            "conversion": served.facts(),
            "argmaxability": asdict(reachable),
        },
        remarks=(
            *_remarks(fitting),
            *network.remarks,
            remark(reachable),
            served.remark(),
        ),
        checkpoint=None if fitting.interrupted else checkpoint,
        read_probabilities=read,
    )


def assess(build: Build, task: Task, progress: Progress, watch: Watch) -> Probabilities:
    """Return what the fitted network says of the validation headlines (n, L).

    Raises:
        TrainingError: The headlines have no words, or the loss diverges.
        UsageError: TensorFlow is not installed.
        KeyboardInterrupt: In whatever epoch.
    """
    network = build(task, progress)
    if _train(network, progress, watch=watch).interrupted:
        raise KeyboardInterrupt
    return neural_training.predict_probabilities(
        neural_steps.compiled_forward(network.model),
        network.examples(task.rows.validation),
        network.schedule,
        len(task.labels),
    )


def _train(
    network: Network,
    progress: Progress,
    *,
    checkpoint: Checkpoint | None = None,
    watch: Watch | None = None,
) -> Fitting:
    task = network.task
    is_there = checkpoint is not None and checkpoint.exists
    return neural_training.fit(
        network.model,
        network.examples(task.rows.train),
        network.examples(task.rows.validation),
        task.labels,
        network.schedule,
        seed=task.settings.seed,
        checkpoint=checkpoint,
        resume=task.resume and (is_there or not task.is_part),
        progress=progress,
        after_epoch=watch,
    )


def _checkpoint(task: Task, network: Network) -> Checkpoint | None:
    """Take the checkpoint named after all that the training rests on; sweep others."""
    if task.checkpoints is None:
        return None
    weights = map(np.ascontiguousarray, network.model.get_weights())
    precision = str(network.facts.get("precision")).encode()
    name = fingerprint(task, precision, *(one.data for one in weights))
    checkpoint = Checkpoint(task.checkpoints / name)
    checkpoint.take()
    sweep(task.checkpoints, task.settings.keep_checkpoints_days)
    return checkpoint


def _argmaxability(network: Network) -> Argmaxability:
    """Return which of the training headlines' label sets the output layer can give."""
    weights, bias = network.model.get_layer("probabilities").get_weights()
    task = network.task
    return check_argmaxability(
        weights,
        bias,
        task.targets[task.rows.train],
        task.labels,
        low=network.lowest_feature,
    )


def _facts(fitting: Fitting) -> dict[str, Any]:
    """Return what the manifest says of the epochs."""
    return {
        "epochs": len(fitting.epochs),
        "best_epoch": fitting.best_epoch,
        "interrupted_in_epoch": _interrupted_in(fitting),
    }


def _remarks(fitting: Fitting) -> list[str]:
    """Return what the model card says of them."""
    count = len(fitting.epochs)
    remarks = [
        f"{count} epoch{'s' if count > 1 else ''}; the weights are those of epoch"
        f" {fitting.best_epoch}, with the lowest validation loss."
    ]
    if fitting.interrupted:
        remarks.append(f"Training was interrupted in epoch {_interrupted_in(fitting)}.")
    return remarks


def _interrupted_in(fitting: Fitting) -> int | None:
    return len(fitting.epochs) + 1 if fitting.interrupted else None
