"""What a job is handed: settings, database, and the model that is in use."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from rocktag.artifact import Manifest
from rocktag.config import Settings
from rocktag.db import Database, models
from rocktag.db.models import VersionFacts
from rocktag.db.runs import RunRecord
from rocktag.tagging import Tagger, open_tagger


@dataclass(slots=True)
class Runtime:
    """One process's view of the world; jobs of one process run one after another.

    Attributes:
        settings: The configuration.
        database: Where headlines and tags are.
        stopping: Set when the process shall end after the batch in hand.
    """

    settings: Settings
    database: Database
    stopping: threading.Event = field(default_factory=threading.Event)
    _tagger: Tagger | None = None

    def tagger(self) -> Tagger:
        """Return the model that the settings choose; loaded only when it is another.

        Raises:
            StoreError: The database refuses, or there is no champion yet.
            ArtifactError: The artifact must not be used.
        """
        with self.database.read() as connection:
            name = models.resolve(connection, self.settings.tag.model)
            expected = models.registered_manifests(connection).get(name)
        if self._tagger is None or self._tagger.artifact.manifest.name != name:
            self._tagger = open_tagger(
                self.settings.models_dir,
                name,
                self.settings.tag.threshold,
                expected_sha256=expected,
                threads=self.settings.tag.threads,
            )
        return self._tagger

    def registered(self, tagger: Tagger) -> int:
        """Return the key of the tagger's version, entering it if it is not known yet.

        Raises:
            StoreError: The database refuses.
        """
        artifact = tagger.artifact
        facts = version_facts(artifact.manifest, artifact.manifest_sha256)
        with self.database.write() as connection:
            return models.register(connection, facts)


def version_facts(manifest: Manifest, manifest_sha256: str) -> VersionFacts:
    """Return what the database keeps of a model."""
    scores = manifest.test["micro"]
    return VersionFacts(
        name=manifest.name,
        classifier=manifest.classifier,
        text_view=manifest.text_view,
        manifest_sha256=manifest_sha256,
        micro_f1=scores["micro_f1"],
        macro_f1=scores["macro_f1"],
        published_at=manifest.created_at,
    )


Job: TypeAlias = Callable[[Runtime, RunRecord], None]
