"""A command that works behind others, and ends with whoever started it."""

from __future__ import annotations

import os
import signal
import sys
import threading

_NICER = 10  # steps of priority that other processes go before it


def stay_in_background() -> None:
    """Go behind other processes; end, with all children, when standard input does.

    Whoever starts the command holds the other end of a pipe. However that process ends,
    by SIGKILL too, the pipe is closed.
    """
    os.nice(_NICER)
    threading.Thread(target=_end_with_input, name="rocktag-tie", daemon=True).start()


def _end_with_input() -> None:
    while os.read(sys.stdin.fileno(), 4_096):
        pass
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
