"""One file over HTTP, in as many connections as it takes.

What has arrived grows as `NAME.part` beside the final name; `NAME.validator` keeps the
ETag or date of what the server was sending, so that a changed file is not continued.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import TypeAlias
from urllib.error import HTTPError

from rocktag.errors import InputError
from rocktag.fetching.answers import (
    TransferError,
    ask,
    chunks_of,
    range_of,
    sendable,
    validator_of,
)
from rocktag.fetching.downloads import Download
from rocktag.locks import locked

OnProgress: TypeAlias = Callable[[int, int], None]  # bytes so far, bytes in all
OnRetry: TypeAlias = Callable[[str, float], None]  # what broke, seconds to wait

RETRY_WAITS = (1.0, 2.0, 4.0, 8.0, 16.0)  # seconds; from the first when more arrived
TIMEOUT = 30.0  # seconds in which a server must send something


_BUSY = frozenset({408, 425, 429})  # and all from 500: asking again may help


def fetch(
    download: Download,
    cache_folder: Path,
    *,
    on_progress: OnProgress | None = None,
    on_retry: OnRetry | None = None,
    retry_waits: Sequence[float] = RETRY_WAITS,
    timeout: float = TIMEOUT,
) -> Path:
    """Return the path of a file in the cache folder, downloading what is missing of it.

    A file that is there is read and its checksum computed anew; if it is right, nothing
    is asked of the network. Of two processes the second waits for the first.

    Args:
        download: What to fetch.
        cache_folder: Where to, made if it is not there.
        on_progress: Called with the bytes that have arrived and the bytes in all.
        on_retry: Called before each new attempt.
        retry_waits: Seconds before each new attempt after a broken connection.
        timeout: Seconds in which the server must send something.

    Raises:
        InputError: It cannot be had, is another file than expected, or the folder
            cannot be written.
    """
    path = cache_folder / download.name
    transfer = _Transfer(
        download, path, on_progress or _nobody, on_retry or _nobody, timeout
    )
    try:
        with locked(path.with_name(f"{path.name}.lock")):
            if not path.is_file() or download.fault_of(path) is not None:
                transfer.complete(retry_waits)
                transfer.publish()
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}; make room or give another"
            " folder; what has arrived is kept and will be continued"
        ) from error
    return path


def _nobody(*_: object) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class _Transfer:
    """A download under way; its files belong to the lock's holder.

    Attributes:
        download: What is fetched.
        path: Its final name.
        on_progress, on_retry: As in `fetch`.
        timeout: Seconds.
    """

    download: Download
    path: Path
    on_progress: OnProgress
    on_retry: OnRetry
    timeout: float

    def complete(self, waits: Sequence[float]) -> None:
        """Ask for what is missing until nothing is, or all waits were in vain."""
        largest, pending = self._size(), iter(waits)
        while self._size() != self.download.size:
            try:
                self._receive()
            except TransferError as error:
                if self._size() > largest:
                    largest, pending = self._size(), iter(waits)
                wait = next(pending, None)
                if wait is None:
                    raise InputError(
                        f"{self.download.url} cannot be fetched: {error};"
                        f" {self._size():,} of {self.download.size:,} bytes are kept,"
                        " try again later to continue"
                    ) from error
                self.on_retry(str(error), wait)
                time.sleep(wait)

    def publish(self) -> None:
        """Give the file its name if it is the right one, else remove it."""
        fault = self.download.fault_of(self._part)
        if fault is None:
            self._part.replace(self.path)
        self._discard()
        if fault is not None:
            raise InputError(
                f"{self.download.url} gave another file than expected: {fault}; it was"
                " removed; try again, or see whether the publisher changed it"
            )

    def _receive(self) -> None:
        """Append what one answer of the server holds."""
        if self._size() > self.download.size:
            self._discard()
        with self._ask() as response:
            start = self._start(response)
            with self._part.open("ab") as file:
                if start < self._size():
                    file.truncate(start)
                if not start:
                    self._validator.write_text(validator_of(response), "utf-8")
                for chunk in chunks_of(response, self.download.size - start):
                    file.write(chunk)
                    start += len(chunk)
                    self.on_progress(start, self.download.size)
                file.flush()
                os.fsync(file.fileno())
        if start < self.download.size:
            raise TransferError(f"the connection ended after {start:,} bytes")

    def _ask(self) -> HTTPResponse:
        """Return the server's answer to a request for all that is missing."""
        try:
            return ask(self.download.url, self._headers(), self.timeout)
        except HTTPError as error:
            error.close()
            raise self._refusal(error) from error
        except (OSError, HTTPException) as error:
            raise TransferError(str(error)) from error

    def _headers(self) -> dict[str, str]:
        headers = {"User-Agent": "rocktag"}
        if size := self._size():
            headers["Range"] = f"bytes={size}-"
            if known := self._known_validator():
                headers["If-Range"] = known
        return headers

    def _refusal(self, error: HTTPError) -> Exception:
        text = f"the server answers {error.code} {error.reason}"
        if error.code == 416 and self._size():
            self._discard()  # what it has is shorter than our part: begin anew
        elif error.code not in _BUSY and error.code < 500:
            return InputError(f"{self.download.url} cannot be fetched: {text}")
        return TransferError(text)

    def _start(self, response: HTTPResponse) -> int:
        """Return the offset of the answer's first byte, if it continues our part."""
        total, start = response.headers.get("Content-Length"), 0
        if response.status == 206:
            start, total = range_of(response)
            if not self._continues(start, response):
                self._discard()
                raise TransferError("the server sent another range than asked for")
        if total not in (None, "*", str(self.download.size)):
            raise InputError(
                f"{self.download.url} offers {total} bytes, {self.download.size} are"
                " expected; see whether the publisher changed the file"
            )
        return start

    def _continues(self, start: int, response: HTTPResponse) -> bool:
        """Whether a range is the one asked for, also of a server without If-Range."""
        known, given = self._known_validator(), validator_of(response)
        return start == self._size() and (not start or not given or given == known)

    @property
    def _part(self) -> Path:
        return self.path.with_name(f"{self.path.name}.part")

    @property
    def _validator(self) -> Path:
        return self.path.with_name(f"{self.path.name}.validator")

    def _known_validator(self) -> str:
        if not self._validator.is_file():
            return ""
        return sendable(self._validator.read_text("utf-8", "replace"))

    def _size(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _discard(self) -> None:
        self._part.unlink(missing_ok=True)
        self._validator.unlink(missing_ok=True)
