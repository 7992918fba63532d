"""Bad input gets one line, an exit code, and leaves nothing half-written."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import Result, Rocktag, World

Call = Callable[..., Result]
USAGE, FAILURE = 2, 1
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@dataclass(frozen=True, slots=True)
class Bad:
    """A command that must be refused, and how."""

    command: tuple[str, ...]
    code: int
    phrase: str


def _snapshot(folder: Path) -> set[str]:
    """Return every path below a folder but the database's and the worker's log."""
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if not path.name.startswith("rocktag.db")
    }


def _assert_refused(result: Result, code: int, phrase: str) -> None:
    assert result.code == code, result
    assert phrase in result.stderr
    assert "Traceback" not in result.stderr
    assert "unexpected" not in result.stderr
    assert result.stdout == ""


def _without_notes(stderr: str) -> list[str]:
    return [line for line in stderr.splitlines() if not line.startswith("made the")]


def _assert_one_line(result: Result) -> None:
    (line,) = _without_notes(result.stderr)
    assert line.startswith("rocktag: ")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with one good file and many bad ones."""
    (tmp_path / "good.csv").write_text("id,title\n1,Ghost announce tour\n")
    (tmp_path / "untitled.csv").write_text("a,b\n1,2\n")
    (tmp_path / "header.csv").write_text("id,title\n")
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "utf16.csv").write_bytes("title\nGhost\n".encode("utf-16"))
    (tmp_path / "not.gz").write_bytes(b"title\nGhost\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "bad.toml").write_text("tag = [")
    (tmp_path / "latin.toml").write_bytes(b'models_dir = "\xe9"')
    return tmp_path


AT_THE_COMMAND_LINE = [
    Bad(("nonsense",), USAGE, "No such command 'nonsense'"),
    Bad(("db", "nonsense"), USAGE, "No such command 'nonsense'"),
    Bad(("worker", "--nonsense"), USAGE, "No such option"),
    Bad(("--nonsense",), USAGE, "No such option"),
    Bad(("ingest",), USAGE, "Missing argument"),
    Bad(("tag",), USAGE, "Missing argument"),
    Bad(("rules", "label", "good.csv"), USAGE, "Missing option"),
    Bad(("sample", "-o"), USAGE, "requires an argument"),
    Bad(("db", "downgrade"), USAGE, "Missing argument"),
    Bad(("sample", "-n", "-1", "-o", "x.csv"), USAGE, "'-n'"),
    Bad(("sample", "-n", "many", "-o", "x.csv"), USAGE, "'-n'"),
    Bad(("sample", "--seed", "-1", "-o", "x.csv"), USAGE, "--seed"),
    Bad(("train", "--seed", "-1"), USAGE, "--seed"),
    Bad(("train", "--classifier", "oracle"), USAGE, "'adaboost'"),
    Bad(("train", "--text-view", "upside-down"), USAGE, "--text-view"),
    Bad(("--set", "nonsense", "config", "show"), USAGE, "key=value"),
    Bad(("rules", "explain", ""), USAGE, "no title"),
    Bad(("rules", "explain", "a\udcff"), USAGE, "not valid Unicode"),
    Bad(("sample", "-o", "none/x.csv"), FAILURE, "none/x.csv cannot be written"),
    Bad(("sample", "-o", "folder"), FAILURE, "folder cannot be written"),
    Bad(("rules", "label", "good.csv", "-o", "good.csv"), USAGE, "give another file"),
    Bad(("rules", "label", "none.csv", "-o", "x.csv"), FAILURE, "cannot be read"),
    Bad(("rules", "label", "folder", "-o", "x.csv"), FAILURE, "folder cannot be"),
    Bad(("rules", "label", "empty.csv", "-o", "x.csv"), FAILURE, "is empty"),
    Bad(("rules", "label", "binary.csv", "-o", "x.csv"), FAILURE, "binary.csv"),
    Bad(("rules", "label", "utf16.csv", "-o", "x.csv"), FAILURE, "UTF-16"),
    Bad(("rules", "label", "not.gz", "-o", "x.csv"), FAILURE, "not.gz"),
    Bad(("rules", "label", "untitled.csv", "-o", "x"), FAILURE, "no column for the"),
    Bad(("rules", "label", "good.csv", "-o", "none/x"), FAILURE, "cannot be written"),
    Bad(
        ("rules", "label", "good.csv", "-o", "x", "--column", "title"),
        USAGE,
        "FIELD=NAME",
    ),
    Bad(
        ("rules", "label", "good.csv", "-o", "x", "--column", "mood=a"),
        USAGE,
        "no such field: mood",
    ),
    Bad(
        ("rules", "label", "good.csv", "-o", "x", "--column", "title=head"),
        USAGE,
        "no column 'head'",
    ),
]


@pytest.mark.parametrize(
    "bad", AT_THE_COMMAND_LINE, ids=lambda bad: " ".join(bad.command)
)
def test_a_bad_command_is_refused_in_one_line_and_leaves_nothing(
    bad: Bad, files: Path, call: Call
) -> None:
    before = _snapshot(files)
    result = call(*bad.command)
    _assert_refused(result, bad.code, bad.phrase)
    _assert_one_line(result)
    assert _snapshot(files) == before


CONFIGURED_WRONGLY = [
    Bad(
        ("--set", "tag.speed=1"), USAGE, "tag.speed: unknown key; known are batch_size"
    ),
    Bad(("--set", "tag=1"), USAGE, "tag: "),
    Bad(("--set", "tag.batch_size=0"), USAGE, "tag.batch_size: "),
    Bad(("--set", "tag.batch_size.more=1"), USAGE, "tag.batch_size: "),
    Bad(("--set", "=1"), USAGE, "key=value"),
    Bad(("--set", "schedule.tag=often"), USAGE, "schedule.tag: "),
    Bad(("--set", "tag.threshold=2"), USAGE, "tag.threshold: "),
    Bad(("--set", "source.table=x"), USAGE, "source.url: missing"),
    Bad(
        ("--database-url", "oracle://me@host/x"), USAGE, "database_url: not a database"
    ),
    Bad(("--database-url", "nonsense"), USAGE, "database_url: not a database URL"),
    Bad(("--config", "none.toml"), USAGE, "none.toml is not usable"),
    Bad(("--config", "folder"), USAGE, "folder is not usable"),
    Bad(("--config", "bad.toml"), USAGE, "not valid TOML"),
    Bad(("--config", "latin.toml"), USAGE, "not valid TOML"),
]


@pytest.mark.parametrize(
    "bad", CONFIGURED_WRONGLY, ids=lambda bad: " ".join(bad.command)
)
def test_a_bad_configuration_is_refused_with_the_path_of_the_fault(
    bad: Bad, files: Path, call: Call
) -> None:
    before = _snapshot(files)
    _assert_refused(call(*bad.command, "worker", "--once"), bad.code, bad.phrase)
    assert _snapshot(files) == before
    assert not (files / "rocktag.db").exists()


@pytest.mark.parametrize(
    ("name", "value", "phrase"),
    [
        ("ROCKTAG_TAG__BATCH_SIZE", "many", "tag.batch_size: "),
        ("ROCKTAG_TAG__SPEED", "1", "tag.speed: unknown key"),
        ("ROCKTAG_TAG", "nonsense", "tag"),
        ("ROCKTAG_DATABASE", "x", "ROCKTAG_DATABASE: unknown variable"),
        ("ROCKTAG_CONFIG", "none.toml", "none.toml is not usable"),
    ],
)
def test_a_bad_environment_variable_is_refused(
    name: str, value: str, phrase: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    _assert_refused(call("config", "show"), USAGE, phrase)


def test_all_faults_of_a_configuration_are_told_at_once(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("config.toml").write_text(
        '[tag]\nbatch_size = 0\nspeed = 1\n[log]\nlevel = "loud"\n[hobby]\n'
    )
    monkeypatch.setenv("ROCKTAG_TRAIN__SEED", "-1")
    result = call("--set", "schedule.audit=never", "config", "show")
    _assert_refused(result, USAGE, "config.toml is not usable:")
    for fault in (
        "tag.batch_size: ",
        "tag.speed: unknown key",
        "log.level: ",
        "hobby: unknown key",
        "train.seed: ",
        "schedule.audit: ",
    ):
        assert fault in result.stderr


@pytest.mark.parametrize("scheme", ["postgresql", "mysql", "mariadb"])
def test_a_database_out_of_reach_is_told_without_its_password(
    scheme: str, rocktag: Rocktag, files: Path
) -> None:
    url = f"{scheme}://me:hush-hush@127.0.0.1:1/news"
    before = _snapshot(files)
    for command in (("ingest", "good.csv"), ("db", "check")):
        result = rocktag(*command, ROCKTAG_DATABASE_URL=url)
        _assert_refused(result, FAILURE, "127.0.0.1:1/news")
        _assert_one_line(result)
        assert "hush" not in result.stderr
    assert _snapshot(files) == before


@pytest.mark.parametrize(
    ("url", "phrase"),
    [
        ("sqlite:///none/rocktag.db", "does its folder exist"),
        ("sqlite:///folder", "unable to open"),
        ("sqlite:///good.csv", "not a database"),
        ("mysql+carrier-pigeon://host/x", "URL cannot be read"),
    ],
)
def test_a_database_that_cannot_be_opened_is_told(
    url: str, phrase: str, rocktag: Rocktag, files: Path
) -> None:
    before = _snapshot(files)
    result = rocktag("ingest", "good.csv", ROCKTAG_DATABASE_URL=url)
    _assert_refused(result, FAILURE, phrase)
    _assert_one_line(result)
    assert _snapshot(files) == before


WITH_A_DATABASE = [
    Bad(("ingest", "none.csv"), FAILURE, "none.csv cannot be read"),
    Bad(("ingest", "folder"), FAILURE, "folder cannot be read"),
    Bad(("ingest", "empty.csv"), FAILURE, "empty.csv is empty"),
    Bad(("ingest", "binary.csv"), FAILURE, "binary.csv"),
    Bad(("ingest", "good.csv", "--column", "title=x"), USAGE, "no column 'x'"),
    Bad(("tag", "Ghost tour"), FAILURE, "there is no champion yet; run: rocktag train"),
    Bad(("models", "show", "champion"), FAILURE, "there is no champion yet"),
    Bad(("models", "show", "adaboost/none"), FAILURE, "adaboost/none does not exist"),
    Bad(("tag", "-m", "x"), USAGE, "No such option"),
    Bad(("tag", "--model", "../../etc", "x"), FAILURE, "../../etc"),
    Bad(("tag", ""), USAGE, "headline 1: no title"),
    Bad(("tag", "good one", " \t"), USAGE, "headline 2: no title"),
    Bad(("tag", "x" * 2_001), USAGE, "2,001 characters, over 2,000"),
    Bad(("tag", "-"), FAILURE, "standard input holds no headline"),
    Bad(("train",), FAILURE, "holds no headlines; run: rocktag ingest"),
    Bad(("train", "--corpus", "good.csv"), FAILURE, "too few"),
    Bad(("train", "--corpus", "header.csv"), FAILURE, "header.csv holds no headlines"),
    Bad(("train", "--corpus", "none.csv"), FAILURE, "none.csv cannot be read"),
    Bad(("rules", "report"), FAILURE, "holds no headlines"),
    Bad(("db", "upgrade", "9999"), FAILURE, "9999"),
    Bad(("db", "downgrade", "9999", "--yes"), FAILURE, "9999"),
    Bad(("db", "downgrade", "base"), USAGE, "--yes"),
    Bad(("demo", "--folder", "good.csv"), USAGE, "good.csv cannot be used"),
    Bad(("demo", "--folder", "good.csv/below"), USAGE, "cannot be used"),
]


@pytest.mark.parametrize(
    "bad", WITH_A_DATABASE, ids=lambda bad: " ".join(bad.command)[:40]
)
def test_a_command_that_cannot_work_fails_in_one_line_and_leaves_nothing(
    bad: Bad, files: Path, call: Call
) -> None:
    assert call("db", "upgrade").code == 0
    before = _snapshot(files)
    result = call(*bad.command)
    _assert_refused(result, bad.code, bad.phrase)
    _assert_one_line(result)
    assert _snapshot(files) == before


@pytest.mark.parametrize(
    "command",
    [
        "status",
        "worker --once",
        "tag x",
        "train",
        "models list",
        "failed list",
        "retag",
        "undo --run 1",
        "rules report",
        "thresholds champion",
        "db check",
        "db current",
    ],
)
def test_what_needs_a_database_makes_none(
    command: str, files: Path, call: Call
) -> None:
    result = call(*command.split())
    _assert_refused(
        result, FAILURE, "rocktag.db; rocktag ingest and rocktag db upgrade"
    )
    _assert_one_line(result)
    assert not (files / "rocktag.db").exists()


@pytest.mark.parametrize(
    ("stdin", "phrase"),
    [
        (b"good\na\x00b\n", "line 2: the title contains a NUL"),
        (b"good\nbad \xff byte\n", "line 2: the title is not valid Unicode"),
        (b"x" * 2_001, "line 1: the title has 2,001 characters"),
        (b"\n \n", "standard input holds no headline"),
    ],
)
def test_a_bad_line_of_standard_input_is_told_with_its_number(
    stdin: bytes, phrase: str, rocktag: Rocktag
) -> None:
    rocktag.well("db", "upgrade")
    result = rocktag("tag", "-", stdin=stdin, PYTHONIOENCODING="utf-8")
    _assert_refused(result, FAILURE, phrase)
    _assert_one_line(result)


def test_without_a_champion_the_worker_fails_and_says_what_to_run(
    rocktag: Rocktag,
) -> None:
    rocktag.well("db", "upgrade")
    result = rocktag("worker", "--once")
    _assert_refused(result, FAILURE, "run: rocktag train")
    assert "failed: tag, audit" in result.stderr


def test_an_ingest_that_fails_is_on_record_with_its_error(
    rocktag: Rocktag, files: Path
) -> None:
    assert rocktag("ingest", "good.csv", "none.csv").code == FAILURE
    with closing(sqlite3.connect(files / "rocktag.db")) as connection:
        runs = connection.execute("SELECT job, status, done, error FROM run").fetchall()
        stored = connection.execute("SELECT title FROM headline").fetchall()
    ((job, status, done, error),) = runs
    assert (job, status, done) == ("ingest", "failed", 1)
    assert "none.csv cannot be read" in error
    assert stored == [("Ghost announce tour",)]


@pytest.fixture
def refused(world: World) -> Callable[[str], None]:
    """Assert that neither tag nor the worker uses the champion."""

    def check(phrase: str) -> None:
        before = _snapshot(world.published.folder)
        for command in (("tag", "Ghost tour"), ("models", "show", "champion")):
            result = world.rocktag(*command)
            _assert_refused(result, FAILURE, phrase)
            _assert_one_line(result)
        worker = world.rocktag("worker", "--once")
        assert worker.code == FAILURE
        assert phrase in worker.stderr
        assert "Traceback" not in worker.stderr
        assert world.select("SELECT status FROM run WHERE job = 'tag'") == [("failed",)]
        assert world.count("headline_label") == 0
        assert _snapshot(world.published.folder) == before

    return check


@on_sqlite
def test_a_changed_model_file_is_refused(
    world: World, refused: Callable[[str], None]
) -> None:
    path = world.published.folder / "model.skops"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    refused("was changed after it was published")


@on_sqlite
def test_a_truncated_model_file_is_refused(
    world: World, refused: Callable[[str], None]
) -> None:
    path = world.published.folder / "model.skops"
    path.write_bytes(path.read_bytes()[:-100])
    refused("its manifest says")


@on_sqlite
def test_a_missing_model_file_is_refused(
    world: World, refused: Callable[[str], None]
) -> None:
    (world.published.folder / "model.skops").unlink()
    refused("model.skops is missing")


@on_sqlite
def test_a_missing_model_folder_is_refused(
    world: World, refused: Callable[[str], None]
) -> None:
    shutil.rmtree(world.published.folder)
    world.published.folder.mkdir()
    refused("manifest.json is missing")


@on_sqlite
def test_a_changed_manifest_is_refused(
    world: World, refused: Callable[[str], None]
) -> None:
    path = world.published.folder / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"seed"', b'"sead"'))
    refused("is not the one that was registered")


@on_sqlite
def test_a_foreign_protocol_is_refused(
    world: World, refused: Callable[[str], None]
) -> None:
    path = world.published.folder / "manifest.json"
    values = json.loads(path.read_bytes())
    path.write_text(json.dumps({**values, "protocol": 999}))
    world.execute("DELETE FROM model_alias_event")
    world.execute("DELETE FROM model_version")
    name = world.published.manifest.name
    result = world.rocktag("tag", "--model", name, "Ghost tour")
    _assert_refused(result, FAILURE, "has protocol 999")
    _assert_one_line(result)
    (listed,) = world.rocktag("models", "list", "--json").object()["models"]
    assert "protocol 999" in listed["fault"]
    world.rocktag.well("models", "list")


@on_sqlite
def test_a_model_outside_the_folder_is_refused(world: World) -> None:
    elsewhere = world.rocktag.folder / "elsewhere"
    shutil.copytree(world.published.folder, elsewhere)
    result = world.rocktag("tag", "--model", "../elsewhere", "Ghost tour")
    _assert_refused(result, FAILURE, "elsewhere")
    _assert_one_line(result)


@on_sqlite
def test_an_unknown_threshold_policy_is_a_usage_error(world: World) -> None:
    result = world.rocktag("tag", "--threshold", "1.5", "Ghost tour")
    _assert_refused(result, USAGE, "or a number from 0 to 1")
    _assert_one_line(result)


def test_a_models_folder_that_cannot_be_written_publishes_nothing(
    rocktag: Rocktag, headlines: Path
) -> None:
    # A file in its way stops root too, which permissions do not.
    (rocktag.folder / "models").write_text("")
    rocktag.well("db", "upgrade")
    before = _snapshot(rocktag.folder)
    result = rocktag("train", "--classifier", "decision-tree", "--corpus", headlines)
    _assert_refused(result, FAILURE, "nothing was begun")
    _assert_one_line(result)
    assert _snapshot(rocktag.folder) == before
    assert rocktag("models", "list", "--json").object()["models"] == []


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if os.name != "posix" or os.geteuid() or mount is None:
        pytest.skip("only root may mount a tiny file system")
    options = ["-t", "tmpfs", "-o", "size=64k", "tmpfs"]
    if subprocess.run([mount, *options, folder], check=False).returncode:
        pytest.skip("a tiny file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)  # noqa: S607


def test_a_full_disk_leaves_nothing_half_written(
    rocktag: Rocktag, headlines: Path, tiny_disk: Path
) -> None:
    tree = ("train", "--classifier", "decision-tree", "--corpus", str(headlines))
    for command in (
        ("--models-dir", str(tiny_disk / "models"), *tree),
        ("rules", "label", str(headlines), "-o", str(tiny_disk / "labels.csv")),
        ("sample", "-o", str(tiny_disk / "sample.csv")),
    ):
        result = rocktag(*command)
        _assert_refused(result, FAILURE, "No space left on device; nothing was")
        _assert_one_line(result)
        assert [path for path in tiny_disk.rglob("*") if path.is_file()] == []
        assert list(tiny_disk.rglob(".draft-*")) == []
    url = f"sqlite:///{tiny_disk / 'rocktag.db'}"
    result = rocktag("--database-url", url, "ingest", headlines)
    _assert_refused(result, FAILURE, "disk is full")
