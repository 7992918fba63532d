"""How far the rules' labels can be believed, label by label.

Of the headlines that people read, the share that has the label where the rules give it,
and where they do not. Few headlines tell little of a rare label, so each share is drawn
towards that of all labels together:

    (right_l + k share) / (given_l + k)

with k the strength of the prior, as so many headlines more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from rocktag.types import HumanLabels, Probabilities, Targets

_PRIOR = 10.0  # headlines
Shares: TypeAlias = npt.NDArray[np.float64]  # (L,), in [0, 1]


@dataclass(frozen=True, slots=True, eq=False)
class Confidence:
    """What people say where the rules give a label, and where they do not.

    Attributes:
        given: (L,), the share that has the label among those the rules give it to.
        withheld: (L,), likewise among the others.
    """

    given: Shares
    withheld: Shares

    def soften(self, by_rules: Targets) -> Probabilities:
        """Return the probability (N, L) of each of the rules' decisions (N, L).

        A rule that people contradict more often than not is still believed a little
        more than its opposite: its label stays what it is, only its weight is lost.
        """
        given = np.maximum(self.given, 0.5)
        withheld = np.minimum(self.withheld, 0.5)
        return np.where(by_rules == 1, given, withheld).astype(np.float32)


def confidence(by_rules: Targets, human: HumanLabels) -> Confidence:
    """Return how far people agree with the rules (M, L) on the headlines they read.

    >>> human = HumanLabels(("a",) * 90, np.int8([[1]] * 90), np.full((90, 1), True))
    >>> found = confidence(np.int8([[1]] * 90), human)
    >>> found.given.tolist()
    [1.0]
    """
    given = human.known & (by_rules == 1)
    withheld = human.known & (by_rules == 0)
    return Confidence(
        given=_shares(given, human.targets), withheld=_shares(withheld, human.targets)
    )


def _shares(chosen: npt.NDArray[np.bool_], targets: Targets) -> Shares:
    """Return the share of positives (L,) among the chosen of (M, L)."""
    asked = chosen.sum(axis=0)
    right = (chosen & (targets == 1)).sum(axis=0)
    overall = right.sum() / asked.sum() if asked.any() else 0.5
    shares: Shares = (right + _PRIOR * overall) / (asked + _PRIOR)
    return shares
