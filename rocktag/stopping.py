"""A request to stop, made by a signal handler or another thread, and waited for.

A threading.Event would not do: its `set` takes a lock that the main thread, in which a
handler runs, may just hold in `wait`.
"""

from __future__ import annotations

import contextlib
import os
import select


class Flag:
    """Raised once or often; who waits for it wakes up."""

    def __init__(self) -> None:
        self._is_set = False
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)

    def __del__(self) -> None:
        """Close the pipe."""
        for end in (self._reader, self._writer):
            with contextlib.suppress(OSError):
                os.close(end)

    def is_set(self) -> bool:
        """Tell whether it was raised."""
        return self._is_set

    def set(self) -> None:
        """Raise it; safe in a signal handler."""
        self._is_set = True
        self.wake()

    def wake(self) -> None:
        """Let who waits look around, without raising it; safe in a signal handler."""
        with contextlib.suppress(BlockingIOError):  # full: it wakes up in any case
            os.write(self._writer, b"!")

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is raised, woken or the time is over; tell whether it is up."""
        if not self._is_set:
            select.select([self._reader], [], [], seconds)
            with contextlib.suppress(BlockingIOError):
                os.read(self._reader, 4096)
        return self._is_set
