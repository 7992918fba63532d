"""What can be fetched, and where it is kept."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from rocktag.errors import InputError
from rocktag.text import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file that its publisher offers, and what it must be.

    Attributes:
        name: What it is called in the cache folder.
        url: Where it is, http or https.
        size: Its bytes.
        sha256: Its checksum, in lower-case hexadecimal.
        license: The SPDX name of its licence.
    """

    name: str
    url: str
    size: int
    sha256: str
    license: str

    def __post_init__(self) -> None:
        """Refuse what would reach beyond the web or the cache folder."""
        if not self.url.startswith(("http://", "https://")):
            raise InputError(f"{self.url} cannot be fetched; give an http or https URL")
        if self.name in ("", "..") or self.name != Path(self.name).name:
            raise InputError(f"{self.name!r} is no file name; give one without folders")

    def fault_of(self, path: Path) -> str | None:
        """Return what tells a file from this one, or None; reads all of it.

        Raises:
            OSError: The file cannot be read.
        """
        size = path.stat().st_size
        if size != self.size:
            return f"{counted(size, 'byte')}, not {self.size:,}"
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return None if sha256 == self.sha256 else f"sha256 {sha256}, not {self.sha256}"


GLOVE_6B = Download(
    name="glove.6B.zip",
    url="https://nlp.stanford.edu/data/glove.6B.zip",
    size=862_182_613,
    sha256="617afb2fe6cbd085c235baf7a465b96f4112bd7f7ccb2b2cbd649fed9cbcf2fb",
    license="PDDL-1.0",
)
KNOWN_DOWNLOADS: Mapping[str, Download] = MappingProxyType({"glove.6B": GLOVE_6B})


def default_cache_folder() -> Path:
    """Return `$XDG_CACHE_HOME/rocktag`, by default `~/.cache/rocktag`.

    A relative path in the variable is ignored, as the XDG specification demands.
    """
    folder = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (folder if folder.is_absolute() else Path.home() / ".cache") / "rocktag"
