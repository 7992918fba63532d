"""Hostile titles, names, archives and artifacts: kept as they are, or refused."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, select, text
from sqlalchemy.engine import Engine

from rocktag.artifact import Published, load
from rocktag.config import SourceSettings
from rocktag.db import Database
from rocktag.db.runs import RunRecord
from rocktag.db.tables import headline, rejected_row
from rocktag.errors import ArtifactError, InputError, RocktagError, StoreError
from rocktag.feeds import to_headline
from rocktag.fetching import unpack
from rocktag.ingest import pull, store_rows
from rocktag.types import Headline

# One database or folder serves all examples.
patient = settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SQL = (
    "'; DROP TABLE headline; --",
    "Robert'); DELETE FROM headline WHERE ('1'='1",
    "100%s %(title)s :title ? $1 {0} \\",
    "`~!@#$%^&*()\"'[]",
)
PLANES = [
    st.characters(min_codepoint=plane << 16, max_codepoint=(plane << 16) + 0xFFFF)
    for plane in range(17)
]
HOSTILE = st.one_of(
    st.sampled_from(SQL),
    st.text(st.one_of(PLANES), max_size=30),
    st.text(
        st.sampled_from("\u202e\u202d\u2066\u200f\u05e9\u0634\u200da\x00\x1b\ufeff")
    ),
    st.text(st.characters(categories=["Cs", "Cc", "Cf", "Co", "Cn"]), max_size=10),
)


def stored_titles(database: Database) -> dict[str, str]:
    with database.read() as connection:
        rows = connection.execute(select(headline.c.external_id, headline.c.title))
        return {row.external_id: row.title for row in rows}


# Titles


@patient
@given(st.lists(HOSTILE, min_size=1, max_size=20))
def test_any_title_comes_back_the_same_or_is_rejected_with_a_reason(
    database: Database, titles: list[str]
) -> None:
    rows = [
        to_headline(
            {"title": title, "external_id": str(number), "url": title},
            origin=title.replace("\x00", "").encode(errors="replace").decode(),
            line=number,
            default_source="hostile",
        )
        for number, title in enumerate(titles)
    ]
    with database.write() as connection:
        connection.execute(headline.delete())
    record = RunRecord(run_id=1)
    store_rows(database, rows, origin="hostile", batch_size=7, record=record)
    accepted = [row for row in rows if isinstance(row, Headline)]
    assert stored_titles(database) == {row.external_id: row.title for row in accepted}
    assert record.failed == len(rows) - len(accepted)
    with database.read() as connection:
        reasons = connection.scalars(select(rejected_row.c.reason)).all()
    assert all(reasons)


def test_a_text_that_no_database_keeps_is_one_clear_error(database: Database) -> None:
    with (
        pytest.raises(StoreError, match="not valid Unicode"),
        database.read() as opened,
    ):
        opened.execute(select(headline.c.id).where(headline.c.title == "\udcff"))


# [source]

NAMES = st.one_of(
    st.sampled_from(
        (
            *('posts" WHERE 1=0; DROP TABLE posts; --', "posts; DELETE FROM posts"),
            *(
                "posts' OR ''='",
                "posts`; DROP TABLE posts; #",
                "a.b.c.d",
                ".",
                "..posts",
            ),
            *("posts.", ".posts", "%s", "%(x)s", ":id", "id --", "/*", "title AS id"),
            *("(SELECT 1)", "*", "\\", "\u202estsop", "x" * 255, "posts\x1b", "''"),
        )
    ),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
).filter(lambda name: name.lower() not in ("posts", "id", "title"))


@pytest.fixture
def own_table(database_url: str, database: Database) -> str:
    with database.write() as connection:
        connection.execute(text("CREATE TABLE posts (id INTEGER, title VARCHAR(99))"))
        connection.execute(text("INSERT INTO posts VALUES (1, 'Queen')"))
    return database_url


@pytest.fixture
def statements(database: Database) -> Iterator[list[str]]:
    """Every statement that runs through another engine than rocktag's own."""
    with database.read() as connection:
        ours = connection.engine.pool
    seen: list[str] = []

    def keep(connection: Connection, _: Any, statement: str, *__: Any) -> None:
        if connection.engine.pool is not ours:
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", keep)
    yield seen
    event.remove(Engine, "before_cursor_execute", keep)


@patient
@given(NAMES, st.sampled_from(["table", "id", "title", "link", "published_at"]))
def test_whatever_names_the_source_has_only_a_select_runs_and_nothing_changes(
    own_table: str, database: Database, statements: list[str], name: str, key: str
) -> None:
    given = {"url": own_table, "table": "posts", "id": "id", "title": "title"}
    source = SourceSettings.model_validate({**given, key: name})
    statements.clear()
    with pytest.raises(RocktagError) as error:
        pull(database, source, 100, RunRecord(run_id=1))
    assert "\n" not in str(error.value)
    (asked,) = (statement for statement in statements if statement != "BEGIN")
    assert asked.startswith("SELECT ")
    with database.read() as connection:
        kept = connection.execute(text("SELECT id, title FROM posts")).all()
    assert [tuple(row) for row in kept] == [(1, "Queen")]


# Archives

PARTS = st.sampled_from(
    [
        "..",
        ".",
        "/",
        "//",
        "\\",
        "a",
        "C:",
        "\\\\server\\",
        "\x00",
        "\x1b",
        "~",
        " ",
        "é",
    ]
)


@patient
@given(st.lists(st.lists(PARTS, max_size=6).map("".join), min_size=1, max_size=3))
def test_whatever_path_a_member_has_nothing_is_written_outside(
    tmp_path: Path, names: list[str]
) -> None:
    archive, folder = tmp_path / "words.zip", tmp_path / "folder"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as opened:
        for name in dict.fromkeys(name.partition("\x00")[0] for name in names):
            opened.writestr(zipfile.ZipInfo(f"{name}.txt"), b"queen 1 2 3\n")
    archive.write_bytes(content.getvalue())
    try:
        written = unpack(archive, folder)
    except InputError:
        written = []
    assert {path.name for path in tmp_path.iterdir()} <= {"words.zip", "folder"}
    assert all(path.resolve().is_relative_to(folder) for path in written)


def with_bad_name(content: bytes) -> bytes:
    return content.replace("é".encode(), b"\xff\xff")


def with_bad_compression(content: bytes) -> bytes:
    return content[:100] + b"\xff" * 200 + content[300:]


@pytest.mark.parametrize("compression", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
@pytest.mark.parametrize("damage", [with_bad_name, with_bad_compression])
def test_an_archive_damaged_in_any_part_is_one_clear_error(
    tmp_path: Path, compression: int, damage: Callable[[bytes], bytes]
) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as opened:
        opened.writestr("é.txt", os.urandom(2_000))
    (tmp_path / "words.zip").write_bytes(damage(content.getvalue()))
    with pytest.raises(InputError, match="cannot be"):
        unpack(tmp_path / "words.zip", tmp_path / "folder")
    assert not list(tmp_path.glob("folder/*"))


# Artifacts


def add_file(folder: Path) -> None:
    (folder / "sitecustomize.py").write_text("raise SystemExit")


def add_folder(folder: Path) -> None:
    (folder / "more").mkdir()


def add_link(folder: Path) -> None:
    (folder / "passwd").symlink_to("/etc/passwd")


def link_hard(folder: Path) -> None:
    os.link(folder / "model.skops", folder.parent / "elsewhere")


def link_symbolically(folder: Path) -> None:
    path = folder / "golden.jsonl"
    path.rename(folder.parent / "elsewhere")
    path.symlink_to("../elsewhere")


def make_a_pipe(folder: Path) -> None:
    (folder / "golden.jsonl").unlink()
    os.mkfifo(folder / "golden.jsonl")


def link_the_manifest(folder: Path) -> None:
    os.link(folder / "manifest.json", folder.parent / "elsewhere")


def swell_the_manifest(folder: Path) -> None:
    with (folder / "manifest.json").open("r+b") as file:
        file.truncate(2**30)  # a hole, which takes no space


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (add_file, "sitecustomize.py"),
        (add_folder, "'more'"),
        (add_link, "passwd"),
        (link_hard, "model.skops is a hard link"),
        (link_symbolically, "golden.jsonl is missing or is no regular file"),
        (make_a_pipe, "golden.jsonl is missing or is no regular file"),
        (link_the_manifest, "manifest.json is a hard link"),
        (swell_the_manifest, "manifest.json is larger than"),
    ],
)
def test_a_link_or_a_foreign_file_in_an_artifact_is_refused(
    published: Published, models_dir: Path, change: Callable[[Path], None], words: str
) -> None:
    change(published.folder)
    with pytest.raises(ArtifactError) as error:
        load(models_dir, published.manifest.name)
    assert words in str(error.value)
    assert "restore the folder" in str(error.value)
