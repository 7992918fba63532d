"""What a web server answers, and what its headers say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http.client import HTTPException, HTTPResponse
from typing import cast
from urllib import request

_CHUNK_SIZE = 2**18  # bytes
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_WEB_HANDLERS = (  # without file: and ftp:, to which a server might redirect
    request.ProxyHandler,
    request.UnknownHandler,
    request.HTTPHandler,
    request.HTTPSHandler,
    request.HTTPDefaultErrorHandler,
    request.HTTPRedirectHandler,
    request.HTTPErrorProcessor,
)


class TransferError(Exception):
    """The connection broke or the server is not ready; asking again may help."""


def ask(url: str, headers: Mapping[str, str], timeout: float) -> HTTPResponse:
    """Return the answer to a GET, redirects followed.

    Raises:
        HTTPError: The server refuses.
        OSError: It cannot be reached, or says nothing for `timeout` seconds.
        HTTPException: It does not speak HTTP.
    """
    opener = request.OpenerDirector()
    for handler in _WEB_HANDLERS:
        opener.add_handler(handler())
    asked = request.Request(url, headers=dict(headers))  # noqa: S310 - no file: handler
    return cast("HTTPResponse", opener.open(asked, timeout=timeout))


def range_of(response: HTTPResponse) -> tuple[int, str]:
    """Return a partial answer's first byte and the bytes in all, `*` if unknown.

    The first byte is -1 where the answer does not say.
    """
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    return (int(found[1]), found[2]) if found else (-1, "*")


def chunks_of(response: HTTPResponse, wanted: int) -> Iterator[bytes]:
    """Yield at most so many bytes of an answer, as they arrive.

    Raises:
        TransferError: The connection broke.
    """
    while wanted:
        try:
            chunk = response.read1(min(_CHUNK_SIZE, wanted))
        except (OSError, HTTPException) as error:
            raise TransferError(f"the connection broke: {error}") from error
        if not chunk:
            return
        wanted -= len(chunk)
        yield chunk


def validator_of(response: HTTPResponse) -> str:
    """Return what identifies the version sent; a weak ETag does not, byte by byte."""
    etag = response.headers.get("ETag", "")
    strong = etag.startswith('"')
    return sendable(etag if strong else response.headers.get("Last-Modified", ""))


def sendable(value: str) -> str:
    """Return the value if it may stand in a header, else nothing."""
    return value if value.isascii() and value.isprintable() else ""
