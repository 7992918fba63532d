"""A checkpoint from the Hugging Face hub: one commit of a repository.

Its own library tells what there is and fetches the small files. The weights, if anybody
may have them, are fetched by `rocktag.fetching`, which also continues what a process
that was killed had begun; the library would begin anew.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from rocktag.encoders.checkpoint import FILES, WEIGHTS, check_names
from rocktag.encoders.sources import UnavailableError, is_commit
from rocktag.errors import InputError
from rocktag.fetching import Download, OnProgress, fetch
from rocktag.files import written_whole

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo

_NEWEST = "main"
_TIMEOUT = 30.0  # seconds in which the hub must answer
_SHA256 = re.compile(r"[0-9a-f]{64}")


def commit_of(repository: str, revision: str | None, cache_folder: Path) -> str:
    """Return the commit that a revision names.

    A branch stays at the commit that was fetched of it, so that the same name goes on
    giving the same encoder and needs no network.

    Args:
        repository: Its name on the hub.
        revision: A commit, tag or branch; None for the newest.
        cache_folder: Where commits are kept, and which one a branch was.

    Raises:
        UnavailableError: The hub cannot be reached or does not have it.
    """
    if revision is not None and is_commit(revision):
        return revision
    record = cache_folder / "refs" / quote(revision or _NEWEST, safe="")
    known = record.read_text("utf-8") if record.is_file() else ""
    if not (is_commit(known) and (cache_folder / known).is_dir()):
        known = _asked(repository, revision).sha or ""
        if not is_commit(known):
            raise UnavailableError("the hub answers something that is no commit")
        _note(record, known)
    return known


def download(
    repository: str, commit: str, folder: Path, on_progress: OnProgress | None
) -> None:
    """Write the files of a commit into a folder; go on with what is there of them.

    Raises:
        UnavailableError: The hub cannot be reached or does not have it.
        UnusableError: It lacks a file.
        InputError: The weights do not arrive, or not as the hub says they are.
    """
    with _translated():
        from huggingface_hub import hf_hub_download

        listed = _asked(repository, commit).siblings or ()
        names = {file.rfilename for file in listed}
        check_names(names)
        for name in names.intersection(FILES) - {WEIGHTS}:
            hf_hub_download(repository, name, revision=commit, local_dir=folder)
        weights = _open_to_all(repository, commit)
        if weights is None:
            hf_hub_download(repository, WEIGHTS, revision=commit, local_dir=folder)
    if weights is not None:
        _fetch(weights, folder, on_progress)


def _asked(repository: str, revision: str | None) -> ModelInfo:
    """Return what the hub says of a repository; unlike its files, without retries."""
    with _translated():
        from huggingface_hub import HfApi

        return HfApi().model_info(repository, revision=revision, timeout=_TIMEOUT)


def _note(record: Path, commit: str) -> None:
    try:
        record.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnavailableError(
            f"the cache cannot be written: {error.strerror}"
        ) from error
    with written_whole(record) as file:
        file.write(commit)


def _open_to_all(repository: str, commit: str) -> Download | None:
    """Return the weights as a plain download, or None if that needs a token or more."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError

    url = hf_hub_url(repository, WEIGHTS, revision=commit)
    try:
        found = get_hf_file_metadata(url, token=False)
    except HfHubHTTPError:
        return None
    sha256 = found.etag or ""  # of a large file; of a small one it is Git's
    if found.size is None or not _SHA256.fullmatch(sha256):
        return None
    return Download(name=WEIGHTS, url=url, size=found.size, sha256=sha256, license="")


def _fetch(weights: Download, folder: Path, on_progress: OnProgress | None) -> None:
    try:
        fetch(weights, folder, on_progress=on_progress)
    except InputError as error:
        raise UnavailableError(str(error)) from error


@contextmanager
def _translated() -> Iterator[None]:
    """Keep the hub's library quiet; say in few words why it failed."""
    # It reads this once, when it is imported.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        from httpx2 import HTTPError  # the library lets its client's errors through
        from huggingface_hub import errors, hf_api  # noqa: F401 - sets its log level
        from huggingface_hub.utils.tqdm import disable_progress_bars
    except ImportError as error:
        raise UnavailableError(
            f"{error.name} is not installed, run: pip install 'rocktag[train]'"
        ) from error
    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    try:
        logger.setLevel(logging.ERROR)
        with disable_progress_bars():
            yield
    except (
        OSError,
        HTTPError,
        errors.EntryNotFoundError,
        errors.HFValidationError,
    ) as error:
        raise UnavailableError(_reason(error)) from error
    finally:
        logger.setLevel(level)


def _reason(error: Exception) -> str:
    from huggingface_hub import errors

    untold = isinstance(error, errors.LocalEntryNotFoundError)  # it is not there, but
    cause = (error.__cause__ if untold else None) or error
    match cause:
        case errors.GatedRepoError():
            return "its publisher wants consent, give it on the hub and set HF_TOKEN"
        case errors.RepositoryNotFoundError():
            return "the hub has no such repository, or wants a token for it (HF_TOKEN)"
        case errors.RevisionNotFoundError():
            return "the hub's repository has no such revision"
        case errors.OfflineModeIsEnabled():
            return "HF_HUB_OFFLINE is set and it is not in the cache"
        case errors.HfHubHTTPError():
            return f"the hub answers {cause.response.status_code}"
        case errors.HFValidationError():
            return "no repository of the hub can have that name"
        case OSError() if cause.strerror and not isinstance(cause, ConnectionError):
            return f"the cache cannot be written: {cause.strerror}"
    return f"the hub cannot be reached ({type(cause).__name__})"
