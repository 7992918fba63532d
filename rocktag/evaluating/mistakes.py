"""The headlines on which a model and people differ most, for people to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rocktag.comparing import Gold
from rocktag.evaluating.types import Margins, Mistake, Said
from rocktag.types import ALIASES, NO_TOPIC, Flags, Probabilities, Thresholds


def worst_mistakes(said: Said, gold: Gold, limit: int) -> tuple[Mistake, ...]:
    """Return the headlines with the most wrong decisions, the worst first.

    Of headlines with as many, that one whose probability is the farthest beyond its
    threshold comes first, then the alphabet decides.

    Args:
        said: What a model says of the headlines.
        gold: What people say.
        limit: How many.
    """
    wrong: Flags = (said.decided != gold.targets) & gold.scored
    found = [
        _mistake(said, gold, wrong[row], row)
        for row in np.flatnonzero(wrong.any(axis=1)).tolist()
    ]
    found.sort(key=lambda one: (-one.wrong, -abs(one.margin or 0.0), one.title))
    return tuple(found[:limit])


def margins_of(
    probabilities: Probabilities,
    thresholds: Thresholds,
    labels: Sequence[str],
    wanted: Sequence[str],
) -> Margins:
    """Return how far probabilities (M, L) are over thresholds (L,), of K wanted labels.

    Of labels that count as one, the highest; `n/a` is as far over as the highest topic
    is below, for it is given where no topic is.

    >>> found = margins_of(np.float32([[0.25]]), np.float32([0.5]), ["a"], ["a", "n/a"])
    >>> found.tolist()
    [[-0.25, 0.25]]
    """
    over = probabilities - thresholds
    found = np.full((len(over), len(wanted)), -1, dtype=np.float32)
    column_of = {label: column for column, label in enumerate(wanted)}
    for at, label in enumerate(labels):
        column = column_of.get(ALIASES.get(label, label))
        if column is not None and label != NO_TOPIC:
            found[:, column] = np.maximum(found[:, column], over[:, at])
    if NO_TOPIC in column_of:
        topics = np.delete(found, column_of[NO_TOPIC], axis=1)
        found[:, column_of[NO_TOPIC]] = -topics.max(axis=1, initial=-1)
    return found


def _mistake(said: Said, gold: Gold, wrong: Flags, row: int) -> Mistake:
    beyond = None if said.margins is None else np.abs(said.margins[row]) * wrong
    worst = int(np.argmax(wrong if beyond is None else beyond))
    return Mistake(
        title=gold.titles[row],
        people=_names(gold, gold.targets[row] * gold.scored[row]),
        disputed=_names(gold, ~gold.scored[row]),
        said=_names(gold, said.decided[row]),
        wrong=int(wrong.sum()),
        worst=gold.labels[worst],
        margin=None if said.margins is None else float(said.margins[row, worst]),
    )


def _names(gold: Gold, flags: npt.NDArray[Any]) -> tuple[str, ...]:
    return tuple(gold.labels[at] for at in np.flatnonzero(flags).tolist())
