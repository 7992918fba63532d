"""Which headlines go through a network together, and how far they are padded.

Headlines of like length share a batch, sorted by length within windows of a shuffled
order, so little of it is padding though each is padded to its longest.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from rocktag.types import Targets

Rows: TypeAlias = npt.NDArray[np.int64]  # (n,), rows of the training headlines
Lengths: TypeAlias = npt.NDArray[np.int64]  # (N,), tokens of each headline

_WINDOW = 50  # batches; within one, headlines are sorted by length


def by_length(lengths: Lengths, size: int) -> list[Rows]:
    """Return batches of every headline, the shortest first.

    >>> [batch.tolist() for batch in by_length(np.array([3, 1, 2]), 2)]
    [[1, 2], [0]]
    """
    order = np.argsort(lengths, kind="stable").astype(np.int64)
    return _cut(order, size)


def shuffled(lengths: Lengths, size: int, generator: np.random.Generator) -> list[Rows]:
    """Return batches of every headline in a random order.

    Args:
        lengths: (N,), of every headline.
        size: Headlines a batch.
        generator: The only source of chance.
    """
    order = generator.permutation(len(lengths))
    batches = [
        batch
        for window in _cut(order, size * _WINDOW)
        for batch in _cut(window[np.argsort(lengths[window], kind="stable")], size)
    ]
    return [batches[number] for number in generator.permutation(len(batches))]


def shown(targets: Targets, minimum: int) -> Rows:
    """Return the rows of one epoch: every headline, those of rare labels repeated.

    A headline with several rare labels is repeated as the rarest asks for; a label
    without any positive asks for nothing.

    Args:
        targets: (N, L).
        minimum: How often a label is to be shown at least, about; 0 repeats nothing.

    >>> shown(np.array([[1, 0], [0, 0], [1, 1]], dtype=np.int8), 3).tolist()
    [0, 0, 1, 2, 2, 2]
    """
    positives = np.maximum(targets.sum(axis=0, dtype=np.int64), 1)  # (L,)
    wanted = np.maximum(-(-minimum // positives), 1)
    times = np.maximum((targets * wanted).max(axis=1), 1)  # (N,)
    return np.repeat(np.arange(len(targets)), times)


def _cut(rows: Rows, size: int) -> list[Rows]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]
