"""`rocktag annotate` as people use it: files, and a dialogue in a terminal."""

from __future__ import annotations

import csv
import os
import pty
import select
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import Rocktag, World

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
HEADER = "title,labels,disputed\n"


def _gold(folder: Path, *lines: str) -> Path:
    path = folder / "read.csv"
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return path


def _filled(path: Path, labels: str) -> list[dict[str, str]]:
    """Fill in labels for every second headline of an exported file; return all."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows[::2]:
        row["labels"] = labels
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return rows


def test_what_is_exported_and_filled_in_overrides_the_model(world: World) -> None:
    world.add(200)
    rocktag, path = world.rocktag, world.rocktag.folder / "out.csv"
    rocktag.well("worker", "--once")
    found = rocktag.well(
        "annotate", "export", path, "--count", "30", "--random-share", "0.5", "--json"
    ).object()
    assert found["headlines"] == 30
    assert found["reasons"]["random"] == 15
    # A decision tree is never uncertain.
    assert {"disagree", "rare"} <= found["reasons"].keys()
    rows = _filled(path, "tour;date")
    assert all(row["model"] for row in rows)
    done = rocktag.well(
        "annotate", "import", path, "--annotator", "ada", "--json"
    ).object()
    assert (done["rows"], done["unread"], done["new"]) == (30, 15, 0)
    shown = world.select(
        "SELECT DISTINCT h.labels FROM tagged_headline h JOIN annotation a"
        " ON a.headline_id = h.headline_id"
    )
    assert shown == [("date;tour",)]
    reasons = world.select("SELECT DISTINCT reason FROM annotation ORDER BY reason")
    assert ("random",) in reasons
    again = rocktag.well("annotate", "export", path, "--count", "500").stdout
    titles = {row["title"] for row in rows[::2]}
    with path.open(newline="") as file:
        assert titles.isdisjoint(row["title"] for row in csv.DictReader(file))
    assert "headlines to read" in again


def test_importing_a_file_twice_adds_nothing_the_second_time(rocktag: Rocktag) -> None:
    path = _gold(rocktag.folder, "Owls tour,tour,", "Owls rest,n/a,", "Owls eat,,")
    command = ("annotate", "import", path, "--annotator", "ada")
    first = rocktag.well(*command)
    assert "2 filled in by ada, 1 left empty" in first.stdout
    assert "2 were not known: stored under source annotation" in first.stdout
    assert "68 labels of headlines said" in first.stdout
    assert (
        "nothing was added: all of it was said before" in rocktag.well(*command).stdout
    )


def test_one_bad_line_and_nothing_of_the_file_is_stored(rocktag: Rocktag) -> None:
    path = _gold(rocktag.folder, "Owls tour,tour,", "Owls rest,no such,")
    result = rocktag("annotate", "import", path)
    assert result.code == 1
    assert "read.csv, line 3: unknown label 'no such'" in result.stderr
    known = rocktag.well("annotate", "import", _gold(rocktag.folder, "Owls tour,tour,"))
    assert "1 was not known" in known.stdout


@on_sqlite
def test_headlines_that_are_not_known_can_be_passed_over(world: World) -> None:
    path = _gold(world.rocktag.folder, "Owls tour,tour,")
    found = world.rocktag.well(
        "annotate", "import", path, "--only-known", "--json"
    ).object()
    assert (found["unknown"], found["new"], found["said"]) == (1, 0, 0)
    assert world.count("headline") == 0


def test_two_people_agree_and_differ(rocktag: Rocktag) -> None:
    one = _gold(rocktag.folder, "Owls tour,tour,", "Owls rest,n/a,")
    rocktag.well("annotate", "import", one, "--annotator", "ada")
    assert "no headline was read by two" in rocktag.well("annotate", "agreement").stdout
    other = _gold(rocktag.folder, "Owls tour,tour;date,", "Owls rest,n/a,")
    rocktag.well("annotate", "import", other, "--annotator", "grace")
    found = rocktag.well("annotate", "agreement", "--json").object()
    assert found["headlines"] == 2
    assert 0 < found["alpha"] < 1
    by_label = {row["label"]: row for row in found["labels"]}
    assert by_label["tour"]["alpha"] == 1
    assert (by_label["date"]["differ"], by_label["album"]["alpha"]) == (1, None)
    (conflict,) = rocktag.well("annotate", "conflicts", "--json").object()["conflicts"]
    assert (conflict["label"], conflict["present"], conflict["absent"]) == (
        "date",
        "grace",
        "ada",
    )


@on_sqlite
def test_answers_through_a_pipe_are_stored_until_they_end(world: World) -> None:
    world.add(30)
    answers = b"tour\nxy\nal so\nu\nna\ns\nn \xff\nn an odd one\nde?\n"
    result = world.rocktag("annotate", "--annotator", "ada", stdin=answers)
    assert result.code == 0, result.stderr
    assert "'xy' is no label" in result.stdout
    assert "not UTF-8 text" in result.stdout
    assert "3 headlines stored, read by ada" in result.stdout
    assert world.count("(SELECT DISTINCT headline_id FROM annotation) a") == 3
    assert world.select("SELECT DISTINCT note FROM annotation WHERE note > ''") == [
        ("an odd one",)
    ]
    counted = "SELECT count(*) FROM annotation WHERE present AND label = 'album'"
    assert world.select(counted) == [(0,)]  # it was taken back before it was stored
    assert world.select("SELECT count(*) FROM human_label WHERE label = 'death'") == [
        (2,)
    ]


@on_sqlite
def test_a_terminal_may_be_left_at_any_time_and_keeps_what_was_answered(
    world: World,
) -> None:
    world.add(30)
    master, slave = pty.openpty()
    process = subprocess.Popen(
        world.rocktag.command("annotate", "--annotator", "ada", "--show-model"),
        cwd=world.rocktag.folder,
        env=world.rocktag.environment,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=_own_terminal,
    )
    os.close(slave)
    assert "the model: " in _read_until(master, "> ")
    os.write(master, b"\r")
    _read_until(master, "2 of 30")
    os.write(master, b"to")
    os.write(master, b"\x03")
    told = _read_until(master, "read by ada")
    assert process.wait(30) == 0
    os.close(master)
    assert "1 headline stored" in told
    assert world.count("(SELECT DISTINCT headline_id FROM annotation) a") == 1


def _own_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _read_until(master: int, wanted: str) -> str:
    found = b""
    end = time.monotonic() + 60
    while wanted not in found.decode(errors="replace"):
        assert time.monotonic() < end, found
        if select.select([master], [], [], 0.1)[0]:
            found += os.read(master, 4096)
    return found.decode(errors="replace")
