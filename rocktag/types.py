"""The nouns of rocktag. N headlines, L labels, in the order the rules give them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Targets: TypeAlias = npt.NDArray[np.int8]  # (N, L), 1 the label applies, 0 it does not
Probabilities: TypeAlias = npt.NDArray[np.float32]  # (N, L), each in [0, 1]
Flags: TypeAlias = npt.NDArray[np.bool_]
Thresholds: TypeAlias = npt.NDArray[np.float32]  # (L,), each in [0, 1]
TokenIds: TypeAlias = npt.NDArray[np.int32]  # (B, T), a batch's tokens; 0 is padding

BagOfWordsName: TypeAlias = Literal[
    "adaboost", "random-forest", "extra-trees", "decision-tree", "logistic-regression"
]
NetworkName: TypeAlias = Literal["cnn-bilstm", "transformer"]
ClassifierName: TypeAlias = Literal[BagOfWordsName, NetworkName]

SchemeName: TypeAlias = Literal["keywords", "topics"]  # which rules label headlines
# What is learned: the labels of rules alone, or of rules and of people.
LabelsName: TypeAlias = Literal["keywords", "topics", "topics+human"]
ServedBy: TypeAlias = Literal["model", "rules"]  # what gives a label
HUMAN = "human"  # in place of these where people do

NO_TOPIC = "n/a"  # the label of a headline without any topic; stands alone
# To people these mean the same: label to the one it counts as.
ALIASES = {"vocalist": "singer", "play": "perform"}


def rules_in_words(scheme: SchemeName) -> str:
    """Return what messages call a scheme's rules.

    >>> rules_in_words("keywords")
    'keyword rules'
    """
    return f"{scheme.removesuffix('s')} rules"


def scheme_of(labels: LabelsName) -> SchemeName:
    """Return which rules give the labels that are learned.

    >>> scheme_of("topics+human")
    'topics'
    """
    return "keywords" if labels == "keywords" else "topics"


def learns_from_people(labels: LabelsName) -> bool:
    """Say whether the labels that are learned are those of people, too."""
    return labels == "topics+human"


@dataclass(frozen=True, slots=True, eq=False)
class HumanLabels:
    """What people say of headlines; where they say nothing, or differ, it is unknown.

    Attributes:
        titles: M.
        targets: (M, L), 1 where the label applies, 0 where it does not or is unknown.
        known: (M, L), where people have said it, and agree.
    """

    titles: tuple[str, ...]
    targets: Targets
    known: Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """One headline as a feed gives it.

    Attributes:
        source: Who published it, or the file or table it came from.
        external_id: Its name in the feed; unique within a source.
        title: 1 to 2,000 characters, trimmed, without NUL or lone surrogates.
        url: Where the article stands, if known.
        published_at: Aware, in UTC; None where the feed does not say.
    """

    source: str
    external_id: str
    title: str
    url: str | None = None
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """One row of a feed that cannot be a headline.

    Attributes:
        origin: The file or table it stands in.
        line: Its first line in the file, counted from 1; None for a table's row.
        reason: What is wrong with it, in a few words.
        excerpt: Its beginning, printable, for a person to recognise it.
    """

    origin: str
    line: int | None
    reason: str
    excerpt: str
