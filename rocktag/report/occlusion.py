"""The worst errors of a model, and the words that drove them.

Occlusion: the model is asked again of each title with one word left out. Source:
J. Li, W. Monroe and D. Jurafsky, Understanding Neural Networks through Representation
Erasure, 2016.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict

from rocktag.types import NO_TOPIC, Probabilities, Targets

Predict: TypeAlias = Callable[[Sequence[str]], Probabilities]

_MOST_ERRORS = 20
_MOST_WORDS = 60  # of a headline; a longer one is no headline, and each word is asked


class Part(BaseModel):
    """A part of report.json; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Word(Part):
    """A word of a headline, and what it does to a probability.

    Attributes:
        word: As it stands in the title.
        effect: The probability of the title less that of the title without the word.
    """

    word: str
    effect: float


class WorstError(Part):
    """A label that the model was sure of and wrong, or sure that it does not apply.

    Attributes:
        title: The headline.
        label: Which label.
        applies: Whether it does, by the rules.
        probability: That the model gave; of a fold's model, after cross-validation.
        served: That the model gives which is served; the same but after that.
        words: The title's first words, in reading order; none of a title of one.
    """

    title: str
    label: str
    applies: bool
    probability: float
    served: float
    words: tuple[Word, ...]

    def driver(self) -> Word | None:
        """Return the word that moves the probability most, if any does."""
        moving = [word for word in self.words if word.effect]
        return max(moving, key=lambda word: abs(word.effect), default=None)


def worst_errors(
    titles: Sequence[str],
    targets: Targets,
    probabilities: Probabilities,
    labels: Sequence[str],
    predict: Predict,
) -> tuple[WorstError, ...]:
    """Return the decisions farthest from what is so, one a headline, 20 at most.

    The model is asked once, of all titles with all their words left out in turn.

    Args:
        titles: N.
        targets: (N, L), by the rules.
        probabilities: (N, L), by a model that had not learned from them.
        labels: The L labels; `n/a` is none of the model's own and is passed over.
        predict: Titles to probabilities, by the model that is served.
    """
    distance = np.abs(targets - np.asarray(probabilities, dtype=np.float64)).round(6)
    if NO_TOPIC in labels:
        distance[:, labels.index(NO_TOPIC)] = 0
    columns, worst = distance.argmax(axis=1), distance.max(axis=1)
    rows = np.argsort(-worst, kind="stable")[:_MOST_ERRORS]
    chosen = [
        (titles[row], int(columns[row]), int(row)) for row in rows if worst[row] > 0.5
    ]
    effects = _effects([(title, column) for title, column, _ in chosen], predict)
    return tuple(
        WorstError(
            title=title,
            label=labels[column],
            applies=bool(targets[row, column]),
            probability=round(float(probabilities[row, column]), 6),
            served=served,
            words=words,
        )
        for (title, column, row), (served, words) in zip(chosen, effects, strict=True)
    )


def without_each(title: str) -> list[tuple[str, str]]:
    """Return each of the title's first words, with the title without it.

    >>> without_each("Ghost announce tour")[1]
    ('announce', 'Ghost tour')
    >>> without_each("Ghost")
    []
    """
    words = title.split()
    if len(words) < 2:
        return []
    return [
        (word, " ".join([*words[:place], *words[place + 1 :]]))
        for place, word in enumerate(words[:_MOST_WORDS])
    ]


def _effects(
    asked: Sequence[tuple[str, int]], predict: Predict
) -> list[tuple[float, tuple[Word, ...]]]:
    """Return, of each title and column, the probability and what each word does."""
    if not asked:
        return []
    variants = [(title, without_each(title)) for title, _ in asked]
    said = predict(
        [text for title, parts in variants for text in (title, *(t for _, t in parts))]
    )
    found, row = [], 0
    for (_, parts), (_, column) in zip(variants, asked, strict=True):
        whole, rest = said[row, column], said[row + 1 : row + 1 + len(parts), column]
        words = tuple(
            Word(word=word, effect=round(float(whole - value), 6))
            for (word, _), value in zip(parts, rest, strict=True)
        )
        found.append((round(float(whole), 6), words))
        row += 1 + len(parts)
    return found
