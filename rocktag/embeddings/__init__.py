"""Word vectors from GloVe and word2vec text files, and how much of a corpus they cover.

Read in this order: `lines`, `packing`, `reading`, `coverage`.
"""

from rocktag.embeddings.coverage import Coverage, coverage
from rocktag.embeddings.reading import look, read_vectors
from rocktag.embeddings.vectors import MalformedLine, WordVectors

__all__ = [
    "Coverage",
    "MalformedLine",
    "WordVectors",
    "coverage",
    "look",
    "read_vectors",
]
