"""--glove and rocktag experiment: a table of one row a file, stored, none published."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path

import pytest

from tests.e2e.conftest import Rocktag

TINY = """
[train.cnn_bilstm]
maximum_length = 12
filters = 4
lstm_units = 2
dense_units = 4
epochs = 1
"""


@pytest.fixture
def files(rocktag: Rocktag) -> list[Path]:
    """Vectors of two dimensions for a handful of words; one line is malformed."""
    paths = []
    for dimension in (2, 3):
        numbers = " 0.25" * dimension
        path = rocktag.folder / f"tiny.{dimension}d.txt"
        path.write_text(f"tour{numbers}\nthe{numbers}\nbroken 1\nnew{numbers}\n")
        paths.append(path)
    (rocktag.folder / "config.toml").write_text(TINY)
    rocktag.well("sample", "-n", "300", "--seed", "3", "-o", "small.csv")
    return paths


def test_a_table_of_one_row_a_file_is_printed_and_stored(
    rocktag: Rocktag, files: list[Path], models_dir: Path
) -> None:
    command = ("experiment", "glove-dimensions", "--corpus", "small.csv")
    said = rocktag.well(*command, "--glove", *files, "--json")
    found = json.loads(said.stdout)
    assert [row["dimension"] for row in found["rows"]] == [2, 3]
    assert found["threshold"] == 0.5
    assert "tiny.2d.txt, line 3: 1 numbers, not 2" in said.stderr
    folder = Path(found["path"])
    assert json.loads((folder / "table.json").read_text())["rows"] == found["rows"]
    with (folder / "table.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["origin"] for row in rows] == ["tiny.2d.txt", "tiny.3d.txt"]
    assert str(rocktag.folder) not in (folder / "table.json").read_text()
    assert not list(models_dir.glob("[!.]*"))

    with sqlite3.connect(rocktag.folder / "rocktag.db") as database:
        runs = database.execute("SELECT job, status FROM run").fetchall()
        stored = dict(database.execute("SELECT name, value FROM run_metric"))
    database.close()
    assert runs == [("experiment", "succeeded")]
    assert stored["micro_f1_3d"] == found["rows"][1]["micro_f1"]
    assert len(stored) == 2 * 8


def test_an_experiment_that_fails_stores_no_table(
    rocktag: Rocktag, files: list[Path], models_dir: Path
) -> None:
    refused = rocktag(
        *("experiment", "glove-dimensions", "--corpus", "small.csv"),
        *("--glove", "no-such-file.txt", "-o", "table.csv"),
    )
    assert refused.code == 1
    assert "no-such-file.txt cannot be read" in refused.stderr
    assert not (rocktag.folder / "table.csv").exists()
    assert not list(models_dir.glob(".experiments/*"))


def test_glove_is_refused_by_a_classifier_without_word_vectors(
    rocktag: Rocktag, files: list[Path]
) -> None:
    refused = rocktag("train", "--corpus", "small.csv", "--glove", files[0])
    assert refused.code == 2
    assert "adaboost has no word vectors" in refused.stderr
