"""--glove and rocktag experiment: a table of one row a file, stored, none published."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path

import pytest

from tests.e2e.conftest import Rocktag, sample_file
from tests.pages import read_page

TINY = """
[train]
folds = 2
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
    sample_file(rocktag, "small.csv", 300)
    return paths


def test_a_table_of_one_row_a_file_is_printed_and_stored(
    rocktag: Rocktag, files: list[Path], models_dir: Path
) -> None:
    command = ("experiment", "glove-dimensions", "--corpus", "small.csv")
    said = rocktag.well(*command, "--glove", *files, "--json")
    found = json.loads(said.stdout)
    assert [row["dimension"] for row in found["rows"]] == [2, 3]
    assert found["files"] == 2
    assert not (models_dir / ".checkpoints").exists()
    assert found["threshold"] == 0.5
    assert found["settings"]["folds"] == 1  # it scores one test side
    assert "tiny.2d.txt, line 3: 1 number, not 2" in said.stderr
    folder = Path(found["path"])
    assert json.loads((folder / "table.json").read_text())["rows"] == found["rows"]
    with (folder / "table.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["origin"] for row in rows] == ["tiny.2d.txt", "tiny.3d.txt"]
    assert str(rocktag.folder) not in (folder / "table.json").read_text()
    page = read_page((folder / "report.html").read_bytes())
    assert all(row["origin"] in page.text for row in found["rows"])
    assert f"{found['rows'][1]['micro_f1']:.4f}" in page.text
    assert not list(models_dir.glob("[!.]*"))

    with sqlite3.connect(rocktag.folder / "rocktag.db") as database:
        runs = database.execute("SELECT job, status FROM run").fetchall()
        stored = dict(database.execute("SELECT name, value FROM run_metric"))
    database.close()
    assert runs == [("experiment", "succeeded")]
    assert stored["micro_f1_3d"] == found["rows"][1]["micro_f1"]
    assert len(stored) == 2 * 8


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "bad.txt cannot be read: No such file"), ("words only", "does not begin")],
)
def test_every_file_is_looked_at_before_the_first_training(
    rocktag: Rocktag,
    files: list[Path],
    models_dir: Path,
    content: str | None,
    said: str,
) -> None:
    if content is not None:
        (rocktag.folder / "bad.txt").write_text(content)
    command = ("experiment", "glove-dimensions", "--corpus", "no-such-corpus.csv")
    refused = rocktag(*command, "--glove", files[0], "bad.txt")
    assert refused.code == 1
    assert said in refused.stderr
    assert not models_dir.exists()


def test_the_page_is_written_where_it_is_asked_for(
    rocktag: Rocktag, files: list[Path]
) -> None:
    command = ("experiment", "glove-dimensions", "--corpus", "small.csv", "--glove")
    rocktag.well(*command, files[0], "-o", "page.html")
    page = read_page((rocktag.folder / "page.html").read_bytes())
    assert "tiny.2d.txt" in page.text
    refused = rocktag(*command, files[0], "-o", "page.pdf")
    assert (refused.code, "none of .csv, .json, .html" in refused.stderr) == (2, True)


def test_an_experiment_that_fails_keeps_the_rows_it_has(
    rocktag: Rocktag, files: list[Path]
) -> None:
    (rocktag.folder / "bad.txt").write_text("zzqx 1 2 3 4\n")
    command = ("experiment", "glove-dimensions", "--corpus", "small.csv")
    failed = rocktag(*command, "--glove", files[0], "bad.txt", "-o", "table.json")
    assert failed.code == 1
    assert "bad.txt has none of the" in failed.stderr
    assert "1 of 2 files" in failed.stdout
    kept = json.loads((rocktag.folder / "table.json").read_text())
    assert (len(kept["rows"]), kept["files"]) == (1, 2)
    with sqlite3.connect(rocktag.folder / "rocktag.db") as database:
        runs = database.execute("SELECT status FROM run").fetchall()
        metrics = database.execute("SELECT count(*) FROM run_metric").fetchall()
    database.close()
    assert (runs, metrics) == ([("failed",)], [(8,)])


def test_a_folder_of_vectors_is_refused_before_the_corpus_is_read(
    rocktag: Rocktag, tmp_path: Path
) -> None:
    said = rocktag("train", "--corpus", "no-such.csv", "--glove", tmp_path)
    assert said.code == 1
    assert f"{tmp_path} cannot be read: Is a directory; give" in said.stderr


def test_glove_is_refused_by_a_classifier_without_word_vectors(
    rocktag: Rocktag, files: list[Path]
) -> None:
    refused = rocktag("train", "--corpus", "small.csv", "--glove", files[0])
    assert refused.code == 2
    assert "adaboost has no word vectors" in refused.stderr
