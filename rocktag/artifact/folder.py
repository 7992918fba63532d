"""The folder of an artifact: plain files, those of its manifest and no others."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

from rocktag.artifact.facts import FileFacts
from rocktag.artifact.manifest import MANIFEST_NAME, Manifest
from rocktag.errors import ArtifactError
from rocktag.text import counted

RESTORE = "restore the folder from a copy, or train again"
LARGEST_MANIFEST = 2**24  # bytes; that of 36 labels has some ten thousand


def read_manifest(folder: Path) -> bytes:
    """Return manifest.json's content.

    Raises:
        ArtifactError: There is none, or none of any manifest's size.
    """
    if not folder.is_dir():
        raise ArtifactError(f"{folder} does not exist; see: rocktag models list")
    path = folder / MANIFEST_NAME
    if _size(path) > LARGEST_MANIFEST:
        raise ArtifactError(
            f"{path} is larger than {LARGEST_MANIFEST:,} bytes; {RESTORE}"
        )
    return _content(path)


def read_files(folder: Path, manifest: Manifest) -> dict[str, bytes]:
    """Return the content of every file but the manifest, checked against it.

    Raises:
        ArtifactError: A file is missing, changed, or no plain file of this folder
            alone; or there is one that the manifest does not name.
    """
    found = {
        name: _checked(folder / name, facts) for name, facts in manifest.files.items()
    }
    expected = {MANIFEST_NAME, *found}
    if more := sorted(
        path.name for path in folder.iterdir() if path.name not in expected
    ):
        raise ArtifactError(
            f"{folder} holds {', '.join(map(repr, more[:5]))}, of which its manifest"
            f" knows nothing; remove what does not belong there, or {RESTORE}"
        )
    return found


def _checked(path: Path, facts: FileFacts) -> bytes:
    size = _size(path)
    if size != facts.size:
        raise ArtifactError(
            f"{path} has {counted(size, 'byte')}, its manifest says {facts.size:,};"
            f" {RESTORE}"
        )
    content = _content(path)
    if hashlib.sha256(content).hexdigest() != facts.sha256:
        raise ArtifactError(
            f"{path} was changed after it was published (its SHA-256 differs);"
            f" {RESTORE}"
        )
    return content


def _size(path: Path) -> int:
    """Return the size of a plain file; a link could be changed from elsewhere."""
    try:
        found = path.lstat()
    except OSError as error:
        raise ArtifactError(
            f"{path} is missing or cannot be read: {error.strerror}; {RESTORE}"
        ) from error
    if not stat.S_ISREG(found.st_mode):
        raise ArtifactError(f"{path} is missing or is no regular file; {RESTORE}")
    if found.st_nlink > 1:
        raise ArtifactError(
            f"{path} is a hard link to a file that stands elsewhere too; copy the"
            f" folder without links, or {RESTORE}"
        )
    return found.st_size


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArtifactError(f"{path} cannot be read: {error.strerror}") from error
