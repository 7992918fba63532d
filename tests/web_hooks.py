"""A web server in a thread that keeps what is posted to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Inbox:
    """What was posted, and how the server answers.

    Attributes:
        url: Where it listens, with a token in its path.
        status: What it answers.
        posts: The alerts.
        types: Their content types.
        released: Until it is set, the server does not answer.
    """

    url: str = ""
    status: int = 200
    posts: list[dict[str, Any]] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)


@contextmanager
def web_hook() -> Iterator[Inbox]:
    """Serve on a free port of this machine until the block ends."""
    inbox = Inbox()
    inbox.released.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            inbox.posts.append(json.loads(self.rfile.read(length)))
            inbox.types.append(self.headers["Content-Type"])
            inbox.released.wait(30)
            self.send_response(inbox.status, f"answer of {self.path}")
            self.send_header("Location", f"{inbox.url}-elsewhere")
            self.end_headers()

        def do_GET(self) -> None:
            inbox.posts.append({"redirected": self.path})
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    inbox.url = f"http://127.0.0.1:{server.server_address[1]}/services/T0K3NT0K3NT0K3N"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield inbox
    finally:
        inbox.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
