"""The log on standard error: lines for people, or JSON objects for machines."""

from __future__ import annotations

import json
import logging
import os
import socket
import time
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from rocktag.cli.console import redacted
from rocktag.log_context import run_under_way
from rocktag.text import printable

LogFormat: TypeAlias = Literal["text", "json"]


def set_up_logging(level: str, form: LogFormat = "text") -> None:
    """Send rocktag's log to standard error, a line an event, in UTC."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonFormatter() if form == "json" else _TextFormatter())
    handler.addFilter(_tell_run)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("rocktag").setLevel(level.upper())
    # Who used a connection tells that it was lost; the pool would add a traceback.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)


def _tell_run(record: logging.LogRecord) -> bool:
    """Add to a record the run that is under way, unless it names one itself."""
    run = run_under_way()
    record.__dict__.setdefault("job", run and run.job)
    record.__dict__.setdefault("run", run and run.run_id)
    return True


class _TextFormatter(logging.Formatter):
    """Writes records without any known secret, tracebacks included."""

    default_msec_format = "%s.%03d"

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)-7s %(message)s")
        self.converter = time.gmtime

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's
        """Return the line of a record, the run before the message."""
        run = getattr(record, "run", None)
        if run is not None:
            record.message = f"[run {run}] {record.message}"
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record and its traceback, if it has one."""
        return printable(redacted(super().format(record)))


class _JsonFormatter(logging.Formatter):
    """Writes a record as one object, always of the same keys, without known secrets."""

    def __init__(self) -> None:
        super().__init__()
        self._host = socket.gethostname()

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        moment = datetime.fromtimestamp(record.created, UTC).replace(tzinfo=None)
        error = self.formatException(record.exc_info) if record.exc_info else None
        line = {
            "time": f"{moment.isoformat(timespec='milliseconds')}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": getattr(record, "event", None),
            "job": getattr(record, "job", None),
            "run": getattr(record, "run", None),
            "host": self._host,
            "process_id": os.getpid(),
            "message": redacted(record.getMessage()),
            "counts": getattr(record, "counts", None),
            "error": error and redacted(error),
        }
        # ASCII only: it is valid whatever standard error can encode.
        return json.dumps(line).replace("\x7f", "\\u007f")
