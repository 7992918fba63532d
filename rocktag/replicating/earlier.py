"""What was trained before: the version that a training would only give again."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rocktag.artifact import Contents, Manifest, Published, published, read
from rocktag.artifact.provenance import FILE_NAMES
from rocktag.config import Settings, table_name
from rocktag.corpus import Corpus
from rocktag.drafting import CONFIGURATION_NAME
from rocktag.encoders import Encoder
from rocktag.errors import ArtifactError
from rocktag.fitting import Vectors
from rocktag.labeling import Rules
from rocktag.reporting import toml


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a version must have been trained with.

    Attributes:
        corpus: What it learned from.
        rules: What labelled it.
        settings: How it was trained; its classifier's settings and those of all count.
        vectors: Where a CNN-BiLSTM's word vectors started, if they were given.
        encoder: What a transformer started from.
    """

    corpus: Corpus
    rules: Rules
    settings: Settings
    vectors: Vectors | None
    encoder: Encoder | None

    def trained_before(self) -> Published | None:
        """Return the newest such version, if there is one that can be read."""
        folder = self.settings.models_dir
        for listing in reversed(published(folder)):
            if listing.manifest is None or not self._is_like(listing.manifest):
                continue
            try:
                found = read(folder, listing.name)
            except ArtifactError:
                continue
            if _had(found) == self._settings():
                return Published(found.folder, found.manifest, found.manifest_sha256)
        return None

    def _is_like(self, found: Manifest) -> bool:
        """Tell whether the manifest is as wanted; the settings are in another file."""
        train = self.settings.train
        is_same_kind = (
            found.classifier == train.classifier
            and found.text_view == train.text_view
            and found.corpus.sha256 == self.corpus.sha256
            and found.rules_sha256 == self.rules.digest
            and found.tuned_from is None
            and set(FILE_NAMES) <= found.files.keys()
        )
        return is_same_kind and self._starts_alike(found)

    def _starts_alike(self, found: Manifest) -> bool:
        """Tell whether a network was trained to its end, from the same weights."""
        fitting = found.fitting
        if fitting is None:
            return True
        if fitting.interrupted_in_epoch is not None:
            return False
        if found.classifier == "transformer":
            known = fitting.encoder.sha256 if fitting.encoder else None
            return self.encoder is not None and known == dict(self.encoder.sha256)
        given = fitting.given_vectors.sha256 if fitting.given_vectors else None
        return given == self._vectors_sha256()

    def _vectors_sha256(self) -> str | None:
        return None if self.vectors is None else self.vectors({}, _unheard).sha256

    def _settings(self) -> Mapping[str, Any]:
        return _own(tomllib.loads(toml(self.settings.publishable()))["train"])


def _had(found: Contents) -> Mapping[str, Any]:
    """Return the settings that a version was trained with."""
    content = found.files[CONFIGURATION_NAME].decode()
    return _own(tomllib.loads(content)["train"])


def _own(train: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the other classifiers' tables, and the preset's name."""
    tables = {"bag_of_words", "cnn_bilstm", "transformer"}
    own = table_name(train["classifier"])
    return {
        key: value
        for key, value in train.items()
        if key == own or key not in tables | {"preset"}
    }


def _unheard(done: int, size: int) -> None:
    """Take how far a file is read, and tell nobody."""
