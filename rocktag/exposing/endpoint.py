"""The worker's port: which paths there are, and for how long."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from rocktag.errors import UsageError
from rocktag.exposing.lookout import Lookout, look_once
from rocktag.exposing.metrics import Page
from rocktag.exposing.probes import not_alive, not_ready
from rocktag.exposing.server import Answer, Routes, Server
from rocktag.runtime import Runtime

logger = logging.getLogger(__name__)


@contextmanager
def exposed(runtime: Runtime, jobs: Sequence[str]) -> Iterator[None]:
    """Answer on the port of `[http]` until the block ends.

    Args:
        runtime: The worker that is looked at.
        jobs: The names of its jobs.

    Raises:
        UsageError: The address cannot be listened on.
    """
    settings = runtime.settings.http
    server = _listening(settings.address, settings.port, _routes(runtime, jobs))
    threading.Thread(
        target=server.serve_forever, name="rocktag-http", daemon=True
    ).start()
    shown = f"[{settings.address}]" if ":" in settings.address else settings.address
    logger.info(
        "metrics are at http://%s:%d/metrics",
        shown,
        settings.port,
        extra={"event": "exposed"},
    )
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def _routes(runtime: Runtime, jobs: Sequence[str]) -> Routes:
    lookout = Lookout(lambda: look_once(runtime, jobs))
    page = Page(runtime.vitals, lookout, jobs)
    return {
        "/metrics": lambda: Answer(
            HTTPStatus.OK, page.text(), CONTENT_TYPE_PLAIN_0_0_4
        ),
        "/healthz": lambda: _probed(not_alive(runtime)),
        "/readyz": lambda: _probed(not_ready(runtime, lookout)),
    }


def _probed(fault: str | None) -> Answer:
    status = HTTPStatus.OK if fault is None else HTTPStatus.SERVICE_UNAVAILABLE
    return Answer(status, f"{fault or 'ok'}\n".encode())


def _listening(address: str, port: int, routes: Routes) -> Server:
    try:
        return Server(address, port, routes)
    except OSError as error:
        raise UsageError(
            f"cannot listen on {address} port {port}: {error.strerror or error};"
            " does another worker? Set http.port to a free one, or to 0 for none"
        ) from error
