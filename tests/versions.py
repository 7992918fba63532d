"""Versions that a database knows of and no test ever loads."""

from __future__ import annotations

from datetime import UTC, datetime

from rocktag.db.models import VersionFacts

PUBLISHED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def invented_version(name: str = "decision-tree/1") -> VersionFacts:
    """Return what the database keeps of a version."""
    return VersionFacts(
        name=name,
        classifier="decision-tree",
        text_view="raw",
        manifest_sha256="0" * 64,
        micro_f1=0.9,
        macro_f1=None,
        published_at=PUBLISHED,
    )
