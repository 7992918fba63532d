"""Fitting the stacker: one ridge over all decisions, with a part for each label.

A label's weights are those of all labels plus its own deviation, both drawn to 0, so
that a rare label does as all do, and a frequent one as people had it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rocktag.classifiers.stacker import FEATURES, Stacker, features
from rocktag.types import NO_TOPIC, HumanLabels, Probabilities, Targets

# The rules' vote starts as large as a certain model's logit: without any evidence their
# word should cost the ridge little.
_SCALES = np.array([1.0, 3.0, 1.0, 1.0])


def fit_stacker(
    probabilities: Probabilities,
    by_rules: Targets,
    human: HumanLabels,
    labels: tuple[str, ...],
    strength: float,
) -> Stacker:
    """Return the stacker that people's labels of M headlines teach.

    Args:
        probabilities: (M, L), by a model that did not see what people say of them.
        by_rules: (M, L), by the rules.
        human: What people say.
        labels: The L labels.
        strength: Inverse strength of the ridge.
    """
    from sklearn.linear_model import LogisticRegression

    columns = [at for at, label in enumerate(labels) if label != NO_TOPIC]
    found = features(probabilities, by_rules)[:, columns].astype(np.float64)
    known = human.known[:, columns]
    design = _design(found, known)
    answers = human.targets[:, columns][known]
    ridge = LogisticRegression(C=strength, fit_intercept=False, max_iter=1_000)
    ridge.fit(design, answers)
    learned = ridge.coef_.reshape(1 + len(columns), FEATURES)
    weights = np.zeros((len(labels), FEATURES), dtype=np.float32)
    weights[columns] = (learned[0] + learned[1:]) * _SCALES
    return Stacker(weights, labels)


def _design(
    found: npt.NDArray[np.float64], known: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Return a row for each known decision: features of all labels, then of its own.

    Args:
        found: (M, K, 4).
        known: (M, K), where people have said it.
    """
    headlines, labels, _ = found.shape
    scaled = found * _SCALES
    own = np.zeros((headlines, labels, 1 + labels, FEATURES))
    own[:, :, 0] = scaled
    each = np.arange(labels)
    own[:, each, 1 + each] = scaled
    return own.reshape(headlines, labels, -1)[known]
