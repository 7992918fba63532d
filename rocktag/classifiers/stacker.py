"""The last word on each label: rules and model weighed as people would have them.

What the rules say and what a model says are both features, and a logistic regression
over them has learned from headlines that people read when to trust which:

    logit p = b_l + w1_l v + w2_l z + w3_l v z

for label l, with v the rules' vote, 1 or -1, and z the logit of the model's
probability, scaled. Source: D. H. Wolpert, Stacked Generalization, Neural Networks
5(2), 1992.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from rocktag.types import NO_TOPIC, Probabilities, Targets

FEATURES = 4  # 1, v, z and v z
Weights: TypeAlias = npt.NDArray[np.float32]  # (L, FEATURES)

_SMALLEST = np.float32(1e-4)  # a probability for the logarithm: beyond, all is sure
_SCALE = np.float32(3)  # of logits, so that z is of the size of v


@dataclass(frozen=True, slots=True, eq=False)
class Stacker:
    """Rules and model weighed, label by label.

    Attributes:
        weights: (L, 4), of 1, v, z and v z.
        labels: The L labels; the weights of `n/a` are not looked at.
    """

    weights: Weights
    labels: Sequence[str]

    def __call__(
        self, probabilities: Probabilities, by_rules: Targets
    ) -> Probabilities:
        """Return the probabilities (N, L) that people would give a label.

        That of `n/a` is that no topic applies, as if topics came independently.

        Args:
            probabilities: (N, L), by the model; where they are NaN they stay so.
            by_rules: (N, L), by the rules.
        """
        found = features(probabilities, by_rules)
        said = _sigmoid(np.einsum("nlf,lf->nl", found, self.weights))
        if NO_TOPIC in self.labels:
            column = self.labels.index(NO_TOPIC)
            said[:, column] = np.delete(1 - said, column, axis=1).prod(axis=1)
        return said


def features(
    probabilities: Probabilities, by_rules: Targets
) -> npt.NDArray[np.float32]:
    """Return 1, v, z and v z of each decision (N, L, 4).

    >>> features(np.float32([[0.5, 0.5]]), np.int8([[1, 0]]))[0, :, :2].tolist()
    [[1.0, 1.0], [1.0, -1.0]]
    """
    kept = np.clip(probabilities.astype(np.float32), _SMALLEST, 1 - _SMALLEST)
    model = np.log(kept / (1 - kept)) / _SCALE
    vote = by_rules.astype(np.float32) * 2 - 1
    return np.stack([np.ones_like(vote), vote, model, vote * model], axis=-1)


def _sigmoid(logits: npt.NDArray[np.float32]) -> Probabilities:
    return (1 / (1 + np.exp(-logits))).astype(np.float32)
