"""The topics scheme, as a user chooses it on the command line."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path

from tests.e2e.conftest import Rocktag

TITLES = "title\nGhost hit the road\nGrey Harbour man has passed away\nNothing at all\n"
GOLD = """\
title,labels,disputed
Ghost hit the road,tour,
Nothing at all,tour,
Drummer quits,drummer;lineup,vocalist
"""


def test_headlines_are_labelled_and_explained_by_the_scheme_chosen(
    rocktag: Rocktag,
) -> None:
    (rocktag.folder / "news.csv").write_text(TITLES)
    labelled = ("rules", "label", "news.csv", "-o", "out.csv", "--scheme", "topics")
    rocktag.well(*labelled)
    with (rocktag.folder / "out.csv").open(encoding="utf-8", newline="") as file:
        labels = [row["labels"] for row in csv.DictReader(file)]
    assert labels == ["tour", "death", "n/a"]
    explained = ("rules", "explain", "Ghost hit the road", "--scheme", "topics")
    assert "tour by 'hit the road'" in rocktag.well(*explained).stdout
    found = rocktag(*explained, "--json").object()
    assert found["evidence"] == {"tour": "hit the road"}
    by_keywords = rocktag("rules", "explain", "Ghost hit the road", "--json").object()
    assert by_keywords["labels"] == ["n/a"]


def test_the_report_tells_of_each_function_and_how_often_people_agree(
    rocktag: Rocktag,
) -> None:
    (rocktag.folder / "news.csv").write_text(TITLES)
    (rocktag.folder / "gold.csv").write_text(GOLD)
    report = ("rules", "report", "--corpus", "news.csv", "--scheme", "topics")
    found = rocktag(*report, "--gold", "gold.csv", "--json").object()
    assert len(found["labels"]) == 34
    rows = {(row["label"], row["name"]): row for row in found["functions"]}
    tour = rows["tour", "on the road"]
    assert (tour["precision"], tour["recall"], tour["support"]) == (1, 0.5, 1)
    assert tour["coverage"] > 0
    people = {row["label"]: row for row in found["gold"]["per_label"]}
    assert (people["tour"]["recall"], people["tour"]["support"]) == (0.5, 2)
    assert people["drummer"]["f1"] == 1
    assert "singer" not in people  # disputed
    assert 0 < found["gold"]["micro_f1"] < 1
    assert all(row["precision"] is None for row in rows.values() if not row["support"])
    printed = rocktag.well(*report).stdout
    assert "labelling functions" in printed
    assert "of gold.csv" not in printed
    assert "of gold.csv" in rocktag.well(*report, "--gold", "gold.csv").stdout
    assert "on the road" in printed
    keywords = rocktag("rules", "report", "--corpus", "news.csv", "--json").object()
    assert "functions" not in keywords


def test_a_model_of_topics_is_trained_shown_and_tags(
    rocktag: Rocktag, headlines: Path
) -> None:
    rocktag.well("ingest", headlines)
    trained = rocktag(
        *("train", "--classifier", "decision-tree", "--labels", "topics", "--json")
    ).object()
    shown = rocktag("models", "show", "champion", "--json").object()
    assert shown["version"] == trained["version"]
    assert shown["rules"] == "topics"
    assert "vocalist" not in shown["labels"]
    rocktag.well("worker", "--once")
    with sqlite3.connect(rocktag.folder / "rocktag.db") as database:
        agreements = database.execute(
            "SELECT rule_agreement FROM run_summary WHERE job = 'tag'"
        ).fetchall()
    database.close()
    # with topics; by keywords half of these headlines have other labels
    assert [agreement > 0.8 for (agreement,) in agreements] == [True]
    compared = ("--set", "train.labels=topics", "compare", "--corpus", headlines)
    (row,) = rocktag(*compared, "--json").object()["rows"]
    assert row["scores"]["micro_f1"]["value"] > 0.8  # against topics
