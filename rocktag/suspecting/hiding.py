"""Which words tell a reader what the rules said, label by label.

A model that sees the words by which a rule fires learns the rule, its mistakes
included. So a second reader of each label does without the words that mostly stand
where the rules give it: what it still says it knows from the others.

They are hidden in all headlines alike. Were they hidden only where a rule fired, what
is missing would tell the label.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from rocktag.labeling import CastVote
from rocktag.types import Flags

Analyse: TypeAlias = Callable[[str], list[str]]  # a text to its terms

_MOSTLY = 0.5  # share of a term's headlines in which it is what a rule fired on


def hidden_terms(
    titles: Sequence[str],
    cast: Sequence[Sequence[CastVote]],
    labels: Sequence[str],
    analyse: Analyse,
    vocabulary: Mapping[str, int],
) -> Flags:
    """Return which terms (K, V) give each label away.

    Args:
        titles: N.
        cast: (N,), the votes on each title.
        labels: K.
        analyse: What splits a text into terms.
        vocabulary: Term to its column, V in all.
    """
    row_of = {label: row for row, label in enumerate(labels)}
    fired = np.zeros((len(labels), len(vocabulary)), dtype=np.int64)
    total = np.zeros(len(vocabulary), dtype=np.int64)
    for title, votes in zip(titles, cast, strict=True):
        total[_columns(title, analyse, vocabulary)] += 1
        texts: dict[int, str] = {}
        for vote in votes:
            if vote.is_for and vote.label in row_of:
                row = row_of[vote.label]
                texts[row] = f"{texts.get(row, '')} {title[vote.start : vote.end]}"
        for row, text in texts.items():
            fired[row, _columns(text, analyse, vocabulary)] += 1
    return np.asarray(fired >= _MOSTLY * np.maximum(total, 1))


def _columns(
    text: str, analyse: Analyse, vocabulary: Mapping[str, int]
) -> npt.NDArray[np.int64]:
    """Return the columns of a text's terms, each once."""
    found = {vocabulary[term] for term in analyse(text) if term in vocabulary}
    return np.array(sorted(found), dtype=np.int64)
