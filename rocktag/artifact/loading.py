"""Reading an artifact: checked, then opened, then tried on its golden headlines."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from rocktag.artifact import litert_file, skops_file
from rocktag.artifact.facts import FileFacts
from rocktag.artifact.manifest import (
    MANIFEST_NAME,
    MODEL_NAMES,
    Manifest,
    from_json,
)
from rocktag.classifiers import bag_of_words
from rocktag.errors import ArtifactError
from rocktag.labeling import Rules, keyword_rules
from rocktag.text import view
from rocktag.types import Probabilities

GOLDEN_NAME = "golden.jsonl"
GOLDEN_TOLERANCE = 1e-4  # of a probability, between the machines that train and tag
_VERSION = re.compile(r"[^/]+/[^/]+")
_RESTORE = "restore the folder from a copy, or train again"


class Predictor(Protocol):
    """What every kind of model can do once it is loaded."""

    def __call__(self, titles: Sequence[str], /) -> Probabilities:
        """Return the probabilities (N, L) of N titles, as they stand in the feed."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A model that was checked and is ready to tag.

    Attributes:
        manifest: What it says of itself.
        manifest_sha256: Of manifest.json, and through it of every file.
        predict: Titles to probabilities (N, L).
    """

    manifest: Manifest
    manifest_sha256: str
    predict: Predictor


@dataclass(frozen=True, slots=True)
class Contents:
    """The checked files of an artifact.

    Attributes:
        folder: Where they are.
        manifest: What it says of itself.
        manifest_sha256: Of manifest.json.
        files: Name to content of every other file.
    """

    folder: Path
    manifest: Manifest
    manifest_sha256: str
    files: dict[str, bytes]


def load(
    models_dir: Path,
    name: str,
    *,
    expected_sha256: str | None = None,
    threads: int = litert_file.THREADS,
) -> Artifact:
    """Return the artifact `<classifier>/<version>` below `models_dir`.

    Args:
        models_dir: The folder of all models.
        name: Which one.
        expected_sha256: Of its manifest, where the database knows it.
        threads: That a network computes with.

    Raises:
        ArtifactError: A file is missing, changed, of a foreign protocol or type; or
            the model no longer gives its golden headlines their probabilities; or
            the keyword rules changed that serve some of its labels.
    """
    found = read(models_dir, name, expected_sha256=expected_sha256)
    predict = _predictor(found, threads)
    artifact = Artifact(found.manifest, found.manifest_sha256, predict)
    _replay(artifact, found.files.get(GOLDEN_NAME), found.folder)
    return artifact


def read(
    models_dir: Path, name: str, *, expected_sha256: str | None = None
) -> Contents:
    """Return the files of an artifact, checked against its manifest but not opened.

    Raises:
        ArtifactError: A file is missing, changed or of a foreign protocol.
    """
    if not _VERSION.fullmatch(name):
        raise ArtifactError(
            f"{name!r} is no version; give <classifier>/<version> or champion, see:"
            " rocktag models list"
        )
    folder = models_dir / name
    content = read_manifest(folder)
    digest = hashlib.sha256(content).hexdigest()
    if expected_sha256 not in (None, digest):
        raise ArtifactError(
            f"{folder / MANIFEST_NAME} is not the one that was registered when the"
            f" model was published; {_RESTORE}"
        )
    manifest = from_json(content, where=str(folder / MANIFEST_NAME))
    if manifest.name != name:
        raise ArtifactError(
            f"{folder} says that it is {manifest.name}; give the folder its own name"
        )
    files = {
        file: _checked(folder / file, facts) for file, facts in manifest.files.items()
    }
    return Contents(folder, manifest, digest, files)


def read_manifest(folder: Path) -> bytes:
    """Return manifest.json's content.

    Raises:
        ArtifactError: There is none.
    """
    if not folder.is_dir():
        raise ArtifactError(f"{folder} does not exist; see: rocktag models list")
    return _read(folder / MANIFEST_NAME)


def _read(path: Path) -> bytes:
    if path.is_symlink() or not path.is_file():
        raise ArtifactError(f"{path} is missing or is no regular file; {_RESTORE}")
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArtifactError(f"{path} cannot be read: {error.strerror}") from error


def _checked(path: Path, facts: FileFacts) -> bytes:
    content = _read(path)
    if len(content) != facts.size:
        raise ArtifactError(
            f"{path} has {len(content):,} bytes, its manifest says {facts.size:,};"
            f" {_RESTORE}"
        )
    if hashlib.sha256(content).hexdigest() != facts.sha256:
        raise ArtifactError(
            f"{path} was changed after it was published (its SHA-256 differs);"
            f" {_RESTORE}"
        )
    return content


def _predictor(found: Contents, threads: int) -> Predictor:
    """Return the one function of the model, whatever its kind."""
    manifest, folder = found.manifest, found.folder
    rules = _rules_of_training(manifest, folder) if manifest.rule_labels else None
    predict_texts = _opened(found.files, folder, threads)

    def predict(titles: Sequence[str]) -> Probabilities:
        return predict_texts(view(titles, manifest.text_view))

    return predict if rules is None else _beside_rules(predict, manifest, rules)


def _rules_of_training(manifest: Manifest, folder: Path) -> Rules:
    """Return the keyword rules, where they are still those that served in training."""
    rules = keyword_rules()
    if rules.digest != manifest.rules_sha256:
        raise ArtifactError(
            f"{folder / MANIFEST_NAME} has {', '.join(manifest.rule_labels)} served by"
            f" keyword rules of SHA-256 {manifest.rules_sha256}, those of this rocktag"
            f" have {rules.digest}; train again, or install the rocktag that wrote it"
        )
    return rules


def _beside_rules(predict: Predictor, manifest: Manifest, rules: Rules) -> Predictor:
    """Return `predict` with 1 or 0 as the rules say for the labels that they serve."""
    columns = [manifest.labels.index(label) for label in manifest.rule_labels]

    def predict_or_look_up(titles: Sequence[str]) -> Probabilities:
        probabilities = predict(titles).copy()
        by_rules = rules.label_matrix(titles, manifest.rule_labels)
        probabilities[:, columns] = by_rules
        return probabilities

    return predict_or_look_up


def _opened(files: dict[str, bytes], folder: Path, threads: int) -> Predictor:
    """Open the model's file: its name says what reads it."""
    match next((name for name in MODEL_NAMES if name in files), None):
        case "model.skops" as name:
            pipeline = skops_file.load(files[name], where=str(folder / name))
            return partial(bag_of_words.predict_probabilities, pipeline)
        case "model.tflite" as name:
            tokenizer = files.get("tokenizer.json", b"")
            return litert_file.load(
                files[name], tokenizer, where=str(folder), threads=threads
            )
        case _:
            known = ", ".join(MODEL_NAMES)
            raise ArtifactError(
                f"{folder} has none of {known}; install a newer rocktag"
            )


def _replay(artifact: Artifact, golden: bytes | None, folder: Path) -> None:
    """Refuse a model that does not say today what it said when it was published."""
    where = folder / GOLDEN_NAME
    if golden is None:
        raise ArtifactError(f"{where} is not in the manifest; {_RESTORE}")
    rows = [json.loads(line) for line in golden.splitlines()]
    expected = np.array([row["probabilities"] for row in rows], dtype=np.float32)
    found = artifact.predict([row["title"] for row in rows])
    shape = (len(rows), len(artifact.manifest.labels))
    if found.shape != shape or expected.shape != shape:
        raise ArtifactError(f"{where}: the model gives {found.shape}, not {shape}")
    difference = np.abs(found - expected)
    if not (difference <= GOLDEN_TOLERANCE).all():
        row = int(difference.max(axis=1).argmax())
        raise ArtifactError(
            f"{where}, line {row + 1}: a probability differs by"
            f" {difference[row].max():.4f} from the published one; install the package"
            f" versions of {MANIFEST_NAME}, or train again"
        )
