"""A checkpoint: the files of an encoder, and whether they are what they must be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path

from rocktag.encoders.sources import UnusableError
from rocktag.errors import brief

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
# Whatever else a checkpoint has, only these are fetched, checked and read.
FILES = (
    CONFIG,
    WEIGHTS,
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
)
MODEL_TYPES = ("bert", "distilbert")

_VOCABULARIES = ("tokenizer.json", "vocab.txt")  # one will do
_LARGEST_CONFIG = 2**20  # bytes; real ones have about a thousand
_LARGEST_HEADER = 100_000_000  # bytes; safetensors reads no larger one
_LENGTH = 8  # bytes that say how long the header of a safetensors file is


def check_names(names: Collection[str]) -> None:
    """Refuse a checkpoint that lacks a file, by the names of those that it has.

    Raises:
        UnusableError: Which file it lacks.
    """
    if CONFIG not in names:
        raise UnusableError(f"it has no {CONFIG}; give a checkpoint of BERT's kind")
    if WEIGHTS not in names:
        raise UnusableError(_without_weights(names))
    if not any(name in names for name in _VOCABULARIES):
        raise UnusableError(
            f"it has neither {' nor '.join(_VOCABULARIES)}; add its tokenizer's"
        )


def checked(folder: Path, expected: Mapping[str, str]) -> dict[str, str]:
    """Return the sha256 sum of each file of a checkpoint, all of which are read.

    Args:
        folder: Where it is.
        expected: File to the sum that config.toml lists, as far as it lists any.

    Raises:
        UnusableError: It lacks a file, is of another kind, or a file differs.
        OSError: It cannot be read.
    """
    names = {path.name for path in folder.iterdir() if path.is_file()}
    check_names(names)
    sums = {name: _sha256(folder / name) for name in FILES if name in names}
    for name, sha256 in expected.items():
        _compare(name, sums.get(name), sha256)
    _check_kind(folder / CONFIG)
    _check_weights(folder / WEIGHTS)
    return sums


def _without_weights(names: Collection[str]) -> str:
    if any(name.endswith(".safetensors.index.json") for name in names):
        return (
            f"its weights are in several files; save them as one {WEIGHTS}, or give a"
            " smaller checkpoint"
        )
    if any(name.endswith((".bin", ".pt", ".pth", ".ckpt")) for name in names):
        return (
            "its weights are pickled by PyTorch, which can hold code; convert them to"
            f" {WEIGHTS}"
        )
    return f"it has no {WEIGHTS}; give a checkpoint with safetensors"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _compare(name: str, found: str | None, expected: str) -> None:
    if found is None:
        raise UnusableError(f"it has no {name}, whose sha256 sum config.toml lists")
    if found != expected:
        raise UnusableError(
            f"{name} has the sha256 sum {found}, config.toml lists {expected};"
            " give the right file, or correct [encoder] of config.toml"
        )


def _check_kind(path: Path) -> None:
    try:
        with path.open("rb") as file:
            values = json.loads(file.read(_LARGEST_CONFIG))
    except (ValueError, RecursionError) as error:
        raise UnusableError(f"its {path.name} is not valid JSON") from error
    kind = values.get("model_type") if isinstance(values, dict) else None
    if kind not in MODEL_TYPES:
        raise UnusableError(
            f"its {path.name} has the model_type {brief(repr(kind))}; give a checkpoint"
            f" of {' or '.join(MODEL_TYPES)}"
        )


def _check_weights(path: Path) -> None:
    """Tell safetensors from a pickle, or from what Git LFS left in its place."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_LENGTH), "little")
        header = file.read(min(length, size)) if length < _LARGEST_HEADER else b""
    if _LENGTH + length + _length_of_tensors(header) != size:
        raise UnusableError(f"its {path.name} is no safetensors file, or is cut short")


def _length_of_tensors(header: bytes) -> int:
    """Return how many bytes of tensors follow a header; -1 where it is none."""
    try:
        tensors = json.loads(header)
        ends = [
            int(about["data_offsets"][1])
            for name, about in tensors.items()
            if name != "__metadata__"
        ]
    except (ValueError, RecursionError, AttributeError, LookupError, TypeError):
        return -1
    return max(ends, default=0)
