"""From a fitted network to the LiteRT file that is served, and what the file says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from rocktag.artifact import litert_file
from rocktag.classifiers import conversion, neural_steps, neural_training
from rocktag.fitting import serving
from rocktag.fitting.fitted import Progress
from rocktag.fitting.network import Network
from rocktag.text import view
from rocktag.types import Probabilities

_FORMATS: tuple[serving.NumberFormat, ...] = ("float32", "int8")


@dataclass(frozen=True, slots=True, eq=False)
class Converted:
    """A network as it is served.

    Attributes:
        model: Of model.tflite.
        probabilities: (N, L), by that very file; NaN for what it learned from, where
            there is a test side.
        number_format: Which of the two was chosen.
        differences: From Keras, of each.
        limits: What int8 might have changed at most.
    """

    model: bytes
    probabilities: Probabilities
    number_format: serving.NumberFormat
    differences: Mapping[serving.NumberFormat, serving.Difference]
    limits: serving.Limits

    def facts(self) -> dict[str, Any]:
        """Return what the manifest says of the conversion."""
        return {
            "number_format": self.number_format,
            "differences": {
                name: asdict(found) for name, found in self.differences.items()
            },
        }

    def remark(self) -> str:
        """Return what the model card says of it."""
        moved = self.differences[self.number_format]
        refused = ""
        if self.number_format != "int8":
            too_far = " and ".join(self.limits.passed_by(self.differences["int8"]))
            refused = f" Not as int8, a quarter of the size: there {too_far}."
        return (
            f"Served as {self.number_format}: on validation no probability moved by"
            f" more than {moved.probability:.1e} from Keras', neither micro nor macro"
            f" F1 by more than {moved.f1:.4f}, and {moved.decisions:.3%} of the"
            f" decisions changed.{refused}"
        )


def convert(network: Network, progress: Progress) -> Converted:
    """Return the fitted network in the format that may be served.

    Raises:
        TrainingError: Not even the float32 file says what Keras says.
    """
    frozen = conversion.freeze(
        network.served(), batch=network.batch, length=network.length
    )
    files = {
        name: conversion.to_litert(frozen, quantised=name == "int8")
        for name in _FORMATS
    }
    differences = _differences(network, files)
    chosen = serving.choose(**differences, limits=network.limits)
    progress("predict", 0, 1)
    said = _predict_unseen(network, files[chosen])
    return Converted(files[chosen], said, chosen, differences, network.limits)


def _differences(
    network: Network, files: Mapping[serving.NumberFormat, bytes]
) -> dict[serving.NumberFormat, serving.Difference]:
    """Return how far each file's answers on validation are from Keras'."""
    task, rows = network.task, network.task.rows.validation
    expected = neural_training.predict_probabilities(
        neural_steps.compiled_forward(network.reference()),
        network.examples(rows),
        network.schedule,
        len(task.labels),
    )
    return {
        name: serving.difference(
            task.targets[rows],
            expected,
            _predict(network, file, rows.tolist()),
            task.labels,
            minimum_positives=task.settings.minimum_positives,
        )
        for name, file in files.items()
    }


def _predict_unseen(network: Network, file: bytes) -> Probabilities:
    """Return what the file says of validation and test side; of all without a test."""
    task = network.task
    said = np.full(task.targets.shape, np.nan, dtype=np.float32)
    sides = (task.rows.validation, task.rows.test)
    rows = np.concatenate(sides if len(task.rows.test) else (*sides, task.rows.train))
    said[rows] = _predict(network, file, rows.tolist())
    return said


def _predict(network: Network, file: bytes, rows: Sequence[int]) -> Probabilities:
    predict = litert_file.load(file, network.tokenizer, where="the new model")
    titles = [network.task.titles[row] for row in rows]
    return predict(view(titles, network.task.settings.text_view))
