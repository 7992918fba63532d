"""The text files of a zip archive, written so that no archive can do harm."""

from __future__ import annotations

import shutil
import stat
import zlib
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from rocktag.errors import InputError
from rocktag.files import written_whole

LARGEST_UNPACKED = 2**34  # bytes; glove.840B.300d.txt has 5.6e9

_CHUNK_SIZE = 2**20  # bytes
_ENCRYPTED = 0x1  # a flag bit of a zip member
_UNREADABLE = (OSError, EOFError, zlib.error, BadZipFile, NotImplementedError)


def unpack(
    archive: Path, folder: Path, *, largest: int = LARGEST_UNPACKED
) -> list[Path]:
    """Write the `.txt` members of a zip archive, each whole or not at all.

    Every member is looked at before anything is written. No more bytes are written
    than the archive declares. What is there with the right checksum is left.

    Args:
        archive: The zip file.
        folder: Where to, made if it is not there.
        largest: Bytes that all members together may have.

    Returns:
        The files, in the archive's order.

    Raises:
        InputError: The archive cannot be read, has no text, or has a member that leads
            out of the folder, is a link, is encrypted or there twice; it is larger
            than `largest` or than the disk; or the folder cannot be written.
    """
    try:
        with ZipFile(archive) as opened:
            _check_safe(archive, opened.infolist())
            members = [each for each in opened.infolist() if _is_text(each)]
            targets = [_target(archive, each, folder) for each in members]
            missing = [
                (member, target)
                for member, target in zip(members, targets, strict=True)
                if not _is_there(member, target)
            ]
            _check_size(archive, folder, [member for member, _ in missing], largest)
            for member, target in missing:
                _write(opened, member, target)
    except _UNREADABLE as error:
        raise InputError(
            f"{archive} cannot be unpacked: {error}; remove it and fetch it again"
        ) from error
    if not targets:
        raise InputError(f"{archive} holds no .txt file; give another archive")
    return targets


def _check_safe(archive: Path, members: Sequence[ZipInfo]) -> None:
    faults = [fault for member in members if (fault := _fault_of(member))]
    if len({member.filename for member in members}) < len(members):
        faults.append("a member is there twice")
    if faults:
        raise InputError(
            f"{archive} is not safe to unpack, nothing was written:"
            f" {'; '.join(faults[:5])}; fetch it from its publisher"
        )


def _fault_of(member: ZipInfo) -> str | None:
    path = PureWindowsPath(member.filename)  # knows / and \ and drives
    if path.anchor or ".." in path.parts:
        return f"{member.filename!r} leads out of the folder"
    if stat.S_ISLNK(member.external_attr >> 16):
        return f"{member.filename!r} is a symbolic link"
    if member.flag_bits & _ENCRYPTED:
        return f"{member.filename!r} is encrypted"
    return None


def _is_text(member: ZipInfo) -> bool:
    """Tell texts from the rest, and from the shadows that macOS adds to each."""
    name = member.filename
    return name.lower().endswith(".txt") and not name.startswith("__MACOSX/")


def _target(archive: Path, member: ZipInfo, folder: Path) -> Path:
    target = folder / member.filename
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
