"""What people see: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from rocktag.config import passwords, without_passwords
from rocktag.text import CONTROLS, printable

_PIPED_WIDTH = 200  # characters; where no terminal sets a width nothing is cut
_LONGEST_MESSAGE = 10_000  # characters; a name somebody gives may have a million


class _Plain(Console):
    """Prints text as it stands: a title may hold [brackets] or :names: of emoji."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(
            stderr=stderr, highlight=False, soft_wrap=True, markup=False, emoji=False
        )

    def render_str(self, text: str, **_: Any) -> Text:
        """Return a text as it is printed: without style, control characters escaped."""
        return Text(printable(text))

    def on_broken_pipe(self) -> None:
        """Leave it to the entry point, instead of ending the process here."""
        raise


output = _Plain()
messages = _Plain(stderr=True)

_secrets: set[str] = set()
_HIDDEN = "***"
_UNMISTAKABLE = 12  # characters


def keep_secret(url: str) -> None:
    """Never show a password of this URL, in whatever message it turns up."""
    keep_secrets(passwords(url))


def keep_secrets(words: Iterable[str]) -> None:
    """Never show these, in whatever message they turn up."""
    _secrets.update(words)


def redacted(text: str) -> str:
    """Return the text with the passwords of URLs and every known secret hidden."""
    text = without_passwords(text)
    for secret in sorted(_secrets, key=len, reverse=True):
        pattern = re.escape(secret)
        if len(secret) < _UNMISTAKABLE:  # it may be a part of other words
            pattern = rf"(?<!\w){pattern}(?!\w)"
        text = re.sub(pattern, _HIDDEN, text)
    return text


def fail(message: str) -> None:
    """Say on standard error what is wrong."""
    shown = redacted(f"rocktag: {message}")
    end = "…" if len(shown) > _LONGEST_MESSAGE else ""
    messages.print(f"{shown[:_LONGEST_MESSAGE]}{end}")


def note(message: str) -> None:
    """Say on standard error what happens."""
    messages.print(redacted(message))


def print_json(value: Any) -> None:
    """Print one JSON object, for machines; moments as in ISO 8601."""
    text = json.dumps(value, ensure_ascii=False, default=datetime.isoformat)
    # json itself escapes those below the space.
    text = CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    output.file.write(f"{text}\n")


def print_table(
    title: str | None, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Print a table; columns of numbers stand to the right."""
    listed = [[_cell(value) for value in row] for row in rows]
    table = Table(
        title=title and printable(title), title_justify="left", box=box.SIMPLE_HEAD
    )
    for index, name in enumerate(header):
        numeric = all(_NUMBER.fullmatch(row[index]) for row in listed if row[index])
        table.add_column(
            printable(name),
            justify="right" if numeric and listed else "left",
            overflow="fold",
        )
    for row in listed:
        table.add_row(*row)
    width = None if output.is_terminal else _PIPED_WIDTH
    Console(highlight=False, markup=False, width=width).print(table)


def progress() -> Progress:
    """Return a progress bar on standard error; silent where nobody watches."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        console=messages,
        disable=not messages.is_terminal,
    )


_NUMBER = re.compile(r"[-+]?[\d,]+(\.\d+)?( %)?|-")


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else ""
        case int():
            return f"{value:,}"
        case float():
            return f"{value:.4f}"
        case _:
            return printable(str(value))
