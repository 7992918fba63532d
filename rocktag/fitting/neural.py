"""Networks: tokenizer, Keras model, epochs, LiteRT file; scored as they are served."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from rocktag.artifact import litert_file
from rocktag.classifiers import (
    cnn_bilstm,
    conversion,
    frameworks,
    neural_steps,
    neural_training,
    word_tokenizer,
)
from rocktag.classifiers.checkpoints import Checkpoint
from rocktag.classifiers.neural_types import Examples, Fitting, Schedule
from rocktag.classifiers.token_ids import Ragged, encode
from rocktag.fitting import serving, word_vectors
from rocktag.fitting.fitted import Fitted, Progress, Task, Watch
from rocktag.splits import Indices
from rocktag.text import view
from rocktag.types import Probabilities

_PACKAGES = ("ai-edge-litert", "keras", "tensorflow", "tokenizers")
_SERVED_BATCH = 64  # headlines; LiteRT's recurrent networks have a fixed shape
_LONGEST_UNROLLED = 64  # tokens; a longer network's file would be all steps


def fit(task: Task, progress: Progress) -> Fitted:
    """Return the fitted network of the task's classifier.

    Raises:
        TrainingError: The headlines have no words, the loss diverges, or there is no
            checkpoint to resume.
        UsageError: TensorFlow is not installed.
    """
    progress("words", 0, 1)
    words = _Words.of(task)
    start = word_vectors.start(task, words.vocabulary, words.token_ids, progress)
    frameworks.start_over(task.settings.seed)
    model = _build(task, words, start)
    fitting = _train(model, task, words, progress)
    progress("convert", 0, 1)
    return _Served(task, words, model, start, progress).fitted(fitting)


def assess(task: Task, progress: Progress, watch: Watch) -> Probabilities:
    """Return what the fitted network says of the validation headlines (n, L).

    Raises:
        TrainingError: The headlines have no words, or the loss diverges.
        UsageError: TensorFlow is not installed.
        KeyboardInterrupt: In whatever epoch.
    """
    words = _Words.of(task)
    frameworks.start_over(task.settings.seed)
    model = _build(task, words, None)
    if _train(model, task, words, progress, watch).interrupted:
        raise KeyboardInterrupt
    return _validated(model, task, words)


def _validated(model: Any, task: Task, words: _Words) -> Probabilities:
    """Return what Keras says of the validation headlines (n, L)."""
    return neural_training.predict_probabilities(
        neural_steps.compiled_forward(model),
        words.examples(task, task.rows.validation),
        _schedule(task),
        len(task.labels),
    )


@dataclass(frozen=True, slots=True)
class _Words:
    """The corpus as a network reads it.

    Attributes:
        tokenizer: tokenizer.json, of the training side.
        token_ids: Of all N titles.
    """

    tokenizer: bytes
    token_ids: Ragged

    @classmethod
    def of(cls, task: Task) -> _Words:
        settings = task.settings.cnn_bilstm
        texts = view(task.titles, task.settings.text_view)
        tokenizer = word_tokenizer.build(
            [texts[row] for row in task.rows.train],
            maximum_length=settings.maximum_length,
            vocabulary_size=settings.vocabulary_size,
            minimum_headlines=settings.minimum_headlines,
        )
        return cls(tokenizer, encode(Tokenizer.from_str(tokenizer.decode()), texts))

    @property
    def vocabulary(self) -> dict[str, int]:
        """Every word with its row, padding and the unknown word included."""
        return word_tokenizer.vocabulary_of(self.tokenizer)

    def examples(self, task: Task, rows: Indices) -> Examples:
        """Return some rows of the corpus with their targets."""
        return Examples([self.token_ids[row] for row in rows], task.targets[rows])


def _build(
    task: Task,
    words: _Words,
    start: word_vectors.Start | None,
    fixed_length: int | None = None,
) -> Any:
    positives = task.targets[task.rows.train].sum(axis=0)
    return cnn_bilstm.build(
        cnn_bilstm.Architecture(**_values(task, cnn_bilstm.Architecture)),
        vocabulary_size=len(words.vocabulary),
        label_shares=(positives + 0.5) / (len(task.rows.train) + 1),
        vectors=start.vectors if start else None,
        fixed_length=fixed_length,
    )


def _build_served(
    task: Task, words: _Words, start: word_vectors.Start | None, model: Any
) -> Any:
    """Return the fitted model in the form that is converted."""
    length = task.settings.cnn_bilstm.maximum_length
    unrolled = _build(
        task, words, start, length if length <= _LONGEST_UNROLLED else None
    )
    unrolled.set_weights(model.get_weights())
    return unrolled


def _train(
    model: Any,
    task: Task,
    words: _Words,
    progress: Progress,
    watch: Watch | None = None,
) -> Fitting:
    """Fit the model, in `task.checkpoints` under the fingerprint of all it rests on."""
    return neural_training.fit(
        model,
        words.examples(task, task.rows.train),
        words.examples(task, task.rows.validation),
        task.labels,
        _schedule(task),
        seed=task.settings.seed,
        checkpoint=_checkpoint(model, task),
        resume=task.resume,
        progress=partial(progress, "fit"),
        after_epoch=watch,
    )


def _checkpoint(model: Any, task: Task) -> Checkpoint | None:
    if task.checkpoints is None:
        return None
    return Checkpoint(task.checkpoints / _fingerprint(model, task))


def _schedule(task: Task) -> Schedule:
    return Schedule(**_values(task, Schedule))


def _values(task: Task, kind: type[Any]) -> dict[str, Any]:
    """Return the settings that a class has fields for."""
    values = task.settings.cnn_bilstm.model_dump()
    return {field.name: values[field.name] for field in fields(kind)}


def _fingerprint(model: Any, task: Task) -> str:
    """Return a hash of corpus, labels, split, settings and starting weights."""
    total = hashlib.sha256(task.settings.model_dump_json().encode())
    for title in task.titles:
        total.update(f"{title}\n".encode())
    for rows in (task.rows.train, task.rows.validation, task.rows.test):
        total.update(rows.tobytes())
    total.update(task.targets.tobytes())
    for weights in model.get_weights():
        total.update(np.ascontiguousarray(weights).tobytes())
    total.update(version("keras").encode() + version("tensorflow").encode())
    return total.hexdigest()[:16]


class _Served:
    """A fitted model on its way to the file that is published."""

    def __init__(
        self,
        task: Task,
        words: _Words,
        model: Any,
        start: word_vectors.Start | None,
        progress: Progress,
    ) -> None:
        self._task, self._words, self._start = task, words, start
        self._model, self._progress = model, progress

    def fitted(self, fitting: Fitting) -> Fitted:
        """Return the model in the format that may be served, with what it says."""
        served = _build_served(self._task, self._words, self._start, self._model)
        content = {
            name: conversion.to_litert(
                served,
                batch=_SERVED_BATCH,
                length=self._task.settings.cnn_bilstm.maximum_length,
                quantised=name == "int8",
            )
            for name in ("float32", "int8")
        }
        differences = self._differences(content)
        chosen = serving.choose(**differences)
        self._progress("predict", 0, 1)
        return Fitted(
            files={
                "model.tflite": content[chosen],
                "tokenizer.json": self._words.tokenizer,
            },
            probabilities=self._predict(content[chosen], range(len(self._task.titles))),
            packages=_PACKAGES,
            history=tuple(asdict(row) for row in fitting.epochs),
            facts=self._facts(fitting, chosen, differences),
            remarks=self._remarks(fitting, chosen, differences[chosen]),
        )

    def _differences(
        self, content: Mapping[str, bytes]
    ) -> dict[str, serving.Difference]:
        """Return how far each file's answers on validation are from Keras'."""
        task = self._task
        rows = task.rows.validation
        expected = _validated(self._model, task, self._words)
        return {
            name: serving.difference(
                task.targets[rows],
                expected,
                self._predict(file, rows.tolist()),
                task.labels,
                minimum_positives=task.settings.minimum_positives,
            )
            for name, file in content.items()
        }

    def _predict(self, file: bytes, rows: Any) -> Probabilities:
        predict = litert_file.load(file, self._words.tokenizer, where="the new model")
        titles = [self._task.titles[row] for row in rows]
        return predict(view(titles, self._task.settings.text_view))

    def _facts(
        self,
        fitting: Fitting,
        chosen: serving.NumberFormat,
        differences: Mapping[str, serving.Difference],
    ) -> dict[str, Any]:
        """Return what the manifest says of the fitting and the conversion."""
        return {
            "fitting": {
                "epochs": len(fitting.epochs),
                "best_epoch": fitting.best_epoch,
                "interrupted_in_epoch": _interrupted_in(fitting),
                **word_vectors.facts(self._start),
            },
            "conversion": {
                "number_format": chosen,
                "differences": {name: asdict(d) for name, d in differences.items()},
            },
        }

    def _remarks(
        self,
        fitting: Fitting,
        chosen: serving.NumberFormat,
        moved: serving.Difference,
    ) -> tuple[str, ...]:
        """Return what the model card says of them."""
        remarks = [
            f"{len(fitting.epochs)} epochs; the weights are those of epoch"
            f" {fitting.best_epoch}, with the lowest validation loss.",
            word_vectors.remark(self._start),
            f"Served as {chosen}: on validation no probability moved by more than"
            f" {moved.probability:.1e} from Keras', no F1 by more than {moved.f1:.4f}.",
        ]
        if fitting.interrupted:
            epoch = _interrupted_in(fitting)
            remarks.append(f"Training was interrupted in epoch {epoch}.")
        return tuple(remarks)


def _interrupted_in(fitting: Fitting) -> int | None:
    return len(fitting.epochs) + 1 if fitting.interrupted else None
