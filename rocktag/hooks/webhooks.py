"""An alert posted to a web address; of the answer only the status counts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.client import HTTPException
from urllib import request

from rocktag.errors import brief

_POLL = 0.1  # seconds
_HANDLERS = (  # none that follows a redirect: the alert goes nowhere else
    request.ProxyHandler,
    request.UnknownHandler,
    request.HTTPHandler,
    request.HTTPSHandler,
)


def post(
    url: str, payload: bytes, timeout: float, is_over: Callable[[], bool]
) -> str | None:
    """Post JSON; return what went wrong, without the address, or None.

    It is done in a thread, which is left alone when the time is over: neither a name
    server nor one that answers a byte at a time keeps the caller longer.

    Args:
        url: An http or https address.
        payload: The JSON.
        timeout: Seconds that the server may be silent.
        is_over: Whether to give it up.
    """
    faults: list[str | None] = []
    asking = threading.Thread(
        target=lambda: faults.append(_ask(url, payload, timeout)),
        name="rocktag-webhook",
        daemon=True,
    )
    asking.start()
    while asking.is_alive() and not is_over():
        asking.join(_POLL)
    return faults[0] if faults else "the server took too long"


def _ask(url: str, payload: bytes, timeout: float) -> str | None:
    opener = request.OpenerDirector()
    for handler in _HANDLERS:
        opener.add_handler(handler())
    asked = request.Request(  # noqa: S310 - the settings take http and https only
        url, data=payload, headers={"Content-Type": "application/json"}, method="POST"
    )
    try:
        with opener.open(asked, timeout=timeout) as answer:
            status: int = answer.status
    except (OSError, HTTPException, ValueError) as error:
        said = " ".join(brief(error).split())  # it may hold what the server answered
        return f"the server gave no answer that could be read: {said}"
    if 200 <= status < 300:
        return None
    follows = "; redirects are not followed" if 300 <= status < 400 else ""
    return f"the server answered with status {status}{follows}"
