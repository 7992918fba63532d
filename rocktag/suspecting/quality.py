"""How credible each label of each headline is, by cleanlab's label-quality scores.

Sources: C. Northcutt, L. Jiang and I. Chuang, Confident Learning: Estimating
Uncertainty in Dataset Labels, JAIR 2021; A. Thyagarajan et al., Identifying Incorrect
Annotations in Multi-Label Classification Data, 2022.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from rocktag.types import Probabilities, Targets

# (N, K), each in [0, 1]: of a label given, or not given; lower is worse.
Quality: TypeAlias = npt.NDArray[np.float64]

DOUBTED_BELOW = 0.5  # what is as probably wrong as right


def label_quality(targets: Targets, probabilities: Probabilities) -> Quality:
    """Return the self-confidence of each label: the probability that it is right.

    Args:
        targets: (N, K), the labels in question; a headline may have none.
        probabilities: (N, K), by models that had not learned from the headline.

    >>> targets = np.int8([[1, 0], [0, 1]])
    >>> label_quality(targets, np.float32([[0.25, 0.25], [0.5, 1]])).tolist()
    [[0.25, 0.75], [0.5, 1.0]]
    """
    # An overall score of a headline, cleanlab's other offer, tells not which label it
    # is; and its scores adjusted to the labels' frequency find fewer errors.
    from cleanlab.multilabel_classification.rank import (
        get_label_quality_scores_per_class,
    )

    if not targets.any():
        return 1 - probabilities.astype(np.float64)  # cleanlab asks for one label
    given = [np.flatnonzero(row).tolist() for row in targets]
    exact = probabilities.astype(np.float64)
    return np.asarray(get_label_quality_scores_per_class(given, exact))
