"""A vector file as one stream of text, whatever it is packed in."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from gzip import GzipFile
from io import BufferedReader, FileIO
from itertools import islice
from pathlib import Path
from typing import IO, cast
from zipfile import BadZipFile, ZipExtFile, ZipFile, ZipInfo

from rocktag.embeddings.lines import HEAD_LENGTH, find_layout, lines_of
from rocktag.errors import InputError

_BUFFER_SIZE = 2**20  # bytes; a line of 300 numbers is some 2,600
_ENCRYPTED = 0x1  # a flag bit of a zip member
_GZIP_MARK = b"\x1f\x8b"
_ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")  # the second is an empty archive's
_MEMBER = re.compile(r"(.+?\.zip):(.+)", re.IGNORECASE | re.DOTALL)
_UNREADABLE = (OSError, EOFError, zlib.error, BadZipFile, NotImplementedError)


@dataclass(frozen=True, slots=True)
class Text:
    """A vector file's text, open for reading.

    Attributes:
        origin: The file, and the member of it if it is an archive.
        stream: The text, unpacked.
        position: Tells how many of the bytes have been read; packed ones of a .gz.
        size: Bytes in all; 0 for a pipe.
    """

    origin: str
    stream: IO[bytes]
    position: Callable[[], int]
    size: int


@contextmanager
def open_text(
    path: str | Path, *, member: str | None, dimension: int | None
) -> Iterator[Text]:
    """Open a vector file, plain, gzip or zip, which its first bytes tell.

    Args:
        path: The file; `ARCHIVE.zip:MEMBER` names a member too.
        member: Which file of a zip.
        dimension: Else the one file of a zip with so many numbers in a line.

    Raises:
        InputError: It cannot be read, also later, or no one member can be chosen.
    """
    path, member = _separate(path, member)
    with _errors_translated(path), ExitStack() as resources:
        binary = resources.enter_context(BufferedReader(FileIO(path), _BUFFER_SIZE))
        start = binary.peek(4)
        if start.startswith(_ZIP_MARKS):
            archive = resources.enter_context(ZipFile(binary))
            chosen = _choose(archive, path, member, dimension)
            yield _open_member(archive, chosen, path, resources)
        elif member is not None:
            raise InputError(f"{path} is no zip archive; name it without {member!r}")
        else:
            yield _open_file(path, binary, start.startswith(_GZIP_MARK))


def is_pipe(path: str | Path) -> bool:
    """Tell whether a path is there and is neither a file nor a folder."""
    found = Path(path)
    return found.exists() and not (found.is_file() or found.is_dir())


def _separate(path: str | Path, member: str | None) -> tuple[Path, str | None]:
    """Return the file and the member, which the path may name behind a colon."""
    named = _MEMBER.fullmatch(str(path))
    if member is not None or named is None or Path(path).exists():
        return Path(path), member
    return Path(named[1]), named[2]


def _open_file(path: Path, binary: BufferedReader[FileIO], is_gzip: bool) -> Text:
    seekable = binary.seekable()
    size = path.stat().st_size if seekable else 0
    stream = BufferedReader(GzipFile(fileobj=binary)) if is_gzip else binary
    return Text(str(path), stream, binary.tell if seekable else lambda: 0, size)


def _open_member(
    archive: ZipFile, member: ZipInfo, path: Path, resources: ExitStack
) -> Text:
    unpacked = resources.enter_context(archive.open(member))
    stream = BufferedReader(cast("ZipExtFile", unpacked), _BUFFER_SIZE)
    return Text(f"{path}:{member.filename}", stream, unpacked.tell, member.file_size)


def _choose(
    archive: ZipFile, path: Path, name: str | None, dimension: int | None
) -> ZipInfo:
    """Return the member asked for, or the only one."""
    members = [each for each in archive.infolist() if _is_content(each)]
    if any(each.flag_bits & _ENCRYPTED for each in members):
        raise InputError(f"{path} is encrypted; unpack it and give the text file")
    chosen = members
    if name is not None:
        chosen = [each for each in members if each.filename == name]
    elif dimension is not None and len(members) > 1:
        chosen = [each for each in members if _dimension(archive, each) == dimension]
    if len(chosen) == 1:
        return chosen[0]
    raise InputError(_choice(path, members, name or dimension))


def _is_content(member: ZipInfo) -> bool:
    """Tell files from folders and from what macOS adds."""
    return not member.is_dir() and not member.filename.startswith("__MACOSX/")


def _dimension(archive: ZipFile, member: ZipInfo) -> int:
    with archive.open(member) as stream:
        head = islice(lines_of(stream, lambda _: None), HEAD_LENGTH)
        return find_layout(list(head)).dimension


def _choice(path: Path, members: list[ZipInfo], wanted: str | int | None) -> str:
    """Return the sentence that says what there is and how to choose from it."""
    if not members:
        return f"{path} is an empty archive; get it again, or give another file"
    names = ", ".join(member.filename for member in members)
    match wanted:
        case None:
            fault = f"holds several files: {names}"
        case int():
            fault = f"has no one file with {wanted:,} numbers a word: it holds {names}"
        case _:
            fault = f"has no file {wanted!r}: it holds {names}"
    return f"{path} {fault}; name one as {path}:{members[0].filename}"


@contextmanager
def _errors_translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}; give a GloVe or word2vec text"
            " file, plain, .gz or .zip"
        ) from error
    except _UNREADABLE as error:
        said = getattr(error, "strerror", None) or error
        raise InputError(
            f"{path} cannot be read to its end: {said};"
            " give a whole GloVe or word2vec text file, plain, .gz or .zip"
        ) from error
