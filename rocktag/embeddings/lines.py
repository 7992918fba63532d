"""One line of a vector file: a word, a space, and D numbers with spaces between.

The word may hold spaces itself, as some in glove.840B do, so numbers count from the
right. Everything is bytes: decoding a gigabyte would take longer than reading it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np
import numpy.typing as npt

from rocktag.text import counted

LARGEST = (
    1e6  # in magnitude; trained vectors have single digits, a sum of them is finite
)
LONGEST_LINE = 2**20  # bytes; keeps memory flat whatever a file contains
HEAD_LENGTH = 100  # lines that decide on the layout

_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_NUMBER_BYTES = b"0123456789+-.eE "
_HEADER = re.compile(rb"(\d{1,12}) (\d{1,6})")
_LINE_END = b" \r\n"  # the word2vec program ends each line with a space


class MalformedLineError(Exception):
    """The line is no word vector; the text says why."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the beginning of a file tells about the rest.

    Attributes:
        dimension: Numbers in a line; 0 where no line has any.
        stated_count: Words the file says it has, if it has a word2vec header.
    """

    dimension: int
    stated_count: int | None = None


def lines_of(stream: IO[bytes], on_bytes: Callable[[bytes], None]) -> Iterator[bytes]:
    """Yield each line with its end, and hand every byte read to `on_bytes`.

    A line longer than `LONGEST_LINE` is cut there.
    """
    while line := stream.readline(LONGEST_LINE):
        on_bytes(line)
        rest = line
        while len(rest) == LONGEST_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST_LINE)
            on_bytes(rest)
        yield line


def find_layout(head: Sequence[bytes]) -> Layout:
    r"""Return the layout that most of a file's first lines share.

    >>> find_layout([b"the 0.1 0.2\n", b"of 0.3 0.4\n"])
    Layout(dimension=2, stated_count=None)
    >>> find_layout([b"2 3\n", b"the 1 2 3\n", b"of 4 5 6\n"])
    Layout(dimension=3, stated_count=2)
    """
    lengths = [_count_numbers(line) for line in head]
    if head and (header := _HEADER.fullmatch(head[0].rstrip(_LINE_END))):
        stated_count, dimension = map(int, header.groups())
        following = lengths[1:]
        fits = not following or any(length >= dimension for length in following)
        if dimension and fits:
            return Layout(dimension, stated_count)
    usual = Counter(length for length in lengths if length).most_common(1)
    return Layout(usual[0][0] if usual else 0)


def split_line(line: bytes, dimension: int) -> tuple[bytes, bytes]:
    r"""Return the word and its numbers, which may yet be ill-formed ones.

    >>> split_line(b". . . 0.1 -2e-3\n", 2)
    (b'. . .', b'0.1 -2e-3')

    Raises:
        MalformedLineError: There is no word, its bytes are no UTF-8, or there are not
            D fields of digits, signs, points and exponents behind it.
    """
    if len(line) >= LONGEST_LINE:
        raise MalformedLineError(f"longer than {LONGEST_LINE:,} bytes")
    line = line.rstrip(_LINE_END)
    space_count = line.count(b" ")
    if space_count == dimension:
        word, _, numbers = line.partition(b" ")
    else:
        word, numbers = _split_other(line, dimension, space_count)
    if not word or word[0] == b" "[0]:
        raise MalformedLineError("begins with a space, not with a word")
    if not word.isascii():
        _check_utf8(word)
    if numbers.translate(None, _NUMBER_BYTES) or _has_empty_field(numbers):
        raise MalformedLineError(_fault_of(numbers))
    return word, numbers


def parse_numbers(numbers: bytes) -> npt.NDArray[np.float32]:
    """Return the numbers (D,).

    >>> parse_numbers(b"0.5 -1e1")
    array([  0.5, -10. ], dtype=float32)

    Raises:
        MalformedLineError: One is no number, or beyond `LARGEST`.
    """
    try:
        with np.errstate(over="ignore"):
            vector = np.array([*map(float, numbers.split(b" "))], dtype=np.float32)
    except ValueError as error:
        raise MalformedLineError(_fault_of(numbers)) from error
    if not (np.abs(vector) <= LARGEST).all():
        raise MalformedLineError(f"a number is beyond {LARGEST:,.0f}")
    return vector


def _split_other(line: bytes, dimension: int, space_count: int) -> tuple[bytes, bytes]:
    """Split a line whose word holds spaces, if that is why it has more of them."""
    if not line:
        raise MalformedLineError("empty")
    if space_count < dimension:
        raise MalformedLineError(f"{counted(space_count, 'number')}, not {dimension:,}")
    word = line.rsplit(b" ", dimension)[0]
    last = word.rpartition(b" ")[2]
    if not last:
        raise MalformedLineError("two spaces in a row")
    # "area 51" is a word; "area 0.51" is a word and one number too many.
    if _NUMBER.fullmatch(last) and not last.isdigit():
        raise MalformedLineError(f"more than {dimension:,} numbers")
    return word, line[len(word) + 1 :]


def _has_empty_field(numbers: bytes) -> bool:
    return numbers.startswith(b" ") or b"  " in numbers


def _check_utf8(word: bytes) -> None:
    try:
        word.decode()
    except UnicodeDecodeError as error:
        raise MalformedLineError(
            f"not UTF-8: byte 0x{word[error.start]:02x} in the word"
        ) from error


def _fault_of(numbers: bytes) -> str:
    fields = numbers.split(b" ")
    wrong = next((field for field in fields if not _NUMBER.fullmatch(field)), b"")
    if not wrong:
        return "two spaces in a row"
    shown = wrong[:20].decode("ascii", "backslashreplace")
    return f"{shown!r} is not a finite number"


def _count_numbers(line: bytes) -> int:
    """Return how many numbers end the line, leaving one field for the word."""
    fields = line.rstrip(_LINE_END).split(b" ")
    for count, field in enumerate(reversed(fields[1:])):
        if not _NUMBER.fullmatch(field):
            return count
    return len(fields) - 1
