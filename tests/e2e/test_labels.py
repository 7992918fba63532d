"""rocktag labels, as a user calls it."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.e2e.conftest import Rocktag, sample_file

SUSPECT = ["title", "label", "given", "score", "probability", "functions"]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_suspects_are_listed_and_written_and_their_rules_told(rocktag: Rocktag) -> None:
    sample_file(rocktag, "news.csv", 300)
    every = (row["title"] for row in rows_of(rocktag.folder / "news.csv"))
    titles = [title for title in every if " tour " in title.lower()]
    with (rocktag.folder / "gold.csv").open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file).writerow
        write(["title", "labels", "disputed"])
        for title in titles:
            write([title, "tour", "album"])
    asked = ("--corpus", "news.csv", "--labels", "topics", "--folds", "2")
    listed = ("labels", "suspects", *asked, "--count", "30", "--gold", "gold.csv")
    printed = rocktag.well(*listed, "-o", "out.csv").stdout
    assert "the 20 most suspect labels of 300 headlines" in printed
    assert f"suspects against people: {len(titles)} headlines" in printed
    written = rows_of(rocktag.folder / "out.csv")
    assert list(written[0]) == SUSPECT
    assert len(written) == 30
    scores = [float(row["score"]) for row in written]
    assert scores == sorted(scores)
    assert {row["given"] for row in written} <= {"present", "absent"}
    of_rules = ("labels", "functions", *asked, "--gold", "gold.csv")
    rows = rocktag(*of_rules, "--json", "-o", "rules.csv").object()["functions"]
    tour = next(row for row in rows if row["function"] == "tour: says tour or trek")
    assert tour["precision"] == 1
    assert 0 < tour["support"] <= len(titles)
    assert [row["function"] for row in rows_of(rocktag.folder / "rules.csv")] == [
        row["function"] for row in rows
    ]
