"""Versions for tests: of the small model, alike or worse, and some that none loads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rocktag.artifact import Published, publish
from rocktag.db import Database, models
from rocktag.db.models import VersionFacts
from rocktag.runtime import version_facts
from rocktag.training import Trained

PUBLISHED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def another(
    trained: Trained,
    models_dir: Path,
    mark: str,
    *,
    micro: float | None = None,
    tuned_from: str | None = None,
) -> Published:
    """Publish the model again under another name; `mark` tells it from others.

    Args:
        trained: The model.
        models_dir: Where it is published.
        mark: Stands in its card, so that its name is another one within a second.
        micro: Its micro threshold; 0 gives every label to every headline.
        tuned_from: The version whose model it says it is.
    """
    draft = trained.draft
    facts = dict(draft.facts)
    if micro is not None:
        facts["thresholds"] = {**facts["thresholds"], "micro": micro}
    if tuned_from is not None:
        facts["tuned_from"] = tuned_from
    files = {**draft.files, "README.md": mark.encode()}
    changed = replace(draft, facts=facts, files=files)
    return publish(models_dir, changed, training_seconds=trained.seconds)


def registered(database: Database, published: Published) -> int:
    """Enter a version; return its key."""
    facts = version_facts(published.manifest, published.manifest_sha256)
    with database.write() as connection:
        return models.register(connection, facts)


def crowned(database: Database, published: Published) -> str:
    """Make a version champion without asking the gate; return its name."""
    key = registered(database, published)
    with database.write() as connection:
        models.promote(connection, key, by="test", why="test")
    return published.manifest.name


def invented_version(name: str = "decision-tree/1") -> VersionFacts:
    """Return what the database keeps of a version that no test loads."""
    return VersionFacts(
        name=name,
        classifier="decision-tree",
        text_view="raw",
        manifest_sha256="0" * 64,
        micro_f1=0.9,
        macro_f1=None,
        published_at=PUBLISHED,
    )
