"""report.json: what the page of a training shows and no other file of it holds.

It is kept so that the page can be written anew when thresholds are tuned again, without
the headlines and without the model.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rocktag.report.occlusion import Part, Predict, WorstError, worst_errors
from rocktag.splits import Indices, Split
from rocktag.types import Probabilities, Targets

FINDINGS_NAME = "report.json"


class Findings(Part):
    """What only the training sees: its headlines' labels, and its worst errors.

    Attributes:
        frequencies: (L, K), headlines with the label that have 1 to K labels.
        together: (L, L), headlines that have both labels.
        sides: Side of the split to headlines with each label (L,).
        errors: The worst first.
    """

    frequencies: tuple[tuple[int, ...], ...]
    together: tuple[tuple[int, ...], ...]
    sides: dict[str, tuple[int, ...]]
    errors: tuple[WorstError, ...]

    def to_json(self) -> bytes:
        """Return the content of report.json."""
        return (self.model_dump_json() + "\n").encode()


def read_findings(content: bytes, labels: int) -> Findings:
    """Return what report.json holds of L labels.

    Raises:
        ValueError: It is of another form.
    """
    found = Findings.model_validate_json(content)
    square = [len(row) for row in found.together] == [labels] * labels
    rows = len({len(row) for row in found.frequencies}) == 1
    sides = {len(found.frequencies), *map(len, found.sides.values())} == {labels}
    if not (square and rows and sides):
        raise ValueError(f"{FINDINGS_NAME} is not of {labels} labels")
    return found


def find(
    titles: Sequence[str],
    targets: Targets,
    rows: Split,
    scored: tuple[Indices, Probabilities],
    labels: Sequence[str],
    predict: Predict,
) -> Findings:
    """Return what the page of a training needs of its headlines.

    Args:
        titles: N.
        targets: (N, L), by the rules.
        rows: The sides of the split.
        scored: n rows that were scored, and the probabilities (n, L) they had then.
        labels: The L labels.
        predict: Titles to probabilities, by the model that is served.
    """
    chosen, probabilities = scored
    named = {"training": rows.train, "validation": rows.validation, "test": rows.test}
    return Findings(
        frequencies=_rows(frequencies(targets)),
        together=_rows(together(targets)),
        sides={name: _positives(targets[side]) for name, side in named.items()},
        errors=worst_errors(
            [titles[row] for row in chosen],
            targets[chosen],
            probabilities,
            labels,
            predict,
        ),
    )


def frequencies(targets: Targets) -> npt.NDArray[np.int64]:
    """Return (L, K), headlines with each label that have 1 to K labels.

    >>> frequencies(np.int8([[1, 0], [1, 1], [1, 0]])).tolist()
    [[2, 1], [0, 1]]
    """
    numbers = targets.sum(axis=1)
    most = max(int(numbers.max(initial=0)), 1)
    columns = [
        targets[numbers == number].sum(axis=0, dtype=np.int64)
        for number in range(1, most + 1)
    ]
    return np.column_stack(columns)


def together(targets: Targets) -> npt.NDArray[np.int64]:
    """Return (L, L), headlines that have both labels.

    >>> together(np.int8([[1, 0], [1, 1], [1, 0]])).tolist()
    [[3, 1], [1, 1]]
    """
    counted = targets.astype(np.float64)  # BLAS knows no integers
    return (counted.T @ counted).astype(np.int64)


def _positives(targets: Targets) -> tuple[int, ...]:
    return tuple(targets.sum(axis=0, dtype=np.int64).tolist())


def _rows(counts: npt.NDArray[np.int64]) -> tuple[tuple[int, ...], ...]:
    return tuple(map(tuple, counts.tolist()))
