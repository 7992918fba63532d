"""Headlines that people have labelled: what a user would say of a model.

A CSV file with the columns title, labels and disputed, `;` between labels. A label that
only some readers gave is disputed and not scored for that headline. Labels that mean
the same to a reader are one, in the file and in what a model says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rocktag.comparing.counts import Counts, count
from rocktag.comparing.gold_file import read_content, read_gold_rows
from rocktag.config import Settings
from rocktag.types import ALIASES, Flags, HumanLabels, Targets


@dataclass(frozen=True, slots=True, eq=False)
class Gold:
    """M headlines with the labels that people gave them.

    Attributes:
        file: The name of the file, without a folder.
        sha256: Of its content.
        titles: M.
        labels: K, those of models without aliases.
        targets: (M, K), what all readers gave.
        scored: (M, K), where they agree.
    """

    file: str
    sha256: str
    titles: tuple[str, ...]
    labels: tuple[str, ...]
    targets: Targets
    scored: Flags

    def count(self, decided: Targets, labels: Sequence[str]) -> Counts:
        """Count what a model gave (M, L) against the readers.

        Macro averages are of the labels that the readers gave at all.
        """
        return count(
            self.targets,
            as_readers_say(decided, labels, self.labels),
            scored=self.scored,
            averaged=np.asarray((self.targets * self.scored).any(axis=0)),
        )

    def only(self, rows: Flags | npt.NDArray[np.int64]) -> Gold:
        """Return some of the M headlines, as flags (M,) or by their numbers."""
        at = np.arange(len(self.titles))[rows]
        return replace(
            self,
            titles=tuple(self.titles[row] for row in at.tolist()),
            targets=self.targets[rows],
            scored=self.scored[rows],
        )

    def human(
        self, labels: Sequence[str], rows: npt.NDArray[np.int64] | None = None
    ) -> HumanLabels:
        """Return what people say, for a model to learn from.

        Of a label that counts as another one nobody says whether it applies: only
        where the other is absent is it absent too.

        Args:
            labels: The L labels of the model.
            rows: Of the headlines wanted; None for all.
        """
        if rows is not None:
            return self.only(rows).human(labels)
        targets = np.zeros((len(self.titles), len(labels)), dtype=np.int8)
        known = np.zeros(targets.shape, dtype=bool)
        for column, label in enumerate(labels):
            said = self.labels.index(ALIASES.get(label, label))
            present, agreed = self.targets[:, said], self.scored[:, said]
            if label in ALIASES:
                known[:, column] = agreed & (present == 0)
            else:
                known[:, column] = agreed
                targets[:, column] = present * agreed
        return HumanLabels(self.titles, targets, known)


def as_readers_say(
    decided: Targets, labels: Sequence[str], wanted: Sequence[str]
) -> Targets:
    """Return labels (M, L) as wanted ones (M, K), each alias as what it counts as.

    >>> as_readers_say(np.int8([[0, 1], [0, 0]]), ["singer", "vocalist"], ["singer"])
    array([[1],
           [0]], dtype=int8)
    """
    found = np.zeros((len(decided), len(wanted)), dtype=np.int8)
    column_of = {label: column for column, label in enumerate(wanted)}
    for at, label in enumerate(labels):
        column = column_of.get(ALIASES.get(label, label))
        if column is not None:
            found[:, column] |= decided[:, at]
    return found


def configured_gold(settings: Settings, labels: Sequence[str]) -> Gold | None:
    """Return the human-labelled headlines of `evaluation.gold`, if it is set.

    Args:
        settings: Which file.
        labels: The L labels that a model may give; no other may stand in the file.

    Raises:
        InputError: The file cannot be used.
    """
    file = settings.evaluation.gold
    return None if file is None else read_gold(file, labels)


def read_gold(path: Path, labels: Sequence[str]) -> Gold:
    """Read a file of human labels.

    Args:
        path: The file.
        labels: The L labels that a model may give; no other may stand in the file.

    Raises:
        InputError: It cannot be read, or a line is not usable.
    """
    content = read_content(path)
    rows = read_gold_rows(content, path, labels)
    wanted = tuple(label for label in labels if label not in ALIASES)
    return Gold(
        file=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
        titles=tuple(row.title for row in rows),
        labels=wanted,
        targets=_matrix([row.given for row in rows], wanted),
        scored=_matrix([row.disputed for row in rows], wanted) == 0,
    )


def _matrix(given: Sequence[frozenset[str]], labels: Sequence[str]) -> Targets:
    rows = [[label in found for label in labels] for found in given]
    return np.array(rows, dtype=np.int8)
