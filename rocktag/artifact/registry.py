"""What is published below models/, by looking there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rocktag.artifact.folder import read_manifest
from rocktag.artifact.manifest import MANIFEST_NAME, Manifest, from_json
from rocktag.errors import ArtifactError


@dataclass(frozen=True, slots=True)
class Listing:
    """One folder below models/.

    Attributes:
        name: `<classifier>/<version>`.
        manifest: What it says of itself; None where it cannot be read.
        fault: Why it cannot be read; None where it can.
    """

    name: str
    manifest: Manifest | None
    fault: str | None


def published(models_dir: Path) -> list[Listing]:
    """Return every artifact below `models_dir`, the oldest of each kind first.

    Only manifests are read; `load` checks the other files.
    """
    folders = sorted(
        folder
        for folder in models_dir.glob("*/*/")
        if not any(part.startswith(".") for part in folder.parts[-2:])
    )
    return [_listing(models_dir, folder) for folder in folders]


def manifest_of(models_dir: Path, name: str) -> Manifest:
    """Return the manifest of one version, unchecked but for itself.

    Raises:
        ArtifactError: There is none, or it is not usable.
    """
    folder = models_dir / name
    return from_json(read_manifest(folder), where=str(folder / MANIFEST_NAME))


def _listing(models_dir: Path, folder: Path) -> Listing:
    name = folder.relative_to(models_dir).as_posix()
    try:
        return Listing(name, manifest_of(models_dir, name), None)
    except ArtifactError as error:
        return Listing(name, None, str(error))
