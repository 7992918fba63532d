"""--glove: word vectors from a file, and what people are told of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from rocktag.cli.console import note
from rocktag.config import TrainSettings
from rocktag.text import counted

if TYPE_CHECKING:
    from rocktag.embeddings import WordVectors
    from rocktag.fitting import Vectors
    from rocktag.fitting.fitted import OnProgress

GloveFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--glove",
        metavar="FILE",
        help="Word vectors to start a network from: GloVe or word2vec text, plain, .gz"
        " or .zip (FILE.zip:MEMBER).",
    ),
]

_MALFORMED_SHOWN = 5
_LITTLE = 0.05  # of the vocabulary: most probably the wrong file


def word_vectors_of(file: Path, chosen: TrainSettings) -> Vectors:
    """Return what reads a vocabulary's vectors from a file, and tells its faults.

    Raises:
        InputError: The file is not there, or does not begin with word vectors.
    """
    from rocktag.fitting import word_vectors

    preferred = chosen.cnn_bilstm.embedding_dimension
    word_vectors.check(file, preferred_dimension=preferred)

    def vectors(vocabulary: Mapping[str, int], on_progress: OnProgress) -> WordVectors:
        found = word_vectors.read(
            file, vocabulary, on_progress, preferred_dimension=preferred
        )
        _tell(found, preferred)
        return found

    return vectors


def _tell(found: WordVectors, preferred: int) -> None:
    if found.dimension != preferred:
        note(
            f"{found.origin} has {counted(found.dimension, 'number')} a word; they"
            f" count, not train.cnn_bilstm.embedding_dimension = {preferred}"
        )
    for line in found.malformed[:_MALFORMED_SHOWN]:
        note(f"{found.origin}, line {line.number:,}: {line.reason}")
    more = found.malformed_count - _MALFORMED_SHOWN
    if found.malformed_count:
        note(
            f"{found.origin}: {f'{more:,} more; ' if more > 0 else ''}"
            f"{found.malformed_count:,} of {counted(found.line_count, 'line')}"
            " malformed and passed over"
        )
    if found.repeated_count:
        note(
            f"{found.origin}: lines whose word stood before: {found.repeated_count:,};"
            " its first vector counts"
        )
    share = found.found.mean() if len(found.rows) else 0.0
    if 0 < share < _LITTLE:
        note(
            f"{found.origin} has {share:.1%} of the {counted(len(found.rows), 'word')}"
            " of the headlines; see that it is of the right language and in lower case"
        )
