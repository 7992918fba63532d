"""Which headlines a model learned from, kept so that it can be compared fairly.

Of each headline of the corpus, in its order: a hash of what it shares with those that
may not stand on another side of the split, and the side it stood on. No title is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from rocktag.artifact import npy_file
from rocktag.errors import ArtifactError
from rocktag.text import split_key

if TYPE_CHECKING:
    from rocktag.splits import Split  # it knows a training library

Keys: TypeAlias = npt.NDArray[np.uint64]  # (N,)

TRAINING, VALIDATION, TEST, FIRST_FOLD = 0, 1, 2, 3
FILE_NAMES = ("headline_keys.npy", "sides.npy")
READ_NAME = "read_keys.npy"  # of those that learned from people

_KEY_BYTES = 8  # of a SHA-256
_HIGHEST = np.iinfo(np.int8).max


@dataclass(frozen=True, slots=True, eq=False)
class Provenance:
    """The N headlines of a corpus, by key, and the side of each.

    Attributes:
        headline_keys: (N,), as `keys_of` gives them.
        sides: (N,), TRAINING, VALIDATION or TEST; after cross-validation FIRST_FOLD
            plus the fold, from 0, that was not learned from by the model asked of it.
        read: Keys of the headlines whose human labels it learned from, sorted.
    """

    headline_keys: Keys
    sides: npt.NDArray[np.int8]
    read: Keys = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))

    @property
    def is_crossed(self) -> bool:
        """Whether the model came of cross-validation: it learned from all headlines."""
        return bool((self.sides >= FIRST_FOLD).any())

    @property
    def learned(self) -> Keys:
        """Keys of what the model learned from or was tuned on, sorted."""
        of_corpus = self.headline_keys[self.sides != TEST]
        return np.unique(np.concatenate([of_corpus, self.read]))


def keys_of(titles: Sequence[str]) -> Keys:
    """Return the key of each title: the first bytes of the hash of its split key.

    >>> first, second, third = keys_of(["New tour!", "new tours", "New album"])
    >>> bool(first == second), bool(first == third)
    (True, False)
    """
    digests = (hashlib.sha256(split_key(title).encode()).digest() for title in titles)
    joined = b"".join(digest[:_KEY_BYTES] for digest in digests)
    return np.frombuffer(joined, dtype=">u8").astype(np.uint64)


def of_split(
    titles: Sequence[str], rows: Split, read: Sequence[str] = ()
) -> Provenance:
    """Return the provenance of a model that was trained on a simple split.

    Args:
        titles: N, of the corpus.
        rows: Its sides.
        read: Those whose human labels it learned from, too.
    """
    sides = np.full(len(titles), TRAINING, dtype=np.int8)
    sides[rows.validation] = VALIDATION
    sides[rows.test] = TEST
    return Provenance(keys_of(titles), sides, np.unique(keys_of(read)))


def of_folds(titles: Sequence[str], folds: npt.NDArray[np.int8]) -> Provenance:
    """Return the provenance of a model after cross-validation, folds from 0."""
    return Provenance(keys_of(titles), (FIRST_FOLD + folds).astype(np.int8))


def dump(provenance: Provenance) -> dict[str, bytes]:
    """Return its files."""
    keys, sides = FILE_NAMES
    files = {
        keys: npy_file.dump(provenance.headline_keys, np.dtype(np.uint64)),
        sides: npy_file.dump(provenance.sides, np.dtype(np.int8)),
    }
    if len(provenance.read):
        files[READ_NAME] = npy_file.dump(provenance.read, np.dtype(np.uint64))
    return files


def load(files: Mapping[str, bytes], *, where: str) -> Provenance:
    """Return what an artifact's files say of the headlines it learned from.

    Args:
        files: Name to content, already checked against the manifest.
        where: The artifact, for messages.

    Raises:
        ArtifactError: They do not say it, or the files are damaged.
    """
    if not set(FILE_NAMES) <= files.keys():
        raise ArtifactError(
            f"{where} does not say which headlines it learned from, it is of an older"
            " rocktag and cannot be compared fairly; train again"
        )
    keys, sides = (
        _row(files[name], np.dtype(kind), f"{where}/{name}")
        for name, kind in zip(FILE_NAMES, (np.uint64, np.int8), strict=True)
    )
    if len(keys) != len(sides):
        raise ArtifactError(
            f"{where}: {' and '.join(FILE_NAMES)} are not equally long; train again"
        )
    if not (sides >= 0).all():
        raise ArtifactError(
            f"{where}/{FILE_NAMES[1]} holds values outside 0 to {_HIGHEST}; train again"
        )
    if READ_NAME not in files:
        return Provenance(keys, sides)
    place = f"{where}/{READ_NAME}"
    return Provenance(keys, sides, _row(files[READ_NAME], np.dtype(np.uint64), place))


def _row(content: bytes, kind: np.dtype[Any], where: str) -> npt.NDArray[Any]:
    found = npy_file.load(content, where=where)
    if found.ndim != 1 or not len(found) or found.dtype != kind:
        raise ArtifactError(f"{where} is not a row of {kind}; train again")
    return np.ascontiguousarray(found)
