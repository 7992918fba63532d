"""What a classifier learns from: distinct titles, known by a fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from rocktag.errors import TrainingError
from rocktag.text import split_key


@dataclass(frozen=True, slots=True)
class Corpus:
    """Titles to learn from.

    Attributes:
        titles: N distinct titles in the order in which they came.
        origin: The name of the file they came from, or "the database".
    """

    titles: tuple[str, ...]
    origin: str

    @property
    def sha256(self) -> str:
        """The fingerprint: of the titles in order, a newline after each."""
        total = hashlib.sha256()
        for title in self.titles:
            total.update(f"{title}\n".encode())
        return total.hexdigest()


def gather(titles: Iterable[str], origin: str) -> Corpus:
    """Return the corpus of the titles, each once.

    >>> gather(["Ghost tour", "Queen", "Ghost tour"], "example").titles
    ('Ghost tour', 'Queen')

    Raises:
        TrainingError: There is no title.
    """
    distinct = tuple(dict.fromkeys(titles))
    if not distinct:
        raise TrainingError(
            f"{origin} holds no headlines; run: rocktag ingest FILE, or give --corpus"
        )
    return Corpus(distinct, origin)


def without(corpus: Corpus, titles: Iterable[str]) -> Corpus:
    """Return the corpus without headlines that have the same words as some titles.

    >>> without(Corpus(("Ghost tour", "Queen"), "example"), ["Ghost: tour!"]).titles
    ('Queen',)

    Raises:
        TrainingError: Nothing is left.
    """
    keys = {split_key(title) for title in titles}
    kept = (title for title in corpus.titles if split_key(title) not in keys)
    return gather(kept, corpus.origin)
