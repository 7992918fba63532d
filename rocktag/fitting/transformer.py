"""The transformer, made ready for a task: a pre-trained encoder and a head."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from rocktag.argmaxability import BOUND
from rocktag.classifiers import encoders, frameworks, transformer
from rocktag.classifiers.neural_types import Schedule
from rocktag.classifiers.precision import Precision, fastest
from rocktag.encoders import Encoder
from rocktag.errors import UsageError
from rocktag.fitting.fitted import Progress, Task
from rocktag.fitting.network import (
    PACKAGES,
    Network,
    label_shares,
    taken,
    token_ids_of,
)
from rocktag.fitting.serving import Limits

_LIMITS = Limits(f1=0.002)


def network(task: Task, progress: Progress) -> Network:
    """Return the network of the task, not fitted yet.

    Raises:
        TrainingError: The encoder's checkpoint cannot be used.
        UsageError: The task names no encoder, or TensorFlow is not installed.
    """
    encoder, settings = task.encoder, task.settings.transformer
    if encoder is None:
        raise UsageError("the transformer needs an encoder; give --base")
    length = min(settings.maximum_length, encoders.longest(encoder.folder))
    progress("tokens", 0, 1)
    tokenizer = transformer.tokenizer_json(encoder.folder, length)
    token_ids = token_ids_of(task, tokenizer)
    frameworks.start_over(task.settings.seed)
    precision = _precision(task)
    progress("encoder", 0, 1)
    build = partial(
        transformer.build,
        transformer.Architecture(**taken(settings, transformer.Architecture)),
        encoder.folder,
        label_shares=label_shares(task),
    )
    model = build(precision=precision)

    @cache
    def in_float32() -> Any:
        same = build(load_weights=False)
        same.set_weights(model.get_weights())
        return same

    return Network(
        task=task,
        tokenizer=tokenizer,
        token_ids=token_ids,
        model=model,
        schedule=replace(Schedule(**taken(settings, Schedule)), maximum_length=length),
        reference=in_float32,
        served=in_float32,
        batch=None,
        length=None,
        limits=_LIMITS,
        lowest_feature=0.0 if settings.head == "cls" else -BOUND,  # after ReLU
        packages=(*PACKAGES, "keras-hub", "transformers"),
        facts={
            "precision": precision,
            "head": settings.head,
            "encoder": {
                "base": _base(encoder),
                "origin": encoder.origin,
                "sha256": dict(encoder.sha256),
            },
        },
        remarks=(
            f"Encoder: {_base(encoder)} ({encoder.origin}; SHA-256 of its weights"
            f" {encoder.sha256['model.safetensors']}), head {settings.head}, fitted in"
            f" {precision}.",
        ),
    )


def _base(encoder: Encoder) -> str:
    """Return the base as it was asked for, but of a folder its name only."""
    is_folder = Path(encoder.base).expanduser().is_dir()
    return encoder.folder.name if is_folder else encoder.base


def _precision(task: Task) -> Precision:
    chosen = task.settings.transformer.precision
    return fastest() if chosen == "auto" else chosen
