"""`rocktag`: what a command raises becomes one line and an exit code."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

import typer

from rocktag.cli.app import app
from rocktag.cli.console import fail
from rocktag.errors import RocktagError

_INTERRUPTED = 130  # 128 + SIGINT, as shells have it
_UNEXPECTED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0, 1 failure, 2 usage."""
    command = typer.main.get_command(app)
    try:
        code = command.main(
            args=list(arguments) if arguments is not None else None,
            prog_name="rocktag",
            standalone_mode=False,
        )
    except RocktagError as error:
        fail(str(error))
        return error.exit_code
    except typer.TyperException as error:
        return _usage(error)
    except (KeyboardInterrupt, typer.Abort):
        fail("interrupted; what was stored before stays, nothing is half-written")
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough; keep Python from complaining at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        logging.getLogger("rocktag").debug("unexpected", exc_info=error)
        fail(
            f"unexpected {type(error).__name__}: {error}; this is a fault of rocktag;"
            " --set log.level=debug shows where"
        )
        return _UNEXPECTED
    return int(code or 0)


def _usage(error: typer.TyperException) -> int:
    message = getattr(error, "format_message", lambda: str(error))()
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "rocktag"
    if message:
        fail(f"{' '.join(message.split())} See: {path} --help")
    return int(getattr(error, "exit_code", 2))
