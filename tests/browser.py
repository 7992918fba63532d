"""A real browser without a window, told what to do over a pipe.

Chromium speaks the DevTools protocol on its file descriptors 3 and 4, an object a NUL;
no driver and no library is needed for the few words of it that tests use.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE = 120  # seconds; a machine may be busy


def installed() -> str | None:
    """Return where a Chromium is, if there is one."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


@dataclass(slots=True)
class Seen:
    """What a page did while it was looked at.

    Attributes:
        messages: Of its console and log.
        requests: Addresses it asked for, but its own and `data:`.
        value: Of the expression that was asked for.
        picture: PNG of all of it, in base64, if asked for.
    """

    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    value: Any = None
    picture: str = ""


class Browser:
    """A Chromium that is running."""

    def __init__(self, writing: int, reading: int) -> None:
        self._writing, self._reading = writing, reading
        self._number, self._rest = 0, b""
        self._events: list[dict[str, Any]] = []

    def look(
        self,
        page: Path,
        expression: str,
        *,
        width: int,
        dark: bool = False,
        picture: bool = False,
    ) -> Seen:
        """Open a page in a new tab, and return what it did and an expression's value.

        Args:
            page: The file.
            expression: JavaScript, asked from outside of the page.
            width: Of the window, in pixels.
            dark: Whether its user prefers dark.
            picture: Whether to take one.
        """
        target = self._ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        to = {"targetId": target, "flatten": True}
        session = self._ask("Target.attachToTarget", to)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable", {}, session)
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self._ask("Emulation.setDeviceMetricsOverride", size, session)
        scheme = {
            "name": "prefers-color-scheme",
            "value": "dark" if dark else "light",
        }
        self._ask("Emulation.setEmulatedMedia", {"features": [scheme]}, session)
        self._events.clear()
        self._ask("Page.navigate", {"url": page.as_uri()}, session)
        while not any(one["method"] == "Page.loadEventFired" for one in self._events):
            self._events.append(self._next())
        asked = {"expression": expression, "returnByValue": True}
        found = self._ask("Runtime.evaluate", asked, session)
        seen = Seen(value=found["result"].get("value"))
        if picture:
            whole = {"captureBeyondViewport": True}
            seen.picture = self._ask("Page.captureScreenshot", whole, session)["data"]
        self._note(seen, page)
        self._ask("Target.closeTarget", {"targetId": target})
        return seen

    def _note(self, seen: Seen, page: Path) -> None:
        for event in self._events:
            said = event["params"]
            match event["method"]:
                case "Log.entryAdded":
                    seen.messages.append(said["entry"]["text"])
                case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown":
                    seen.messages.append(json.dumps(said))
                case "Network.requestWillBeSent":
                    seen.requests.append(said["request"]["url"])
        own = page.as_uri()
        seen.requests = [
            url for url in seen.requests if url != own and not url.startswith("data:")
        ]

    def _ask(
        self, method: str, parameters: dict[str, Any], session: str = ""
    ) -> dict[str, Any]:
        """Send a command and return its answer; events on the way are kept."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        if session:
            command["sessionId"] = session
        os.write(self._writing, json.dumps(command).encode() + b"\0")
        while True:
            message = self._next()
            if message.get("id") == self._number:
                assert "error" not in message, message
                return dict(message["result"])
            self._events.append(message)

    def _next(self) -> dict[str, Any]:
        end = time.monotonic() + _PATIENCE
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._reading], [], [], end - time.monotonic())
            part = os.read(self._reading, 2**20) if ready else b""
            assert part, "the browser does not answer"
            self._rest += part
        message, self._rest = self._rest.split(b"\0", 1)
        return dict(json.loads(message))


def _above_four(descriptor: int) -> int:
    """Return the same file under a number that is neither 3 nor 4."""
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD, 10)
    os.close(descriptor)
    return moved


@contextmanager
def running(program: str, folder: Path) -> Iterator[Browser]:
    """Run a Chromium whose profile is in a folder of the test's own."""
    to_browser, writing = os.pipe()
    reading, from_browser = os.pipe()
    arguments = [
        program,
        "--headless=new",
        "--remote-debugging-pipe",
        "--disable-gpu",
        "--disable-background-networking",
        "--no-first-run",
        f"--user-data-dir={folder}",
    ]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # there is none for root
    ends = [_above_four(end) for end in (to_browser, from_browser)]
    moved = f'exec "$@" 3<&{ends[0]} 4>&{ends[1]}'
    process = subprocess.Popen(
        ["bash", "-c", moved, "bash", *arguments],  # noqa: S607 - wherever it is
        pass_fds=ends,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for end in ends:
        os.close(end)
    try:
        yield Browser(writing, reading)
    finally:
        os.close(writing)
        os.close(reading)
        process.kill()
        process.wait()
