"""A small HTTP server: a few paths, only to read, and no word of what went wrong."""

from __future__ import annotations

import logging
import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

logger = logging.getLogger(__name__)

PLAIN = "text/plain; charset=utf-8"
_MOST_AT_ONCE = 16  # requests; further ones are hung up on
_TIMEOUT = 5.0  # seconds that a client may keep silent


@dataclass(frozen=True, slots=True)
class Answer:
    """What a path answers."""

    status: HTTPStatus
    body: bytes
    content_type: str = PLAIN


Routes = Mapping[str, Callable[[], Answer]]


class Server(ThreadingHTTPServer):
    """Answers each request in a thread; none of them keeps the process from ending.

    Raises:
        OSError: The address cannot be listened on.
    """

    daemon_threads = True

    def __init__(self, address: str, port: int, routes: Routes) -> None:
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.routes = routes
        self._free = threading.BoundedSemaphore(_MOST_AT_ONCE)
        super().__init__((address, port), _Handler)

    def server_bind(self) -> None:
        """Bind without asking a name server for the machine's name."""
        socketserver.TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread, while there are not too many of them."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and make room for another request."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over a client that went away."""
        logger.debug("a client went away", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = _TIMEOUT

    def do_GET(self) -> None:
        """Answer with a body."""
        answer = self._found()
        self._send_head(answer)
        self.wfile.write(answer.body)

    def do_HEAD(self) -> None:
        """Answer without one."""
        self._send_head(self._found())

    def send_error(
        self, code: int, message: str | None = None, explain: str | None = None
    ) -> None:
        """Refuse what is no proper request, repeating nothing of it."""
        status = HTTPStatus(code)
        answer = _plain(status, status.phrase)
        self._send_head(answer)
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def version_string(self) -> str:
        """Return the name of the server, no versions."""
        return "rocktag"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - theirs
        """Leave requests to the debug log."""
        logger.debug(format, *args)

    def _found(self) -> Answer:
        route = self.server.routes.get(self.path.partition("?")[0])
        if route is None:
            known = ", ".join(self.server.routes)
            return _plain(HTTPStatus.NOT_FOUND, f"there are {known}")
        try:
            return route()
        except Exception as error:
            logger.error(
                "a request could not be answered: %s",
                error,
                exc_info=error,
                extra={"event": "request_failed"},
            )
            return _plain(HTTPStatus.INTERNAL_SERVER_ERROR, "see the worker's log")

    def _send_head(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()


def _plain(status: HTTPStatus, text: str) -> Answer:
    return Answer(status, f"{text}\n".encode())
