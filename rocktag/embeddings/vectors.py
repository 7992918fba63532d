"""The nouns of word vectors: V rows of a vocabulary, D numbers each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class MalformedLine:
    """One line of a file that is no word vector.

    Attributes:
        number: Which line of the text, counted from 1.
        reason: What is wrong with it, in a few words.
    """

    number: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WordVectors:
    """A vocabulary's vectors, as one file gives them.

    Attributes:
        origin: The file, and the member of it if it is an archive.
        sha256: Of the text that was read: the same plain, .gz and .zip.
        dimension: D.
        rows: Word to its row; the vocabulary.
        vectors: (V, D), zeros where no vector was found.
        found: (V,), whether the file has a vector for the row's word.
        line_count: Lines read, without the header that word2vec writes.
        malformed: The first malformed lines, in order.
        malformed_count: How many there are in all.
        repeated_count: Lines with another vector of a word that has one; passed over.
    """

    origin: str
    sha256: str
    dimension: int
    rows: Mapping[str, int]
    vectors: npt.NDArray[np.float32]
    found: npt.NDArray[np.bool_]
    line_count: int
    malformed: tuple[MalformedLine, ...]
    malformed_count: int
    repeated_count: int = 0
