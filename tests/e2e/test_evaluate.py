"""rocktag evaluate and rocktag experiment human, as a user runs them."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from rocktag.artifact import Published
from rocktag.comparing import read_gold
from rocktag.db import Database
from rocktag.db import annotations as said_by_people
from rocktag.labeling import topic_rules
from rocktag.sampling import sample
from tests.e2e.conftest import Result
from tests.pages import read_page

SMALL = "[evaluation]\nresamples = 100\n[train]\nclassifier = 'decision-tree'\n"


Call: TypeAlias = Callable[..., Result]


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """Sixty invented headlines, labelled by the topics, some of it disputed."""
    rules = topic_rules()
    path = tmp_path / "gold.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["title", "labels", "disputed"])
        for number, item in enumerate(sample(60, seed=5)):
            given = rules.label(item.title)
            disputed = {"watch"} - given if number % 7 == 0 else set()
            row = [item.title, ";".join(sorted(given)), ";".join(disputed)]
            writer.writerow(row)
    (tmp_path / "config.toml").write_text(SMALL)
    return path


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    """The same headlines, and others."""
    path = tmp_path / "corpus.csv"
    with path.open("w", newline="") as file:
        rows = [[item.title] for item in (*sample(60, seed=5), *sample(500, seed=6))]
        csv.writer(file).writerows([["title"], *rows])
    return str(path)


def test_rules_and_a_version_stand_in_one_table(
    call: Call, published: Published, gold: Path, models_dir: Path, tmp_path: Path
) -> None:
    call("db", "upgrade")
    name = published.manifest.name
    chosen = ("--labels", "topics", "--errors", "3")
    command = ("evaluate", name, "--gold", str(gold), *chosen)
    found = call(*command, "--json").object()
    names = [row["name"] for row in found["rows"]]
    assert names == ["topic rules", "keyword rules", name]
    assert found["rows"][0]["scores"]["micro_f1"]["value"] == 1
    assert found["gold"]["disputed"] >= 8
    assert len(found["rows"][2]["mistakes"]) == 3
    assert found["rows"][2]["differences"]["micro_f1"]["value"] < 0
    folder = Path(found["path"])
    assert folder.resolve().parent == models_dir / ".experiments"
    kept = json.loads((folder / "table.json").read_text())
    assert kept["rows"] == found["rows"]
    with (folder / "table.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows if row["label"] == "all"] == names
    page = read_page((folder / "report.html").read_bytes())
    assert name in page.text
    assert found["rows"][2]["mistakes"][0]["title"] not in page.text
    with sqlite3.connect(tmp_path / "rocktag.db") as database:
        stored = dict(database.execute("SELECT name, value FROM run_metric"))
        (job,) = database.execute("SELECT job FROM run").fetchone()
    database.close()
    assert job == "evaluate"
    value = found["rows"][2]["scores"]["micro_f1"]["value"]
    assert stored[f"micro_f1:{name}"] == value

    said = call(*command)
    assert "Label by label" in said.stdout
    assert "The worst headlines" in said.stdout
    assert "Less topic rules" in said.stdout


def test_the_row_of_the_rules_is_what_the_rules_report_says(
    call: Call, gold: Path, corpus: str
) -> None:
    for scheme in ("topics", "keywords"):
        given = ("--gold", str(gold), "--json")
        report = ("rules", "report", "--corpus", corpus, "--scheme", scheme)
        expected = call(*report, *given).object()["gold"]
        row = call("evaluate", "rules", "--labels", scheme, *given).object()["rows"][0]
        for score, found in row["scores"].items():
            assert found["value"] == expected[score]
        assert {one["label"]: one["f1"]["value"] for one in row["per_label"]} == {
            one["label"]: one["f1"] for one in expected["per_label"]
        }


def test_a_version_and_settings_are_cross_validated(
    call: Call, published: Published, gold: Path, corpus: str, models_dir: Path
) -> None:
    anew = ("evaluate", "--folds", "2", "--gold", str(gold), "--corpus", corpus)
    version = published.manifest.name
    found = call(*anew, version, "--reference", version, "--json").object()
    assert found["reference"] == f"{version}, 2 folds"
    name = f"{published.manifest.name}, 2 folds"
    assert [row["name"] for row in found["rows"]] == ["keyword rules", name]
    assert (found["folds"], found["rows"][1]["trainings"]) == (2, 1)
    assert found["rows"][1]["labels"] == "keywords"

    found = call(*anew, "--labels", "topics", "--json").object()
    row = found["rows"][2]
    assert row["name"] == "decision-tree, topics, 2 folds"
    assert 0.3 < row["scores"]["micro_f1"]["value"] <= 1
    assert len(list(models_dir.glob("[!.]*/*"))) == 1  # nothing published


def test_what_evaluate_cannot_do_is_said_before_the_work(
    call: Call, published: Published, gold: Path, corpus: str
) -> None:
    call("db", "upgrade")
    given = ("--gold", str(gold))
    for arguments, code, said in (
        (("evaluate", *given), 1, "there is no champion yet"),
        (("evaluate", "rules"), 1, "no human labels: the database has no annotation"),
        (("evaluate", "tree/none", *given), 1, "tree/none does not exist"),
        (("evaluate", *given, "--classifier", "adaboost"), 2, "give --folds 5"),
        (("evaluate", *given, "--corpus", corpus), 2, "give --folds 5"),
        (("evaluate", "rules", *given, "-o", "t.txt"), 2, "none of .csv, .json, .html"),
        (("evaluate", "rules", *given, "--reference", "x"), 2, "the reference x"),
        (
            ("evaluate", "a/b", *given, "--folds", "2", "--classifier", "adaboost"),
            2,
            "a/b has settings of its own",
        ),
        (
            ("experiment", "human", *given, "--counts", "5,x", "--corpus", corpus),
            2,
            "--counts '5,x': give numbers",
        ),
    ):
        ended = call(*arguments)
        assert (ended.code, said in ended.stderr) == (code, True), ended.stderr


def test_a_curve_begins_with_what_the_rules_alone_teach(
    call: Call, gold: Path, corpus: str
) -> None:
    command = ("experiment", "human", "--gold", str(gold), "--corpus", corpus)
    chosen = ("--folds", "2", "--counts", "0", "--labels", "topics")
    found = call(*command, *chosen, "--json").object()
    (point,) = found["points"]
    assert (point["asked"], len(point["repeats"])) == (0, 1)
    assert found["rules"]["micro_f1"]["value"] == 1
    assert found["available"] >= 28
    folder = Path(found["path"])
    assert {path.name for path in folder.iterdir()} == {
        "report.html",
        "table.csv",
        "table.json",
    }
    said = call(*command, *chosen)
    assert "topic rules" in said.stdout


def test_without_a_file_the_annotations_of_the_database_count(
    call: Call, gold: Path, corpus: str, tmp_path: Path
) -> None:
    call("ingest", corpus)
    read = read_gold(gold, topic_rules().labels)
    database = Database(f"sqlite:///{tmp_path / 'rocktag.db'}")
    with database.write() as connection:
        keys = said_by_people.keys_of(connection, read.titles)
        readings = [
            said_by_people.Reading(
                keys[title][0],
                title,
                {
                    label: bool(read.targets[row, at])
                    for at, label in enumerate(read.labels)
                    if read.scored[row, at]
                },
            )
            for row, title in enumerate(read.titles)
        ]
        said_by_people.append(connection, readings, "reader")
    database.close()
    found = call("evaluate", "rules", "--json").object()
    expected = call("evaluate", "rules", "--gold", str(gold), "--json").object()
    assert found["gold"]["file"] == "the database"
    assert found["gold"]["disputed"] == expected["gold"]["disputed"]
    assert found["rows"] == expected["rows"]
