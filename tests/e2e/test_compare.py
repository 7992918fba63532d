"""rocktag compare and rocktag experiment study, as a user runs them."""

from __future__ import annotations

import csv
import json
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Rocktag, wait_until
from tests.pages import read_page

GOLD = """\
title,labels,disputed
Ghost announce a new tour,announce;tour,
The frontman has left,lineup;vocalist,release
Nothing to be tagged,n/a,
"""
SMALL = "[evaluation]\nresamples = 100\n"


@pytest.fixture
def gold(rocktag: Rocktag) -> Path:
    """Three headlines with human labels, and few resamples."""
    path = rocktag.folder / "gold.csv"
    path.write_text(GOLD)
    (rocktag.folder / "config.toml").write_text(SMALL)
    return path


def study(*more: str | Path) -> tuple[str | Path, ...]:
    given = ("experiment", "study", "--corpus", "sample.csv")
    return (*given, "--classifiers", "decision-tree", *more)


def versions_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.glob("[!.]*/[!.]*"))


def runs(rocktag: Rocktag) -> list[Any]:
    with sqlite3.connect(rocktag.folder / "rocktag.db") as database:
        found = database.execute("SELECT job, status FROM run ORDER BY id").fetchall()
    database.close()
    return found


def test_two_versions_are_compared_printed_and_stored(
    rocktag: Rocktag, headlines: Path, models_dir: Path, gold: Path
) -> None:
    trained = ("train", "--corpus", headlines, "--classifier", "decision-tree")
    first = rocktag(*trained, "--json").object()["version"]
    second = rocktag(*trained, "--text-view", "clean", "--json").object()["version"]
    command = ("compare", "--corpus", headlines, "--gold", gold)
    found = rocktag(*command, "--json").object()
    assert [row["version"] for row in found["rows"]] == [first, second]
    assert found["reference"] == first  # the first one trained is the champion
    assert set(found["rows"][1]["differences"]) == set(found["rows"][0]["scores"])
    assert found["gold"]["headlines"] == 3
    folder = Path(found["path"])
    assert folder.parent == models_dir / ".experiments"
    assert json.loads((folder / "table.json").read_text())["rows"] == found["rows"]
    with (folder / "table.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["version"] for row in rows] == [first, second]
    page = read_page((folder / "report.html").read_bytes())
    assert first in page.text
    assert second in page.text
    assert runs(rocktag) == [("compare", "succeeded")]
    with sqlite3.connect(rocktag.folder / "rocktag.db") as database:
        stored = dict(database.execute("SELECT name, value FROM run_metric"))
    database.close()
    expected = found["rows"][1]["gold"]["micro_f1"]["value"]
    assert stored[f"gold_micro_f1:{second}"] == expected

    named = rocktag(*command, second, "champion", "--reference", second, "-o", "t.csv")
    assert named.code == 0, named.stderr
    assert f"Against {second}" in named.stdout
    assert "the rules themselves against people" in named.stdout
    assert (rocktag.folder / "t.csv").read_text().count("\n") == 3

    rocktag.well("models", "archive", second)
    (row,) = rocktag(*command, "--json").object()["rows"]
    assert row["version"] == first
    rocktag.well("models", "archive", second, "--undo")
    (models_dir / second / "model.skops").write_bytes(b"damaged")
    passed = rocktag(*command, "--json")
    assert [row["version"] for row in passed.object()["rows"]] == [first]
    assert f"{second} is passed over" in passed.stderr
    assert rocktag(*command, first, second).code == 1


def test_what_compare_cannot_do_is_said_before_the_work(
    rocktag: Rocktag, headlines: Path, gold: Path
) -> None:
    rocktag.well("db", "upgrade")
    none = rocktag("compare", "--corpus", headlines)
    assert none.code == 1
    assert "no version to compare" in none.stderr
    ending = rocktag("compare", "--corpus", headlines, "-o", "table.txt")
    assert (ending.code, "none of .csv, .json, .html" in ending.stderr) == (2, True)
    rocktag.well("train", "--corpus", headlines, "--classifier", "decision-tree")
    gold.write_text("title,labels,disputed\nGhost,toor,\n")
    bad = rocktag("compare", "--corpus", headlines, "--gold", gold)
    assert bad.code == 1
    assert "line 2: unknown label 'toor'" in bad.stderr
    absent = rocktag("compare", "decision-tree/none", "--corpus", headlines)
    assert absent.code == 1
    assert "decision-tree/none does not exist" in absent.stderr


def test_a_study_trains_compares_and_promotes_nothing(
    rocktag: Rocktag, headlines: Path, models_dir: Path, gold: Path
) -> None:
    ended = rocktag(*study("--gold", gold, "--json"))
    found = ended.object()
    assert [row["text_view"] for row in found["rows"]] == ["raw", "clean"]
    assert found["untrained"] == found["taken_up"] == []
    assert sorted(row["version"] for row in found["rows"]) == versions_below(models_dir)
    listed = rocktag("models", "list", "--json").object()["models"]
    assert [one["champion"] for one in listed] == [False, False]
    assert len(list((models_dir / ".experiments").iterdir())) == 1
    assert runs(rocktag) == [("experiment", "succeeded")]


def test_a_study_names_what_it_has_not_trained(
    rocktag: Rocktag, headlines: Path, gold: Path
) -> None:
    given = ("experiment", "study", "--corpus", headlines)
    ended = rocktag.well(
        *given, "--classifiers", "decision-tree,transformer", "-o", "t.csv"
    )
    assert "no encoder was given; give --base" in ended.stdout
    with (rocktag.folder / "t.csv").open() as file:
        last = list(csv.DictReader(file))[-1]
    assert (last["classifier"], last["version"]) == ("transformer", "")
    assert "give --base" in last["remark"]
    late = rocktag(*study("--budget", "0.0001", "--seed", "8"))
    assert late.code == 1
    assert "the budget of 0.0001 minutes ended before its training" in late.stderr
    unknown = rocktag(*given, "--classifiers", "oracle")
    assert unknown.code == 2
    assert "unknown classifier 'oracle'; known are decision-tree" in unknown.stderr


def test_a_study_that_was_killed_trains_nothing_twice(
    rocktag: Rocktag, headlines: Path, models_dir: Path, gold: Path
) -> None:
    running = rocktag.start(*study())
    try:
        wait_until(lambda: len(versions_below(models_dir)) >= 1, "a first version")
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    before = versions_below(models_dir)
    found = rocktag(*study("--json")).object()
    assert found["taken_up"] == [row["version"] for row in found["rows"]][: len(before)]
    assert set(before) <= set(versions_below(models_dir))
    assert len(versions_below(models_dir)) == 2

    again = rocktag(*study("--json")).object()
    assert again["taken_up"] == [row["version"] for row in again["rows"]]
    assert len(versions_below(models_dir)) == 2
    other = rocktag(*study("--seed", "8", "--json")).object()
    assert other["taken_up"] == []
    assert len(versions_below(models_dir)) == 4
