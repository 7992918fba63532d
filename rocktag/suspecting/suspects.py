"""The labels that are least credible, one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from rocktag.suspecting.judging import Judged
from rocktag.text import split_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A label of a headline that is probably wrong.

    Attributes:
        title: The headline.
        label: Which label.
        given: What the rules say of it.
        score: How credible that is, from 0 to 1; lower is worse.
        probability: That the label applies, by a model that saw all the words.
        functions: The rules that fired for or against it, by their full names.
    """

    title: str
    label: str
    given: Literal["present", "absent"]
    score: float
    probability: float
    functions: tuple[str, ...]


def suspects(judged: Judged, count: int) -> list[Suspect]:
    """Return the `count` least credible labels, the worst first.

    Headlines that differ in case, marks or endings only are read once.
    """
    found: list[Suspect] = []
    seen: set[tuple[str, int]] = set()
    for row, column in _worst_first(judged):
        if len(found) == count:
            break
        key = split_key(judged.titles[row]), column
        if key not in seen:
            seen.add(key)
            found.append(_suspect(judged, row, column))
    return found


def _worst_first(judged: Judged) -> list[tuple[int, int]]:
    """Return row and column of every label; equals in the order of their titles."""
    by_title = np.argsort(np.array(judged.titles, dtype=object), kind="stable")
    quality = judged.quality[by_title]
    order = np.argsort(quality, axis=None, kind="stable")
    rows, columns = np.unravel_index(order, quality.shape)
    return list(zip(by_title[rows].tolist(), columns.tolist(), strict=True))


def _suspect(judged: Judged, row: int, column: int) -> Suspect:
    label = judged.labels[column]
    return Suspect(
        title=judged.titles[row],
        label=label,
        given="present" if judged.targets[row, column] else "absent",
        score=float(judged.quality[row, column]),
        probability=float(judged.probabilities[row, column]),
        functions=tuple(
            dict.fromkeys(
                vote.function for vote in judged.cast[row] if vote.label == label
            )
        ),
    )
