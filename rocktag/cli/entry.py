"""`rocktag`: what a command raises becomes one line and an exit code."""

from __future__ import annotations

import errno
import logging
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

import typer

from rocktag.cli.app import app
from rocktag.cli.console import fail, note
from rocktag.errors import RocktagError

_UNEXPECTED = 1


def run(arguments: Sequence[str] | None) -> int:
    """Run the command line and return its exit code: 0, 1 failure, 2 usage.

    Raises:
        KeyboardInterrupt: Where Typer does not make it 130.
    """
    command = typer.main.get_command(app)
    _let_any_text_out()
    try:
        code = command.main(
            args=list(arguments) if arguments is not None else None,
            prog_name="rocktag",
            standalone_mode=False,
        )
        sys.stdout.flush()  # while a reader that left can still be told from a fault
    except RocktagError as error:
        if isinstance(error.__cause__, BrokenPipeError):
            return _reader_left()
        fail(str(error))
        return error.exit_code
    except typer.TyperException as error:
        return _usage(error)
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    except (BrokenPipeError, SystemExit) as error:
        if isinstance(error.__context__ or error, BrokenPipeError):
            return _reader_left()  # Typer makes it SystemExit(1)
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            return _disk_full()
        logging.getLogger("rocktag").debug("unexpected", exc_info=error)
        fail(
            f"unexpected {type(error).__name__}: {error}; this is a fault of rocktag;"
            " --set log.level=debug shows where"
        )
        return _UNEXPECTED
    return int(code or 0)


def _let_any_text_out() -> None:
    """Escape what cannot be printed, such as a stray byte of a path."""
    if isinstance(sys.stdout, TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def _reader_left() -> int:
    """End quietly, as after `| head`: the reader has seen enough."""
    _discard_output()
    return 0


def _disk_full() -> int:
    _discard_output()
    fail("standard output cannot be written: the disk is full; make room, run again")
    return _UNEXPECTED


def _discard_output() -> None:
    """Keep Python from failing once more when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _usage(error: typer.TyperException) -> int:
    message = getattr(error, "format_message", lambda: str(error))()
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "rocktag"
    if context is not None and message == context.get_help():
        note(message)  # a command that was given nothing
    elif message:
        fail(f"{' '.join(message.split()).rstrip('.')}; see: {path} --help")
    return int(getattr(error, "exit_code", 2))
