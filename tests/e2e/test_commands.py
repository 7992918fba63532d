"""The command line as people use it: every command, on every database."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import text

import rocktag as package
from rocktag.cli import registering
from rocktag.cli.app import app
from rocktag.db import Database
from tests.e2e.conftest import Result, Rocktag, World, sample_file

Call = Callable[..., Result]
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
TREE = ("train", "--classifier", "decision-tree", "--json")


def _select(rocktag: Rocktag, statement: str) -> list[tuple[Any, ...]]:
    database = Database(rocktag.environment["ROCKTAG_DATABASE_URL"])
    try:
        with database.read() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]
    finally:
        database.close()


def _commands(
    command: Any, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from _commands(below, (*path, name))


COMMANDS = dict(_commands(typer.main.get_command(app)))


@pytest.mark.parametrize("path", [" ".join(path) for path in COMMANDS])
def test_every_command_has_a_help_that_tells_of_each_option(
    path: str, call: Call
) -> None:
    command = COMMANDS[tuple(path.split())]
    silent = [
        parameter.name
        for parameter in command.params
        if not getattr(parameter, "help", None)
    ]
    assert silent == []
    assert command.help
    result = call(*path.split(), "--help")
    assert result.code == 0
    assert result.stdout.startswith(f"Usage: {' '.join(['rocktag', path]).strip()} ")
    assert result.stderr == ""


def test_the_version_is_the_packages(call: Call) -> None:
    assert call("--version") == Result(0, f"rocktag {package.__version__}\n", "")


@pytest.mark.parametrize("path", ["", "models", "db", "rules", "config"])
def test_a_command_given_nothing_shows_its_help_on_standard_error(
    path: str, call: Call
) -> None:
    result = call(*path.split())
    assert result.code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Usage: rocktag")
    assert len(result.stderr.splitlines()) > 5


def test_the_whole_path_from_a_file_to_tags_works(
    rocktag_everywhere: Rocktag,
) -> None:
    rocktag = rocktag_everywhere
    file = sample_file(rocktag)

    stored = rocktag("ingest", file, "--json").object()["files"][0]
    assert (stored["rows"], stored["new"], stored["rejected"]) == (1500, 1500, 0)
    again = rocktag("ingest", file, "--json").object()["files"][0]
    assert (again["new"], again["edited"], again["unchanged"]) == (0, 0, 1500)

    report = rocktag("rules", "report", "--json").object()
    assert report["headlines"] > 1_400
    assert len(report["labels"]) == 36
    assert _select(
        rocktag, f"SELECT count(*) FROM run_label_metric WHERE run_id = {report['run']}"
    ) == [(36,)]

    trained = rocktag(*TREE).object()
    assert trained["champion"] is True
    assert Path(trained["path"]).is_dir()
    assert trained["path"].endswith(trained["version"])
    assert 0.9 < trained["test"]["micro_f1"] <= 1
    assert 0 < trained["test"]["macro_f1"] <= 1
    assert {"micro", "macro", "per_label"} <= trained["thresholds"].keys()
    assert trained["seconds"] > 0

    (listed,) = rocktag("models", "list", "--json").object()["models"]
    assert (listed["version"], listed["champion"]) == (trained["version"], True)
    shown = rocktag("models", "show", "champion", "--json").object()
    assert shown["version"] == trained["version"]

    jobs = rocktag("worker", "--once", "--json").object()["jobs"]
    assert jobs == {"pull": None, "tag": None, "shadow": None, "audit": None}
    assert _select(
        rocktag, "SELECT count(*) FROM tagged_headline WHERE labels <> ''"
    ) == [(1500,)]
    assert _select(rocktag, "SELECT DISTINCT model_version FROM tagged_headline") == [
        (trained["version"],)
    ]

    tagged = rocktag("tag", "Metallica announce world tour", "--json").object()
    labels = {found["label"] for found in tagged["headlines"][0]["labels"]}
    assert labels == {"announce", "tour"}

    checked = rocktag("db", "check", "--json").object()
    assert checked["ready"] is True
    assert checked["differences"] == []
    assert rocktag("db", "current", "--json").object()["current"] == checked["head"]


def test_an_edited_title_is_tagged_again_and_only_that(world: World) -> None:
    file = world.rocktag.folder / "news.csv"
    file.write_text("id,title\n1,Ghost announce tour\n2,Slash dies\n")
    world.rocktag.well("ingest", file)
    world.rocktag.well("worker", "--once")
    file.write_text("id,title\n1,Ghost release new album\n2,Slash dies\n")
    stored = world.rocktag("ingest", file, "--json").object()["files"][0]
    assert (stored["edited"], stored["unchanged"]) == (1, 1)
    world.rocktag.well("worker", "--once")
    assert world.select(
        "SELECT title, labels FROM tagged_headline ORDER BY external_id"
    ) == [("Ghost release new album", "album;release"), ("Slash dies", "death")]
    assert world.select("SELECT done FROM run WHERE job = 'tag' ORDER BY id") == [
        (2,),
        (1,),
    ]


def test_rows_that_cannot_be_used_are_counted_and_stop_nothing(
    rocktag: Rocktag,
) -> None:
    file = rocktag.folder / "mixed.csv"
    file.write_bytes(
        b"id,title,published_at\n"
        b"1,Ghost tour,2024-01-02\n"
        b"2,,2024-01-02\n"
        b"3," + b"x" * 2_001 + b",\n"
        b"4,bad\x00nul,\n"
        b"5,bad \xff byte,\n"
        b"6,Queen reunion,the day before\n"
        b"7,Slash dies,\n"
    )
    stored = rocktag("ingest", file, "--json").object()["files"][0]
    assert (stored["rows"], stored["new"], stored["rejected"]) == (7, 2, 5)
    shown = rocktag.well("ingest", file).stdout
    assert "rejected" in shown
    assert shown.splitlines()[-2].split()[-1] == "5"
    found = _select(rocktag, "SELECT line, reason FROM rejected_row ORDER BY line")
    assert [line for line, _ in found] == [3, 4, 5, 6, 7]
    assert all(reason for _, reason in found)


def test_a_later_model_becomes_champion_only_when_it_is_promoted(
    rocktag: Rocktag, headlines: Path
) -> None:
    gate = ("--set", "gate.minimum_headlines=20", "--set", "gate.minimum_speed=0")
    versions = [
        rocktag(
            *gate, *TREE, "--corpus", str(headlines), "--seed", seed, *more
        ).object()
        for seed, more in (("1", ()), ("2", ()), ("3", ("--promote",)))
    ]
    assert [found["gate"] is None for found in versions] == [True, True, False]
    assert versions[2]["gate"]["passed"] is True
    assert [found["champion"] for found in versions] == [True, False, True]
    listed = rocktag("models", "list", "--json").object()["models"]
    champions = [model["version"] for model in listed if model["champion"]]
    assert len(listed) == 3
    assert champions == [versions[2]["version"]]
    older = versions[0]["version"]
    assert rocktag("tag", "--model", older, "x tour", "--json").object()["version"] == (
        older
    )


def test_training_and_showing_a_model_name_the_labels_that_the_rules_serve(
    rocktag: Rocktag, headlines: Path
) -> None:
    rocktag.well("ingest", headlines)
    rare = ("--set", "train.rules_below=20")
    served = rocktag(*rare, *TREE).object()["rule_labels"]
    assert 1 < len(served) < 35
    shown = rocktag("models", "show", "champion", "--json").object()
    assert shown["rule_labels"] == served
    for command, words in (
        (("models", "show", "champion"), "by the keyword rules:"),
        ((*rare, *TREE[:-1]), "by the keyword rules, not the model:"),
    ):
        printed = " ".join(rocktag.well(*command).stdout.split())
        assert f"{words} {', '.join(served)}" in printed
    assert rocktag(*TREE).object()["rule_labels"] == []


def test_every_other_command_with_json_prints_one_object_only(call: Call) -> None:
    for command in (
        ("sample", "-n", "10", "-o", "ten.csv"),
        ("rules", "explain", "Ghost tour"),
        ("rules", "label", "ten.csv", "-o", "labels.csv"),
        ("rules", "report", "--corpus", "ten.csv"),
        ("models", "list"),
        ("config", "show"),
        ("db", "current"),
    ):
        assert call(*command, "--json").object()


def test_rules_label_writes_titles_with_labels_joined(call: Call) -> None:
    Path("news.csv").write_text(
        "headline\nGhost announce tour\n\xe9 \u2018Nothing\u2019\nSlash dies\n",
        encoding="utf-8",
    )
    result = call("rules", "label", "news.csv", "-o", "out.csv")
    assert result.code == 0
    assert "3 headlines labelled" in result.stdout
    with Path("out.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["title", "labels"],
            ["Ghost announce tour", "announce;tour"],
            ["\xe9 \u2018Nothing\u2019", "n/a"],
            ["Slash dies", "death"],
        ]


def test_rules_explain_names_the_word_behind_each_label(call: Call) -> None:
    result = call("rules", "explain", "Ghost unveil gig")
    assert result.code == 0
    assert "announce by the stem" in result.stdout
    assert "show by the stem" in result.stdout
    evidence = call("rules", "explain", "Ghost unveil gig", "--json").object()
    assert set(evidence["evidence"]) == {"announce", "show"}


@pytest.fixture
def serving(world: World) -> Rocktag:
    """The command line with a champion."""
    return world.rocktag


@on_sqlite
def test_tag_prints_each_headline_as_it_stands_with_its_labels(
    serving: Rocktag,
) -> None:
    title = "Ghost announce [bold]tour[/bold] :fire: [/]"
    result = serving.well("tag", title, "Slash dies")
    assert result.stdout.splitlines() == [
        title,
        "    announce 1.00, tour 1.00",
        "Slash dies",
        "    death 1.00",
    ]
    assert result.stderr == ""


@on_sqlite
def test_tag_reads_standard_input_in_the_place_of_a_dash(serving: Rocktag) -> None:
    result = serving(
        "tag",
        "Queen reunion",
        "-",
        "Slash dies",
        "--json",
        stdin="\ufeffGhost  tour\n\nBj\xf6rk single\r\n".encode(),
    )
    titles = [found["title"] for found in result.object()["headlines"]]
    assert titles == ["Queen reunion", "Ghost tour", "Bj\xf6rk single", "Slash dies"]


@on_sqlite
def test_tag_takes_a_model_and_a_threshold_for_once(serving: Rocktag) -> None:
    (listed,) = serving("models", "list", "--json").object()["models"]
    found = serving(
        "tag",
        "--json",
        "--threshold",
        "0.9",
        "--model",
        listed["version"],
        "Ghost tour",
    ).object()
    assert (found["threshold"], found["version"]) == ("0.9", listed["version"])
    serving.well("tag", "--threshold", "per-label", "Ghost tour")


def test_an_option_beats_the_environment_which_beats_the_file(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_force(*options: str) -> Any:
        return call(*options, "config", "show", "--json").object()["tag"]["batch_size"]

    assert in_force() == 512
    Path("config.toml").write_text("[tag]\nbatch_size = 11\n")
    assert in_force() == 11
    monkeypatch.setenv("ROCKTAG_TAG__BATCH_SIZE", "22")
    assert in_force() == 22
    assert in_force("--set", "tag.batch_size=33") == 33


def test_the_database_and_the_models_folder_have_options_of_their_own(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROCKTAG_MODELS_DIR", "from-environment")
    shown = call(
        "--models-dir", "own", "--database-url", "sqlite:///own.db", "config", "show"
    ).stdout
    assert 'models_dir = "own"' in shown
    assert "sqlite:///own.db" in shown


def test_config_show_hides_every_password(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROCKTAG_DATABASE_URL", "mysql://me:hush-1@localhost/news")
    Path("config.toml").write_text(
        '[source]\nurl = "postgresql://me:hush-2@localhost/cms"\n'
        'table = "article"\nid = "id"\ntitle = "head"\n'
    )
    for result in (call("config", "show"), call("config", "show", "--json")):
        assert result.code == 0
        assert "article" in result.stdout
        assert "hush" not in result.stdout + result.stderr


def test_the_demo_works_in_a_folder_of_its_own_and_again(rocktag: Rocktag) -> None:
    first = rocktag("demo", "--folder", "here", "--json").object()
    assert first["run"]["metrics"]["tagged"] == 200
    assert len(first["tagged"]) == 200
    again = rocktag.well("demo", "--folder", "here").stdout
    assert "n/a" in again
    assert "headlines_per_second" in again
    assert "Look around: rocktag --database-url sqlite:///here/demo.db" in again
    assert not (rocktag.folder / "rocktag.db").exists()


def test_the_demo_refuses_a_folder_that_holds_other_things(rocktag: Rocktag) -> None:
    precious = rocktag.folder / "precious"
    (precious / "models").mkdir(parents=True)
    result = rocktag("demo", "--folder", precious)
    assert result.code == 2
    assert "holds other things" in result.stderr
    assert [path.name for path in precious.iterdir()] == ["models"]


@pytest.mark.parametrize(
    "command",
    [
        ("sample", "-n", "20000", "-o", "/dev/stdout"),
        ("config", "show"),
        ("rules", "explain", "Ghost tour", "--json"),
    ],
)
def test_a_reader_that_leaves_early_is_no_fault(
    command: tuple[str, ...], rocktag: Rocktag
) -> None:
    with subprocess.Popen(
        rocktag.command(*command),
        cwd=rocktag.folder,
        env=rocktag.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
@pytest.mark.parametrize("json_too", [(), ("--json",)])
def test_a_full_disk_behind_standard_output_is_said_in_one_line(
    json_too: tuple[str, ...], rocktag: Rocktag
) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            rocktag.command("rules", "explain", "Ghost tour", *json_too),
            env=rocktag.environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "the disk is full" in ended.stderr


def test_a_user_without_a_name_can_promote_a_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As in a container that runs under any number: no account, no USER.
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 987_654)
    assert registering.user() == "uid 987654"
