"""Where a network's word vectors start: in a file of given ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile, is_zipfile

import numpy as np
import numpy.typing as npt

from rocktag.classifiers.token_ids import PADDING, UNKNOWN, Ragged
from rocktag.embeddings import Coverage, WordVectors, coverage, look, read_vectors
from rocktag.errors import InputError
from rocktag.fitting.fitted import OnProgress, Progress, Task
from rocktag.text import counted

_REACH = 0.05  # of the numbers of a word that the file lacks, as Keras starts them


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Where the vectors of V words start.

    Attributes:
        vectors: (V, D).
        read: What the file had.
        coverage: Of the vocabulary and of the training headlines' words.
    """

    vectors: npt.NDArray[np.float32]
    read: WordVectors
    coverage: Coverage


def facts(start: Start | None) -> dict[str, Any]:
    """Return what the manifest says of a start; no local folder is in it."""
    if start is None:
        return {"word_vectors": "from scratch"}
    return {
        "word_vectors": "given",
        "given_vectors": {
            "origin": Path(start.read.origin).name,
            "sha256": start.read.sha256,
            "dimension": start.read.dimension,
            "vocabulary_coverage": start.coverage.vocabulary_share,
            "token_coverage": start.coverage.token_share,
            "malformed_lines": start.read.malformed_count,
        },
    }


def remark(start: Start | None) -> str:
    """Return what the model card says of a start.

    >>> remark(None)
    'Word vectors: trained from scratch.'
    """
    if start is None:
        return "Word vectors: trained from scratch."
    return (
        f"Word vectors: {start.read.dimension} numbers each, from"
        f" {Path(start.read.origin).name} (SHA-256 {start.read.sha256}; the same"
        " training takes it as --glove), which has"
        f" {start.coverage.vocabulary_share:.1%} of the vocabulary and"
        f" {start.coverage.token_share:.1%} of the training headlines' words."
    )


def start(
    task: Task,
    vocabulary: Mapping[str, int],
    token_ids: Ragged,
    progress: Progress,
) -> Start | None:
    """Return where the task's word vectors start; None where no file is given.

    Words that the file lacks start small and at random, settled by the seed; padding,
    which is masked, at zero.

    Args:
        task: Whose file, seed and training side count.
        vocabulary: Word to row, V words with padding and the unknown word.
        token_ids: Of all N headlines.
        progress: Told how far the file is read.

    Raises:
        InputError: The file cannot be used, or has none of the words.
    """
    if task.vectors is None:
        return None
    words = {w: row for w, row in vocabulary.items() if w not in (PADDING, UNKNOWN)}
    read = task.vectors(words, partial(progress, "word vectors"))
    _refuse_nothing(read)
    generator = np.random.default_rng(task.settings.seed)
    vectors = generator.uniform(-_REACH, _REACH, (len(vocabulary), read.dimension))
    vectors[vocabulary[PADDING]] = 0
    found = np.flatnonzero(read.found)
    vectors[found] = read.vectors[found]
    counts = _token_counts(task, list(vocabulary), token_ids)
    return Start(vectors.astype(np.float32), read, coverage(read, counts))


def read(
    file: str | Path,
    vocabulary: Mapping[str, int],
    on_progress: OnProgress,
    *,
    preferred_dimension: int,
) -> WordVectors:
    """Read a vocabulary's vectors; the file's dimension is the one that counts.

    Args:
        file: GloVe or word2vec text, plain, .gz, .zip, or `FILE.zip:MEMBER`.
        vocabulary: Word to row.
        on_progress: Told how far the file is read.
        preferred_dimension: Chooses from a .zip of several files.

    Raises:
        InputError: The file cannot be used.
    """
    return read_vectors(
        file,
        vocabulary,
        dimension=preferred_dimension if _has_choice(file) else None,
        on_progress=on_progress,
    )


def check(file: str | Path, *, preferred_dimension: int) -> None:
    """See that a file begins as `read` needs it, without reading all of it.

    Raises:
        InputError: It cannot be used.
    """
    look(file, dimension=preferred_dimension if _has_choice(file) else None)


def _refuse_nothing(read: WordVectors) -> None:
    if not read.found.any():
        raise InputError(
            f"{read.origin} has none of the {counted(len(read.rows), 'word')} of the"
            " headlines;"
            " give vectors of words in the same language and in lower case, or train"
            " without --glove"
        )


def _token_counts(task: Task, words: list[str], token_ids: Ragged) -> dict[str, int]:
    """Return how often each word, the unknown one too, stands in the training side."""
    counts = Counter(word for row in task.rows.train for word in token_ids[row])
    return {words[row]: count for row, count in counts.items()}


def _has_choice(file: str | Path) -> bool:
    try:
        if not is_zipfile(file):
            return False
        with ZipFile(file) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
    except (OSError, BadZipFile):
        return False  # reading it says what is wrong
    return len([name for name in names if not name.startswith("__MACOSX/")]) > 1
