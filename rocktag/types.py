"""The nouns of rocktag. N headlines, L labels, in the order the rules give them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Targets: TypeAlias = npt.NDArray[np.int8]  # (N, L), 1 the label applies, 0 it does not
Probabilities: TypeAlias = npt.NDArray[np.float32]  # (N, L), each in [0, 1]
Thresholds: TypeAlias = npt.NDArray[np.float32]  # (L,), each in [0, 1]
TokenIds: TypeAlias = npt.NDArray[np.int32]  # (B, T), a batch's tokens; 0 is padding

BagOfWordsName: TypeAlias = Literal[
    "adaboost", "random-forest", "extra-trees", "decision-tree", "logistic-regression"
]
NetworkName: TypeAlias = Literal["cnn-bilstm", "transformer"]
ClassifierName: TypeAlias = Literal[BagOfWordsName, NetworkName]

SchemeName: TypeAlias = Literal["keywords", "topics"]  # which rules label headlines
ServedBy: TypeAlias = Literal["model", "rules"]  # what gives a label

NO_TOPIC = "n/a"  # the label of a headline without any topic; stands alone


def rules_in_words(scheme: SchemeName) -> str:
    """Return what messages call a scheme's rules.

    >>> rules_in_words("keywords")
    'keyword rules'
    """
    return f"{scheme.removesuffix('s')} rules"


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
