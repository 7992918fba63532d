"""Checkpoints of no use but to be fetched, made by the tests themselves."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors.numpy import save

WEIGHTS = save({"embeddings": np.arange(100_000, dtype=np.float32)})
FILES: Mapping[str, bytes] = {
    "config.json": json.dumps({"model_type": "bert"}).encode(),
    "model.safetensors": WEIGHTS,
    "tokenizer.json": b"{}",
    "vocab.txt": b"[PAD]\n[UNK]\n",
}
SUMS = {
    name: hashlib.sha256(content).hexdigest() for name, content in sorted(FILES.items())
}


def write_checkpoint(folder: Path, files: Mapping[str, bytes] = FILES) -> Path:
    """Write a checkpoint into a folder, made for it."""
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def write_wheel(
    index: Path, files: Mapping[str, bytes] = FILES, inner: str = "tiny/model/"
) -> Path:
    """Write the wheel `tiny-encoder` 1.0, which wants another, into a folder."""
    index.mkdir(exist_ok=True)
    path = index / "tiny_encoder-1.0-py3-none-any.whl"
    metadata = "Metadata-Version: 2.1\nName: tiny-encoder\nVersion: 1.0\n"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr("tiny/__init__.py", "raise SystemExit('it was imported')")
        for name, content in files.items():
            wheel.writestr(f"{inner}{name}", content)
        about = "tiny_encoder-1.0.dist-info"
        wheel.writestr(f"{about}/METADATA", f"{metadata}Requires-Dist: torch\n")
        wheel.writestr(
            f"{about}/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(f"{about}/RECORD", "")
    return path
