"""How much of a vocabulary, and of the text it comes from, has vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rocktag.embeddings.vectors import WordVectors


@dataclass(frozen=True, slots=True)
class Coverage:
    """What share of words and of text has vectors.

    Attributes:
        vocabulary_share: Words of the vocabulary with a vector, in [0, 1].
        token_share: Running words of the text with a vector, in [0, 1].
        missing: Words without a vector, the most frequent first, then by alphabet.
    """

    vocabulary_share: float
    token_share: float
    missing: tuple[str, ...]


def coverage(word_vectors: WordVectors, token_counts: Mapping[str, int], /) -> Coverage:
    """Return how much the vectors cover of their vocabulary and of a text.

    A counted word outside the vocabulary has no vector, so it is missing too. A share
    of nothing is 0.

    Args:
        word_vectors: What was read for the vocabulary.
        token_counts: Word to how often it occurs in the text.
    """
    rows, found = word_vectors.rows, word_vectors.found
    covered = {word for word, row in rows.items() if found[row]}
    missing = sorted(
        (rows.keys() | token_counts.keys()) - covered,
        key=lambda word: (-token_counts.get(word, 0), word),
    )
    tokens = sum(token_counts.get(word, 0) for word in covered)
    return Coverage(
        vocabulary_share=_share(len(covered), len(rows)),
        token_share=_share(tokens, sum(token_counts.values())),
        missing=tuple(missing),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
