"""Headlines as a CSV file that the importer of feeds reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from rocktag.spreadsheet import row_writer
from rocktag.types import Headline

COLUMNS = ("external_id", "source", "title", "url", "published_at")


def write_csv(headlines: Iterable[Headline], file: TextIO) -> int:
    """Write a header and a row a headline; return how many headlines there were.

    Times are ISO 8601 with their offset. No cell is a formula to a spreadsheet. Open
    the file with `newline=""`.

    >>> import io
    >>> file = io.StringIO()
    >>> write_csv([Headline(source="gatefold", external_id="1", title="Hi")], file)
    1
    >>> file.getvalue().splitlines()
    ['external_id,source,title,url,published_at', '1,gatefold,Hi,,']
    """
    write = row_writer(file)
    write(COLUMNS)
    count = 0
    for count, headline in enumerate(headlines, start=1):  # noqa: B007 (returned)
        write(_row(headline))
    return count


def _row(headline: Headline) -> tuple[str, ...]:
    published = headline.published_at
    return (
        headline.external_id,
        headline.source,
        headline.title,
        headline.url or "",
        "" if published is None else published.isoformat(),
    )
