"""Writing an artifact: into a draft, synced, then renamed into its place at once."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rocktag.artifact.manifest import (
    MANIFEST_NAME,
    PROTOCOL,
    Manifest,
    file_facts,
    to_json,
)
from rocktag.errors import ArtifactError

DRAFT_PREFIX = ".draft-"
_PROBE_SIZE = 2**20  # bytes; an artifact of invented headlines has more
DRAFT_MAY_LIVE = 24 * 3600  # seconds; an older one was left by a killed process


@dataclass(frozen=True, slots=True)
class Published:
    """An artifact in its place.

    Attributes:
        folder: Where it is.
        manifest: What it says of itself.
        manifest_sha256: Of manifest.json, and through it of every file.
    """

    folder: Path
    manifest: Manifest
    manifest_sha256: str


@dataclass(frozen=True, slots=True)
class Draft:
    """An artifact that is not yet published.

    Attributes:
        classifier: The kind of classifier; the folder it goes into.
        facts: The manifest's fields but for name, time, protocol and files.
        files: Name to content of every file but the manifest.
    """

    classifier: str
    facts: Mapping[str, Any]
    files: Mapping[str, bytes]


def publish(models_dir: Path, draft: Draft, *, training_seconds: float) -> Published:
    """Write the artifact below `models_dir`; a reader sees all of it or nothing.

    Raises:
        ArtifactError: The folder cannot be written, or the disk is full.
    """
    created_at = datetime.now(UTC).replace(microsecond=0)
    manifest = Manifest(
        protocol=PROTOCOL,
        classifier=draft.classifier,
        version=f"{created_at:%Y%m%dT%H%M%SZ}-{_digest(draft.files)[:8]}",
        created_at=created_at,
        training_seconds=round(training_seconds, 3),
        files={name: file_facts(body) for name, body in sorted(draft.files.items())},
        **draft.facts,
    )
    folder = models_dir / manifest.name
    content = to_json(manifest)
    try:
        write_folder({**draft.files, MANIFEST_NAME: content}, folder)
    except OSError as error:
        raise ArtifactError(
            f"{folder} cannot be written: {error.strerror}; nothing was published"
        ) from error
    return Published(folder, manifest, file_facts(content).sha256)


def check_writable(models_dir: Path) -> None:
    """See that something can be published later; nothing is left there.

    Raises:
        ArtifactError: The folder cannot be written, or the disk is full.
    """
    there = next(each for each in (models_dir, *models_dir.parents) if each.exists())
    try:
        with tempfile.NamedTemporaryFile(dir=there, prefix=DRAFT_PREFIX) as probe:
            probe.write(bytes(_PROBE_SIZE))
            probe.flush()
    except OSError as error:
        raise ArtifactError(
            f"{models_dir} cannot be written: {error.strerror}; nothing was begun; make"
            " room or set models_dir"
        ) from error


def _digest(files: Mapping[str, bytes]) -> str:
    """Return a hash of names and contents: equal artifacts have equal ones."""
    total = hashlib.sha256()
    for name, content in sorted(files.items()):
        total.update(f"{name}:{file_facts(content).sha256}\n".encode())
    return total.hexdigest()


def write_folder(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files into a new folder; a reader sees all of them or nothing.

    Raises:
        OSError: It cannot be written; nothing is left of it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    _sweep(folder.parent)
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=DRAFT_PREFIX))
    try:
        draft.chmod(0o755)  # mkdtemp's 0700 would shut out a worker of another user
        for name, content in files.items():
            _write_synced(draft / name, content)
        sync_folder(draft)
        draft.rename(folder)
        sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Let the names within a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep(folder: Path) -> None:
    """Remove drafts that a killed process left long ago."""
    for draft in folder.glob(f"{DRAFT_PREFIX}*"):
        if time.time() - draft.stat().st_mtime > DRAFT_MAY_LIVE:
            shutil.rmtree(draft, ignore_errors=True)
