"""Feeds as files: CSV or JSON Lines, plain or gzip, read as a stream."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from gzip import GzipFile
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from rocktag.errors import InputError, UsageError
from rocktag.feeds.csv_file import read_csv
from rocktag.feeds.json_lines import read_json_lines
from rocktag.feeds.lines import Lines
from rocktag.feeds.rows import MAXIMUM_SOURCE_LENGTH, text_fault
from rocktag.text import tidy
from rocktag.types import Headline, Rejection

_AS_NAMED: Mapping[str, str] = MappingProxyType({})
_JSON_SUFFIXES = frozenset({".json", ".jsonl", ".ndjson"})
_GZIP_SUFFIX = ".gz"
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Feed:
    """A file's rows in order, each a headline or a rejection; read once, as a stream.

    Attributes:
        path: The file.
        size: Its bytes, compressed if it is; 0 for a pipe.
    """

    def __init__(
        self,
        path: Path,
        binary: BufferedReader,
        rows: Iterator[Headline | Rejection],
        resources: ExitStack,
    ) -> None:
        self.path = path
        self.size = os.fstat(binary.fileno()).st_size if binary.seekable() else 0
        self._binary = binary
        self._rows = _guarded(path, rows)
        self._resources = resources
        self._last_position = 0

    @property
    def position(self) -> int:
        """Bytes of the file read so far, up to a buffer ahead of the rows."""
        if self.size and not self._binary.closed:
            self._last_position = self._binary.tell()
        return self._last_position

    def __iter__(self) -> Iterator[Headline | Rejection]:
        return self._rows

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; rows not yet read are lost, the position stays known."""
        self._last_position = self.position
        self._resources.close()


def open_feed(
    path: str | Path,
    *,
    columns: Mapping[str, str] = _AS_NAMED,
    source: str | None = None,
) -> Feed:
    """Open a file of headlines in UTF-8.

    It is JSON Lines if it is called `.json`, `.jsonl` or `.ndjson` or begins with `{`,
    else CSV with a header. Either may be compressed by gzip and called `.gz`.

    Args:
        path: The file.
        columns: Field to the column that holds it, where the file's names are not
            among `FIELDS`.
        source: The source of rows that name none; by default the file's name without
            its suffix.

    Raises:
        UsageError: `columns` or `source` asks for something that cannot be.
        InputError: The file cannot be read as headlines; also while iterating.
    """
    path = Path(path)
    default_source = _default_source(path, source)
    with ExitStack() as until_open:
        binary = until_open.enter_context(_open(path))
        with _errors_translated(path):
            rows = _rows(path, binary, columns, default_source, until_open)
            feed = Feed(path, binary, rows, until_open.pop_all())
    return feed


def _open(path: Path) -> BufferedReader:
    try:
        return path.open("rb")
    except (OSError, ValueError) as error:  # ValueError: NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"{_name(path)} cannot be read: {reason};"
            " give the path of a CSV or JSON Lines file that you may read"
        ) from error


def _rows(
    path: Path,
    binary: BufferedReader,
    columns: Mapping[str, str],
    default_source: str,
    resources: ExitStack,
) -> Iterator[Headline | Rejection]:
    stream: BufferedReader | GzipFile = binary
    if path.suffix.lower() == _GZIP_SUFFIX:
        stream = resources.enter_context(GzipFile(fileobj=binary))
    start = stream.peek(1)
    if start.startswith(_UTF16_MARKS):
        raise InputError(f"{_name(path)} is UTF-16; save it as UTF-8")
    # A byte that is no UTF-8 becomes a lone surrogate: it costs its own row only.
    text = TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
    read = read_json_lines if _is_json_lines(path, start) else read_csv
    return read(
        Lines(resources.enter_context(text)),
        columns=columns,
        origin=_name(path),
        default_source=default_source,
    )


def _is_json_lines(path: Path, start: bytes) -> bool:
    if _bare(path).suffix.lower() in _JSON_SUFFIXES:
        return True
    return start.removeprefix(_UTF8_MARK).lstrip().startswith(b"{")


def _default_source(path: Path, source: str | None) -> str:
    given = tidy(source or "")
    if fault := text_fault("source", given, MAXIMUM_SOURCE_LENGTH):
        raise UsageError(f"--source is not usable: {fault}; give a short name")
    return given or _name(Path(_bare(path).stem))[:MAXIMUM_SOURCE_LENGTH]


def _bare(path: Path) -> Path:
    return path.with_suffix("") if path.suffix.lower() == _GZIP_SUFFIX else path


def _name(path: Path) -> str:
    """Return the path as text that can be stored, also where it is no UTF-8."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def _guarded(
    path: Path, rows: Iterator[Headline | Rejection]
) -> Iterator[Headline | Rejection]:
    with _errors_translated(path):
        yield from rows


@contextmanager
def _errors_translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{_name(path)} cannot be read to its end: {error};"
            " check that it is whole, and gzip if it is called .gz"
        ) from error
