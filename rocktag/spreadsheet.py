"""Text in CSV files that people open in a spreadsheet: it must not be a formula.

An apostrophe before it keeps a cell a text. What already begins with apostrophes and
then a formula gets one more, so that reading takes away just what writing put there.
Source: OWASP, CSV injection.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from typing import TextIO

_FORMULA = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")  # the last full-width


def guarded(text: str) -> str:
    """Return the text as a cell that no spreadsheet takes for a formula.

    >>> guarded("=1+1"), guarded("Ghost = great")
    ("'=1+1", 'Ghost = great')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """Return the text of a cell that `guarded` may have written.

    >>> unguarded("'=1+1"), unguarded("'Heroes' at 40")
    ('=1+1', "'Heroes' at 40")
    """
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def row_writer(file: TextIO) -> Callable[[Sequence[str]], None]:
    r"""Return what writes a row of texts into a CSV file opened with `newline=""`.

    >>> import io
    >>> file = io.StringIO()
    >>> row_writer(file)(["=1+1", "Ghost, live", "two\rlines"])
    >>> file.getvalue()
    '"\'=1+1","Ghost, live","two\rlines"\n'
    """
    plain = csv.writer(file, lineterminator="\n")
    # The csv module quotes a lone CR only where the line ends with one.
    quoted = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)

    def write(cells: Sequence[str]) -> None:
        writer = quoted if any("\r" in cell for cell in cells) else plain
        writer.writerow([guarded(cell) for cell in cells])

    return write
