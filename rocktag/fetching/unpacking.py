"""Files of a zip archive, written so that no archive can do harm."""

from __future__ import annotations

import shutil
import stat
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from lzma import LZMAError
from pathlib import Path, PureWindowsPath
from typing import TypeAlias
from zipfile import BadZipFile, ZipFile, ZipInfo

from rocktag.errors import InputError, brief
from rocktag.files import written_whole

Choose: TypeAlias = Callable[[Sequence[str]], Mapping[str, str]]  # name to new name

LARGEST_UNPACKED = 2**34  # bytes; glove.840B.300d.txt has 5.6e9

_CHUNK_SIZE = 2**20  # bytes
_ENCRYPTED = 0x1  # a flag bit of a zip member
# ValueError: a name that is no UTF-8; RuntimeError: an unknown compression.
_UNREADABLE = (
    *(BadZipFile, EOFError, LZMAError, OSError, RuntimeError, ValueError),
    *(struct.error, zlib.error),
)


def unpack(
    archive: Path, folder: Path, *, largest: int = LARGEST_UNPACKED
) -> list[Path]:
    """Write the `.txt` members of a zip archive, as `unpack_chosen` does.

    Raises:
        InputError: As there, or the archive has no text.
    """
    targets = unpack_chosen(archive, folder, _texts, largest=largest)
    if not targets:
        raise InputError(f"{archive} holds no .txt file; give another archive")
    return targets


def unpack_chosen(
    archive: Path, folder: Path, choose: Choose, *, largest: int
) -> list[Path]:
    """Write members of a zip archive, each whole or not at all.

    Every member is looked at before anything is written. No more bytes are written
    than the archive declares. What is there with the right checksum is left.

    Args:
        archive: The zip file.
        folder: Where to, made if it is not there.
        choose: Given the members' names, returns those wanted, each with what it is
            to be called in the folder.
        largest: Bytes that all chosen members together may have.

    Returns:
        The files, in the order chosen.

    Raises:
        InputError: The archive cannot be read, or has a member that leads out of the
            folder, is a link, is encrypted or there twice; it is larger than `largest`
            or than the disk; or the folder cannot be written.
    """
    try:
        with ZipFile(archive) as opened:
            _check_safe(archive, opened.infolist())
            wanted = [
                (opened.getinfo(name), _target(archive, called, folder))
                for name, called in choose(opened.namelist()).items()
            ]
            missing = [each for each in wanted if not _is_there(*each)]
            _check_size(archive, folder, [member for member, _ in missing], largest)
            for member, target in missing:
                _write(opened, member, target)
    except _UNREADABLE as error:
        raise InputError(
            f"{archive} cannot be unpacked: {brief(error)}; remove it and fetch"
            " it again"
        ) from error
    return [target for _, target in wanted]


def _check_safe(archive: Path, members: Sequence[ZipInfo]) -> None:
    faults = [fault for member in members if (fault := _fault_of(member))]
    if len({member.filename for member in members}) < len(members):
        faults.append("a member is there twice")
    if faults:
        raise InputError(
            f"{archive} is not safe to unpack, nothing was written:"
            f" {'; '.join(map(brief, faults[:5]))}; fetch it from its publisher"
        )


def _fault_of(member: ZipInfo) -> str | None:
    path = PureWindowsPath(member.filename)  # knows / and \ and drives
    if path.anchor or ".." in path.parts:
        return f"{member.filename!r} leads out of the folder"
    if not member.filename.isprintable():
        return f"{member.filename!r} has control characters"
    if stat.S_ISLNK(member.external_attr >> 16):
        return f"{member.filename!r} is a symbolic link"
    if member.flag_bits & _ENCRYPTED:
        return f"{member.filename!r} is encrypted"
    return None


def _texts(names: Sequence[str]) -> dict[str, str]:
    """Tell texts from the rest, and from the shadows that macOS adds to each."""
    return {
        name: name
        for name in names
        if name.lower().endswith(".txt") and not name.startswith("__MACOSX/")
    }


def _target(archive: Path, called: str, folder: Path) -> Path:
    target = folder / called
    if not target.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            f"{archive} cannot be unpacked: {target} is or lies behind a link out of"
            " the folder; remove the link, or give another folder"
        )
    return target


def _is_there(member: ZipInfo, target: Path) -> bool:
    if not target.is_file() or target.stat().st_size != member.file_size:
        return False
    checksum = 0
    with target.open("rb") as file:
        while chunk := file.read(_CHUNK_SIZE):
            checksum = zlib.crc32(chunk, checksum)
    return checksum == member.CRC


def _check_size(
    archive: Path, folder: Path, members: Sequence[ZipInfo], largest: int
) -> None:
    _make_folder(folder)
    size = sum(member.file_size for member in members)
    free = shutil.disk_usage(folder).free
    if size > min(largest, free):
        raise InputError(
            f"{archive} would unpack to {size:,} bytes, {min(largest, free):,} are"
            f" allowed or free in {folder}; make room or give another folder"
        )


def _write(archive: ZipFile, member: ZipInfo, target: Path) -> None:
    _make_folder(target.parent)
    with archive.open(member) as source, written_whole(target) as file:
        shutil.copyfileobj(source, file.buffer, _CHUNK_SIZE)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be made: {error.strerror}; give another folder"
        ) from error
