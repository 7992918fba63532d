"""How fast, and in how much memory, a GloVe file of full size is read.

400,000 words of 300 numbers each, as in glove.6B.300d.txt, of which 20,000 are wanted.
The file is generated: its words are w0 to w399999, its numbers those of GloVe's form.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

WORDS, DIMENSION, VOCABULARY = 400_000, 300, 20_000
_LIMITS = {"seconds": 60, "peak MB": 1_000}
_DIFFERENT_LINES = 1_000  # of numbers; writing 120 million of them would take minutes


def measure() -> list[dict[str, Any]]:
    """Read the vectors of every twentieth word in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "glove.300d.txt"
        _write(file)
        size = file.stat().st_size
        finished = subprocess.run(  # noqa: S603 - Python itself, by our own words
            [sys.executable, "-c", _READER, file, str(WORDS), str(VOCABULARY)],
            capture_output=True,
            text=True,
            check=True,
        )
    read = json.loads(finished.stdout)
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kibibytes here
    row = {
        "words": WORDS,
        "dimension": DIMENSION,
        "file MB": round(size / 1e6),
        "vocabulary": VOCABULARY,
        "found": read["found"],
        "seconds": round(read["seconds"], 1),
        "peak MB": round(read["peak"] * unit / 1e6),
    }
    return [{**row, **{f"limit, {name}": most for name, most in _LIMITS.items()}}]


def _write(file: Path) -> None:
    generator = np.random.default_rng(7)
    numbers = [
        " ".join(f"{value:.5g}" for value in row)
        for row in generator.normal(0, 0.4, (_DIFFERENT_LINES, DIMENSION))
    ]
    with file.open("w") as text:
        for word in range(WORDS):
            text.write(f"w{word} {numbers[word % _DIFFERENT_LINES]}\n")


# Linux lets a new program inherit its parent's peak: what is measured is a child's.
_READER = """
import json, resource, subprocess, sys
code = '''
import json, sys, time
from rocktag.embeddings import read_vectors
file, words, wanted = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
vocabulary = [f"w{word}" for word in range(0, words, words // wanted)]
begun = time.perf_counter()
found = read_vectors(file, vocabulary)
seconds = time.perf_counter() - begun
print(json.dumps({"seconds": seconds, "found": int(found.found.sum())}))
'''
done = subprocess.run(
    [sys.executable, "-c", code, *sys.argv[1:]], check=True, capture_output=True
)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps({**json.loads(done.stdout), "peak": peak}))
"""
