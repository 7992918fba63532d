"""The vectors of a vocabulary's words, from a file that may be far larger."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from rocktag.embeddings.lines import (
    HEAD_LENGTH,
    Layout,
    MalformedLineError,
    find_layout,
    lines_of,
    parse_numbers,
    split_line,
)
from rocktag.embeddings.packing import Text, is_pipe, open_text
from rocktag.embeddings.vectors import MalformedLine, WordVectors
from rocktag.errors import InputError, UsageError
from rocktag.text import counted

OnProgress: TypeAlias = Callable[[int, int], None]  # bytes read, bytes in all or 0

MALFORMED_KEPT = 100
_LINES_PER_REPORT = 4096
_UTF8_MARK = b"\xef\xbb\xbf"


def read_vectors(
    path: str | Path,
    vocabulary: Mapping[str, int] | Sequence[str],
    *,
    member: str | None = None,
    dimension: int | None = None,
    on_progress: OnProgress | None = None,
) -> WordVectors:
    """Read a vocabulary's vectors from a GloVe or word2vec text file, as a stream.

    Words match as they are written: GloVe 6B is in lower case. The first of several
    vectors of a word counts, the others are counted. Malformed lines are passed over
    and told; the numbers of words outside the vocabulary are counted and looked at, but
    not parsed.

    Args:
        path: A text file, plain, gzip or zip; `ARCHIVE.zip:MEMBER` names a member.
        vocabulary: Word to its row, or the words in the order of their rows. Rows
            without a word, as for padding, stay zero.
        member: Which file of a zip that holds several.
        dimension: D, to choose from a zip, and to be sure; by default the file's own.
        on_progress: Called now and then with bytes read and bytes in all, 0 if unknown.

    Raises:
        UsageError: Two words of the vocabulary share a row, or a row is negative.
        InputError: The file cannot be read, has no vectors or another dimension, or
            most of its lines are malformed.
    """
    rows = _rows(vocabulary)
    with open_text(path, member=member, dimension=dimension) as text:
        digest = hashlib.sha256()
        lines = lines_of(text.stream, digest.update)
        head, layout = _head(lines, text.origin, dimension)
        table = _Table(rows, layout)
        table.fill(_reported(chain(head, lines), text, on_progress))
    return table.result(text.origin, digest.hexdigest())


def look(
    path: str | Path, *, member: str | None = None, dimension: int | None = None
) -> int | None:
    """Return the dimension of a file as `read_vectors` would, from its first lines.

    Of a pipe, which can be read only once, None.

    Raises:
        InputError: The file cannot be read, or does not begin with word vectors.
    """
    if is_pipe(path):
        return None
    with open_text(path, member=member, dimension=dimension) as text:
        lines = lines_of(text.stream, lambda _: None)
        return _head(lines, text.origin, dimension)[1].dimension


def _head(
    lines: Iterator[bytes], origin: str, dimension: int | None
) -> tuple[list[bytes], Layout]:
    """Return the first lines and the layout that they tell."""
    head = list(islice(lines, HEAD_LENGTH))
    head[:1] = [line.removeprefix(_UTF8_MARK) for line in head[:1]]
    layout = find_layout(head)
    _check_layout(layout, origin, dimension)
    return head, layout


def _rows(vocabulary: Mapping[str, int] | Sequence[str]) -> Mapping[str, int]:
    if isinstance(vocabulary, Mapping):
        rows = dict(vocabulary)
    else:
        rows = {word: row for row, word in enumerate(vocabulary)}
    shared = len(set(rows.values())) < len(vocabulary)
    if shared or any(row < 0 for row in rows.values()):
        raise UsageError(
            "the vocabulary is not usable: it names a word twice, gives two words one"
            " row, or a row is negative; number each word once, from 0"
        )
    return MappingProxyType(rows)


def _check_layout(layout: Layout, origin: str, dimension: int | None) -> None:
    if not layout.dimension:
        raise InputError(
            f"{origin} does not begin with word vectors; give a GloVe or word2vec text"
            " file in UTF-8: in each line a word and numbers, with spaces between"
        )
    if dimension not in (None, layout.dimension):
        raise InputError(
            f"{origin} has {layout.dimension:,} numbers in a line, not {dimension:,};"
            " give that dimension, or another file"
        )


def _reported(
    lines: Iterable[bytes], text: Text, on_progress: OnProgress | None
) -> Iterator[bytes]:
    """Yield the lines, and tell now and then how far the file is read."""
    if on_progress is None:
        yield from lines
        return
    for number, line in enumerate(lines):
        if number % _LINES_PER_REPORT == 0:
            on_progress(text.position(), text.size)
        yield line
    on_progress(text.position(), text.size)


class _Table:
    """The vectors found so far, and the lines that are none."""

    def __init__(self, rows: Mapping[str, int], layout: Layout) -> None:
        row_count = max(rows.values(), default=-1) + 1
        self._rows = rows
        self._layout = layout
        self._vectors = np.zeros((row_count, layout.dimension), dtype=np.float32)
        self._found = np.zeros(row_count, dtype=np.bool_)
        self._line_count = 0
        self._malformed: list[MalformedLine] = []
        self._malformed_count = 0
        self._repeated_count = 0

    def fill(self, lines: Iterator[bytes]) -> None:
        """Take all lines of the file."""
        # A lone surrogate is in no file; it must not stop the words that are.
        wanted = {
            word.encode("utf-8", "surrogatepass"): row
            for word, row in self._rows.items()
        }
        header_count = int(self._layout.stated_count is not None)
        number = 0
        for number, line in enumerate(islice(lines, header_count, None), 1):
            try:
                self._take(line, wanted)
            except MalformedLineError as error:
                self._reject(number + header_count, str(error))
        self._line_count = number

    def _take(self, line: bytes, wanted: Mapping[bytes, int]) -> None:
        word, numbers = split_line(line, self._layout.dimension)
        row = wanted.get(word)
        if row is None:
            return
        if self._found[row]:
            self._repeated_count += 1
        else:
            self._vectors[row] = parse_numbers(numbers)
            self._found[row] = True

    def _reject(self, number: int, reason: str) -> None:
        self._malformed_count += 1
        if len(self._malformed) < MALFORMED_KEPT:
            self._malformed.append(MalformedLine(number, reason))

    def result(self, origin: str, sha256: str) -> WordVectors:
        """Return what was found.

        Raises:
            InputError: Most lines are malformed, or there are none.
        """
        usable_count = self._line_count - self._malformed_count
        if not usable_count or usable_count < self._malformed_count:
            raise InputError(
                f"{origin} is no file of {self._layout.dimension:,}-dimensional word"
                f" vectors: {self._malformed_count:,} of {self._line_count:,} lines are"
                f" malformed{self._first_fault()}; give a GloVe or word2vec text file"
            )
        self._compare_with_header()
        return WordVectors(
            origin=origin,
            sha256=sha256,
            dimension=self._layout.dimension,
            rows=self._rows,
            vectors=self._vectors,
            found=self._found,
            line_count=self._line_count,
            malformed=tuple(self._malformed),
            malformed_count=self._malformed_count,
            repeated_count=self._repeated_count,
        )

    def _first_fault(self) -> str:
        if not self._malformed:
            return ""
        first = self._malformed[0]
        return f", the first is line {first.number:,}: {first.reason}"

    def _compare_with_header(self) -> None:
        """A header that promises other lines than follow is malformed itself."""
        stated = self._layout.stated_count
        if stated not in (None, self._line_count):
            reason = (
                f"promises {counted(stated, 'word')},"
                f" {counted(self._line_count, 'line follows', 'lines follow')}"
            )
            self._malformed.insert(0, MalformedLine(1, reason))
            self._malformed_count += 1
