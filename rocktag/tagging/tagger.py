"""A model with the thresholds it serves under: titles to labels.

Knows neither training nor the kind of a model: an artifact gives labels, thresholds
and one function from titles to probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rocktag.artifact import Artifact, load
from rocktag.artifact.litert_file import THREADS
from rocktag.thresholds import decide
from rocktag.types import Probabilities, Targets, Thresholds


@dataclass(frozen=True, slots=True)
class Tagger:
    """A model with the thresholds it serves under.

    Attributes:
        artifact: The checked model.
        policy: micro, macro, per-label or a number.
        thresholds: (L,), what the policy means for this model.
    """

    artifact: Artifact
    policy: str
    thresholds: Thresholds

    @property
    def name(self) -> str:
        """Of its version: `<classifier>/<version>`."""
        return self.artifact.manifest.name

    @property
    def labels(self) -> tuple[str, ...]:
        """The L labels, in the order of every matrix's columns."""
        return self.artifact.manifest.labels

    def tag(self, titles: Sequence[str]) -> tuple[Probabilities, Targets]:
        """Return the probabilities and the labels of N titles, both (N, L)."""
        probabilities = self.artifact.predict(titles)
        return probabilities, decide(probabilities, self.thresholds, self.labels)


def open_tagger(
    models_dir: Path,
    name: str,
    policy: str | float,
    *,
    expected_sha256: str | None = None,
    threads: int = THREADS,
) -> Tagger:
    """Load a model version and settle its thresholds.

    Args:
        models_dir: Where models are published.
        name: `<classifier>/<version>`.
        policy: micro, macro, per-label or a number.
        expected_sha256: Of its manifest, where the database knows it.
        threads: That a network computes with.

    Raises:
        ArtifactError: The artifact must not be used.
        UsageError: There is no such policy.
    """
    artifact = load(models_dir, name, expected_sha256=expected_sha256, threads=threads)
    thresholds = artifact.manifest.thresholds.tuned().under(policy)
    return Tagger(artifact, str(policy), thresholds)
