"""The command line: parses, wires, prints. No logic that the library lacks."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]

_INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0, 1 failure, 2 usage.

    Interrupted in whatever it does, importing too, it says so and returns 130.
    """
    try:
        from rocktag.cli.entry import run

        code = run(arguments)
    except KeyboardInterrupt:
        code = _INTERRUPTED
    if code == _INTERRUPTED:
        sys.stderr.write(
            "rocktag: interrupted; what was stored before stays, nothing is"
            " half-written\n"
        )
    return code
