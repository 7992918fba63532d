"""From texts to token ids, the same for training and for tagging.

A text always has a token: one whose characters all vanish in normalisation is an
unknown word, so that no model meets a headline of padding only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from rocktag.types import TokenIds

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Ragged: TypeAlias = list[list[int]]  # N texts, each of at least one token id

PADDING, UNKNOWN = "[PAD]", "[UNK]"


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> Ragged:
    """Return the token ids of N texts, cut where the tokenizer says, not padded."""
    unknown = id_of(tokenizer, UNKNOWN)
    encodings = tokenizer.encode_batch(list(texts))
    return [encoding.ids or [unknown] for encoding in encodings]


def id_of(tokenizer: Tokenizer, token: str) -> int:
    """Return the id of a token.

    Raises:
        KeyError: The tokenizer does not know it.
    """
    found = tokenizer.token_to_id(token)
    if found is None:
        raise KeyError(token)
    return found


def pad(ids: Sequence[Sequence[int]], length: int, padding: int = 0) -> TokenIds:
    """Return the ids (N, length), cut or padded at their end.

    >>> pad([[5, 6, 7], [8]], 2)
    array([[5, 6],
           [8, 0]], dtype=int32)
    """
    padded = np.full((len(ids), length), padding, dtype=np.int32)
    for row, tokens in enumerate(ids):
        kept = tokens[:length]
        padded[row, : len(kept)] = kept
    return padded
