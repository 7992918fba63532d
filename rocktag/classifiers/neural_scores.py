"""How a network does after an epoch: loss, and scores before thresholds are tuned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rocktag.metrics import score
from rocktag.thresholds import decide
from rocktag.types import Probabilities, Targets

_HISTORY_THRESHOLD = 0.5  # of the scores by epoch, before any is tuned
_SMALLEST = 1e-7  # a probability for the logarithm


def loss_of(
    targets: Targets, probabilities: Probabilities, negative_focus: float
) -> float:
    """Return the mean loss over N x L decisions, as `neural_steps` has it."""
    positive = targets == 1
    right = np.where(positive, probabilities, 1 - probabilities).astype(np.float64)
    weight = np.where(positive, 1, probabilities.astype(np.float64) ** negative_focus)
    return float(-(weight * np.log(np.maximum(right, _SMALLEST))).mean())


def scores_of(
    targets: Targets, probabilities: Probabilities, labels: Sequence[str]
) -> tuple[float, float, float]:
    """Return micro F1, macro F1 and exact match under the threshold 0.5."""
    decided = decide(probabilities, _HISTORY_THRESHOLD, labels)
    found = score(targets, decided, labels)
    return found.micro.f1, found.macro.f1, found.subset_accuracy
