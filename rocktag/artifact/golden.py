"""golden.jsonl: titles, and what the model said of them when it was published."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rocktag.artifact.folder import RESTORE
from rocktag.artifact.manifest import MANIFEST_NAME
from rocktag.errors import ArtifactError, brief
from rocktag.text import refusal
from rocktag.types import Probabilities

GOLDEN_NAME = "golden.jsonl"
GOLDEN_TOLERANCE = 1e-4  # of a probability, between the machines that train and tag


def replay(
    predict: Callable[[Sequence[str]], Probabilities],
    golden: bytes | None,
    labels: int,
    folder: Path,
) -> None:
    """Refuse a model that does not say today what it said when it was published.

    Args:
        predict: Titles to probabilities (N, L).
        golden: The content of golden.jsonl, if the artifact has it.
        labels: L.
        folder: The artifact's, for messages.

    Raises:
        ArtifactError: It fails or says something else, or the file is not usable.
    """
    where = folder / GOLDEN_NAME
    if golden is None:
        raise ArtifactError(f"{where} is not in the manifest; {RESTORE}")
    titles, expected = _parsed(golden, where)
    try:
        found = predict(titles)
    except Exception as error:  # what is wrong inside a model shows in any way
        raise ArtifactError(
            f"{folder}: the model cannot tag its golden headlines ({brief(error)});"
            f" {RESTORE}"
        ) from error
    shape = (len(titles), labels)
    if found.shape != shape or expected.shape != shape:
        raise ArtifactError(
            f"{where}: the model gives {found.shape}, not {shape}; {RESTORE}"
        )
    difference = np.abs(found - expected)
    if not (difference <= GOLDEN_TOLERANCE).all():
        row = int(difference.max(axis=1).argmax())
        raise ArtifactError(
            f"{where}, line {row + 1}: a probability differs by"
            f" {difference[row].max():.4f} from the published one; install the package"
            f" versions of {MANIFEST_NAME}, or train again"
        )


def dump(titles: Sequence[str], probabilities: Probabilities) -> bytes:
    """Return the content of golden.jsonl: N titles with their probabilities (N, L)."""
    lines = (
        json.dumps({"title": title, "probabilities": _rounded(said)})
        for title, said in zip(titles, probabilities, strict=True)
    )
    return "".join(f"{line}\n" for line in lines).encode()


def _rounded(values: npt.NDArray[np.float32]) -> list[float]:
    return [round(float(value), 6) for value in values]


def _parsed(golden: bytes, where: Path) -> tuple[list[str], Probabilities]:
    try:
        rows = [json.loads(line) for line in golden.splitlines()]
        titles = [row["title"] for row in rows]
        expected = np.array([row["probabilities"] for row in rows], dtype=np.float32)
        usable = bool(titles) and not any(map(refusal, titles))
    except (KeyError, OverflowError, RecursionError, TypeError, ValueError) as error:
        raise ArtifactError(
            f"{where} cannot be read: {brief(error)}; {RESTORE}"
        ) from error
    if not usable:
        raise ArtifactError(f"{where} holds no titles, or unusable ones; {RESTORE}")
    return titles, expected
