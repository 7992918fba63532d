"""What every scheme of rules offers, whatever its rules are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rocktag.types import SchemeName, Targets


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a headline carries its labels.

    Attributes:
        words: The words the rules read, as they read them.
        evidence: Label to the words that speak for it; empty for `n/a`.
        topics: Names of the topics that the words complete, or of the functions that
            fire.
        labels: The labels the headline carries.
    """

    words: tuple[str, ...]
    evidence: Mapping[str, str]
    topics: tuple[str, ...]
    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class CastVote:
    """What one rule says of a headline.

    Attributes:
        function: The rule's full name: `label: name`.
        label: What it votes on.
        is_for: Whether it says that the label applies.
        start: Where the words stand that it fired on, in characters,
        end: and where they end.
    """

    function: str
    label: str
    is_for: bool
    start: int
    end: int


class Rules(Protocol):
    """Rules over a fixed list of labels; a headline has the same ones each time."""

    @property
    def name(self) -> SchemeName:
        """How the scheme is chosen."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The L labels in the order of every matrix's columns."""

    @property
    def digest(self) -> str:
        """SHA-256 of all that the labels depend on, to tell one state from another."""

    def label(self, title: str) -> frozenset[str]:
        """Return the labels of a title; never empty, `n/a` only alone."""

    def explain(self, title: str) -> Explanation:
        """Return what in the title gave which label."""

    def spans(self, title: str) -> list[tuple[int, int]]:
        """Return where words stand that could give a label, in reading order."""

    def votes_cast(self, title: str) -> list[CastVote]:
        """Return what each rule says that fires; a label may yet not be given."""

    def label_matrix(
        self, titles: Sequence[str], labels: Sequence[str] | None = None
    ) -> Targets:
        """Return the labels of N titles as a matrix (N, L) of 0 and 1.

        Args:
            titles: The N titles.
            labels: What the columns stand for, where it is not the rules' own order;
                labels unknown to the rules are never given.
        """


def matrix(label_sets: Sequence[frozenset[str]], labels: Sequence[str]) -> Targets:
    """Return label sets as a matrix (N, L) of 0 and 1; other labels are left out.

    >>> matrix([frozenset({"tour", "date"})], ["date", "song"]).tolist()
    [[1, 0]]
    """
    columns = {label: at for at, label in enumerate(labels)}
    targets = np.zeros((len(label_sets), len(columns)), dtype=np.int8)
    for row, given in enumerate(label_sets):
        for label in given & columns.keys():
            targets[row, columns[label]] = 1
    return targets
