"""Reading an artifact: checked, then opened, then tried on its golden headlines."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from rocktag.artifact import litert_file, skops_file, stacker_file
from rocktag.artifact.folder import RESTORE, read_files, read_manifest
from rocktag.artifact.golden import GOLDEN_NAME, replay
from rocktag.artifact.manifest import (
    MANIFEST_NAME,
    MODEL_NAMES,
    Manifest,
    from_json,
)
from rocktag.classifiers import bag_of_words
from rocktag.classifiers.stacker import Stacker
from rocktag.errors import ArtifactError
from rocktag.labeling import Rules, rules_of
from rocktag.text import TextView, view
from rocktag.types import Probabilities, rules_in_words

_VERSION = re.compile(r"[^/]+/[^/]+")


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
            the rules changed that serve some of its labels.
    """
    found = read(models_dir, name, expected_sha256=expected_sha256)
    predict = _predictor(found, threads)
    artifact = Artifact(found.manifest, found.manifest_sha256, predict)
    golden = found.files.get(GOLDEN_NAME)
    replay(predict, golden, len(found.manifest.labels), found.folder)
    return artifact


def read(
    models_dir: Path, name: str, *, expected_sha256: str | None = None
) -> Contents:
    """Return the files of an artifact, checked against its manifest but not opened.

    Raises:
        ArtifactError: A file is missing, changed, of a foreign protocol, a link, or
            not one of the manifest's.
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
            f" model was published; {RESTORE}"
        )
    manifest = from_json(content, where=str(folder / MANIFEST_NAME))
    if manifest.name != name:
        raise ArtifactError(
            f"{folder} says that it is {manifest.name}; give the folder its own name"
        )
    return Contents(folder, manifest, digest, read_files(folder, manifest))


def predictor(
    files: Mapping[str, bytes],
    *,
    labels: Sequence[str],
    rule_labels: Sequence[str],
    text_view: TextView,
    rules: Rules,
    where: Path,
    threads: int = litert_file.THREADS,
) -> Predictor:
    """Return the one function of a model, whatever its kind.

    Args:
        files: Name to content of the artifact's files; those of the model are opened.
        labels: The L labels.
        rule_labels: Those of them that the rules serve.
        text_view: What the model reads.
        rules: Those of the training.
        where: The artifact, for messages.
        threads: That a network computes with.

    Raises:
        ArtifactError: A file is damaged or of a foreign type.
    """
    predict_texts = _opened(files, where, threads)
    columns = [labels.index(label) for label in rule_labels]
    stack = _stacker(files, labels, where)

    def predict(titles: Sequence[str]) -> Probabilities:
        said = predict_texts(view(titles, text_view))
        return stack(said, rules.label_matrix(titles, labels)) if stack else said

    def predict_or_look_up(titles: Sequence[str]) -> Probabilities:
        probabilities = predict(titles).copy()
        probabilities[:, columns] = rules.label_matrix(titles, rule_labels)
        return probabilities

    return predict_or_look_up if rule_labels else predict


def _stacker(
    files: Mapping[str, bytes], labels: Sequence[str], where: Path
) -> Stacker | None:
    content = files.get(stacker_file.NAME)
    if content is None:
        return None
    return stacker_file.load(content, labels, where=str(where / stacker_file.NAME))


def _predictor(found: Contents, threads: int) -> Predictor:
    manifest = found.manifest
    rules = rules_of(manifest.rules)
    if manifest.rule_labels or manifest.human:
        _refuse_other_rules(manifest, rules, found.folder)
    return predictor(
        found.files,
        labels=manifest.labels,
        rule_labels=manifest.rule_labels,
        text_view=manifest.text_view,
        rules=rules,
        where=found.folder,
        threads=threads,
    )


def _refuse_other_rules(manifest: Manifest, rules: Rules, folder: Path) -> None:
    """Refuse to serve labels by other rules than those of the training."""
    if rules.digest != manifest.rules_sha256:
        served = ", ".join(manifest.rule_labels) or "every label"
        how = "weighed with" if manifest.human else "served by"
        raise ArtifactError(
            f"{folder / MANIFEST_NAME} has {served} {how}"
            f" {rules_in_words(rules.name)} of SHA-256 {manifest.rules_sha256}, those"
            f" of this rocktag have {rules.digest}; train again, or install the rocktag"
            " that wrote it"
        )


def _opened(files: Mapping[str, bytes], folder: Path, threads: int) -> Predictor:
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
