"""Headlines from a table of the user's own, which is read and never written."""

from __future__ import annotations

import sqlite3
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import (
    Column,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.sql import quoted_name

from rocktag.config import SourceSettings
from rocktag.db import Database, headlines, schema, sources
from rocktag.db.headlines import Stored
from rocktag.db.runs import RunRecord
from rocktag.db.tables import headline, rejected_row
from rocktag.errors import StoreError
from rocktag.ingest import pull
from rocktag.types import Headline

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ODD_NAMES = (
    "Posts of the Day",
    'say "cheese"',
    "it's; DROP TABLE headline; --",
    "select",
    "order",
    "group",
    "offset",
    "rows",
    "CamelCase",
    "back`tick",
    "100% rock",
    "a:b(c)[d]",
    "Überschriften",
    "  blank  x",
    "1st",
)


@dataclass(frozen=True)
class Own:
    """The user's database, and rocktag's."""

    database: Database
    url: str
    rocktag: Database

    def run(self, *statements: str) -> None:
        """Run SQL in the user's database."""
        with self.database.write() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def content(self, table: str = "posts") -> list[tuple[Any, ...]]:
        """Return the rows of a table of the user's."""
        with self.database.read() as connection:
            rows = connection.execute(text(f"SELECT * FROM {table} ORDER BY 1"))
            return [tuple(row) for row in rows]

    def pull(self, *, batch_size: int = 1_000, **changes: Any) -> Stored:
        """Pull from the table."""
        return pull(
            self.rocktag, self.source(**changes), batch_size, RunRecord(run_id=1)
        )

    def source(self, **changes: str | None) -> SourceSettings:
        """Return where the headlines are."""
        settings = {
            "url": SecretStr(self.url),
            "table": "posts",
            "id": "id",
            "title": "title",
            "published_at": "published",
            "link": "link",
        }
        return SourceSettings.model_validate(settings | changes)

    def stored(self) -> list[Headline]:
        """Return rocktag's headlines."""
        columns = headline.c
        statement = select(
            columns.source,
            columns.external_id,
            columns.title,
            columns.url,
            columns.published_at,
        ).order_by(columns.id)
        with self.rocktag.read() as connection:
            return [Headline(**row) for row in connection.execute(statement).mappings()]

    def titles(self) -> list[str]:
        """Return the titles of rocktag's headlines, sorted."""
        return sorted(item.title for item in self.stored())

    def rejections(self) -> list[tuple[str, int | None, str]]:
        """Return what could not be pulled."""
        columns = rejected_row.c
        with self.rocktag.read() as connection:
            rows = connection.execute(
                select(columns.origin, columns.line, columns.reason)
            )
            return [(row.origin, row.line, row.reason) for row in rows]


def _posts(name: str = "posts", id_type: str = "INTEGER") -> str:
    return (
        f"CREATE TABLE {name} (id {id_type} PRIMARY KEY, title VARCHAR(200),"
        " published VARCHAR(40), link VARCHAR(200), kind VARCHAR(40))"
    )


THREE_POSTS = (
    _posts(),
    "INSERT INTO posts VALUES (1, 'Ghost announce tour', '2026-01-02T03:04:05Z',"
    " 'https://example.org/1', 'news')",
    "INSERT INTO posts VALUES (2, 'Queen reunite', NULL, NULL, 'news')",
    "INSERT INTO posts VALUES (3, 'Ten best riffs', '2026-01-03', '', 'list')",
)


@pytest.fixture
def own(database_url: str, database: Database) -> Own:
    """The user's table in rocktag's own database."""
    return Own(database, database_url, database)


@pytest.fixture
def apart(
    empty_url: str, empty_database: Database, migrated_file: Path, tmp_path: Path
) -> Iterator[Own]:
    """The user's table in a database of its own."""
    file = copyfile(migrated_file, tmp_path / "apart.db")
    rocktag = Database(f"sqlite:///{file}")
    yield Own(empty_database, empty_url, rocktag)
    rocktag.close()


@pytest.fixture(params=["own", "apart"])
def either(request: pytest.FixtureRequest, backend: str) -> Own:
    """The user's table in the same and in another database, of each kind."""
    found: Own = request.getfixturevalue(str(request.param))
    return found


def test_new_rows_are_copied_and_the_table_is_left_as_it_is(either: Own) -> None:
    either.run(*THREE_POSTS)
    before = either.content()
    assert either.pull() == Stored(new=3)
    assert either.stored() == [
        Headline(
            source="posts",
            external_id="1",
            title="Ghost announce tour",
            url="https://example.org/1",
            published_at=MOMENT,
        ),
        Headline(source="posts", external_id="2", title="Queen reunite"),
        Headline(
            source="posts",
            external_id="3",
            title="Ten best riffs",
            published_at=datetime(2026, 1, 3, tzinfo=UTC),
        ),
    ]
    assert either.content() == before


def test_pulling_twice_adds_nothing(either: Own) -> None:
    either.run(*THREE_POSTS)
    either.pull()
    assert either.pull() == Stored(unchanged=3)


def test_new_and_edited_rows_are_noticed_wherever_they_stand(own: Own) -> None:
    own.run(*THREE_POSTS)
    own.pull(batch_size=2)
    own.run(
        "UPDATE posts SET title = 'Ghost cancel tour' WHERE id = 1",
        "UPDATE posts SET link = 'https://example.org/2' WHERE id = 2",
        "INSERT INTO posts (id, title) VALUES (-5, 'Late but old')",
    )
    assert own.pull(batch_size=2) == Stored(new=1, edited=1, updated=1, unchanged=1)
    own.run("DELETE FROM posts WHERE id = 1")
    assert own.pull() == Stored(unchanged=3)
    assert "Ghost cancel tour" in own.titles()


def test_the_run_counts_what_was_read_stored_and_rejected(own: Own) -> None:
    own.run(*THREE_POSTS, "INSERT INTO posts (id, title) VALUES (4, NULL)")
    record = RunRecord(run_id=1)
    pull(own.rocktag, own.source(), 2, record)
    assert (record.taken, record.done, record.failed) == (4, 3, 1)


def test_rows_without_a_title_are_rejected_with_a_reason_each_time_once(
    own: Own,
) -> None:
    own.run(
        *THREE_POSTS,
        "INSERT INTO posts (id, title) VALUES (4, NULL)",
        "INSERT INTO posts (id, title) VALUES (5, '   ')",
        "INSERT INTO posts (id, title, published) VALUES (6, 'Rush', '03/04/2026')",
    )
    for _ in range(2):
        own.pull()
        rejections = own.rejections()
        assert [(origin, line) for origin, line, _ in rejections] == [
            ("posts", None)
        ] * 3
        reasons = sorted(reason for *_, reason in rejections)
        assert reasons[0].startswith("ambiguous date")
        assert reasons[1:] == ["no title", "no title"]
    own.run("DELETE FROM posts WHERE id > 3")
    own.pull()
    assert own.rejections() == []


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("kind = 'news'", ["Ghost announce tour", "Queen reunite"]),
        ("title LIKE '%riff%'", ["Ten best riffs"]),
        ("title LIKE 'Queen%' OR id = 3", ["Queen reunite", "Ten best riffs"]),
        ("kind <> ':list' AND published = '2026-01-03'", ["Ten best riffs"]),
        ("published LIKE '%:04:%'", ["Ghost announce tour"]),
        ("title <> ':name %(name)s ? \\:x'", None),
        ("posts.kind = 'list'", ["Ten best riffs"]),
        ("1 = 0", []),
        ("", None),
        (None, None),
    ],
)
def test_the_filter_is_sql_as_it_is_written(
    own: Own, condition: str | None, expected: list[str] | None
) -> None:
    own.run(*THREE_POSTS)
    own.pull(filter=condition)
    everything = ["Ghost announce tour", "Queen reunite", "Ten best riffs"]
    assert own.titles() == (everything if expected is None else expected)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_cast_in_the_filter_is_a_cast(own: Own) -> None:
    own.run(*THREE_POSTS)
    own.pull(filter="id::text = '3' AND '{\"a\": 1}'::jsonb ? 'a'")
    assert own.titles() == ["Ten best riffs"]


@pytest.mark.parametrize(
    "changes",
    [
        {"table": "no_such_table"},
        {"table": "no_such_schema.posts"},
        {"title": "no_such_column"},
        {"title": "No Such Column"},
        {"id": 'no "such" id'},
        {"published_at": "no_such_date"},
        {"link": "NO_SUCH_LINK"},
        {"filter": "no_such_column = 1"},
        {"filter": "this is no SQL"},
        {"filter": "title = :missing_quote'"},
    ],
)
def test_what_is_not_there_is_an_error_that_says_what_and_where(
    apart: Own, changes: dict[str, Any]
) -> None:
    apart.run(*THREE_POSTS)
    with pytest.raises(StoreError) as error:
        apart.pull(**changes)
    (wrong,) = changes.values()
    assert apart.database.name in str(error.value)
    if "filter" not in changes:
        assert wrong.rpartition(".")[2].replace('"', "") in str(error.value).replace(
            '"', ""
        )
    assert apart.stored() == []


@pytest.mark.parametrize("name", ODD_NAMES)
def test_names_are_quoted_whatever_stands_in_them(apart: Own, name: str) -> None:
    metadata = MetaData()
    columns = {key: f"{name} {key}" for key in ("id", "title", "published", "link")}
    columns["title"] = name
    table = Table(
        quoted_name(name, quote=True),
        metadata,
        *(
            Column(quoted_name(column, quote=True), String(200))
            for column in columns.values()
        ),
    )
    with apart.database.write() as connection:
        metadata.create_all(connection)
        connection.execute(
            insert(table).values(dict.fromkeys(columns.values(), "2026-01-02"))
        )
    found = apart.pull(
        table=name,
        id=columns["id"],
        title=name,
        published_at=columns["published"],
        link=columns["link"],
    )
    assert found == Stored(new=1)
    assert apart.stored()[0].title == "2026-01-02"
    assert apart.stored()[0].source == name


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_table_of_another_schema_is_found_by_its_full_name(own: Own) -> None:
    own.run(
        'CREATE SCHEMA "News Desk"',
        _posts('"News Desk"."Posts"'),
        'INSERT INTO "News Desk"."Posts" (id, title) VALUES (1, \'Queen\')',
    )
    assert own.pull(table="News Desk.Posts") == Stored(new=1)
    assert own.stored()[0].source == "News Desk.Posts"


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_the_search_path_of_the_url_is_kept(own: Own) -> None:
    own.run(
        "CREATE SCHEMA desk",
        _posts("desk.posts"),
        "INSERT INTO desk.posts (id, title) VALUES (1, 'Queen')",
    )
    url = own.url + "?options=-csearch_path%3Ddesk"
    assert replace(own, url=url).pull() == Stored(new=1)


@pytest.mark.parametrize("backend", ["sqlite", "mysql"], indirect=True)
def test_a_table_is_found_by_its_full_name(own: Own) -> None:
    own.run(*THREE_POSTS)
    name = "main" if own.database.backend == "sqlite" else own.url.rpartition("/")[2]
    assert own.pull(table=f"{name}.posts") == Stored(new=3)


def test_a_view_may_be_pulled_from(own: Own) -> None:
    own.run(*THREE_POSTS, "CREATE VIEW news AS SELECT * FROM posts WHERE kind = 'news'")
    assert own.pull(table="news", name="NME") == Stored(new=2)
    assert {item.source for item in own.stored()} == {"NME"}


def test_ids_may_be_text_of_any_kind(own: Own) -> None:
    own.run(
        _posts(id_type="VARCHAR(80)"),
        "INSERT INTO posts (id, title) VALUES ('a-1', 'Queen'), ('A-1', 'Ghost')"
        if own.database.backend != "mysql"
        else "INSERT INTO posts (id, title) VALUES ('a-1', 'Queen'), ('A-2', 'Ghost')",
        "INSERT INTO posts (id, title) VALUES ('https://example.org/🎸', 'Rush')",
    )
    assert own.pull() == Stored(new=3)
    assert {"a-1", "https://example.org/🎸"} < {
        item.external_id for item in own.stored()
    }
    assert own.pull() == Stored(unchanged=3)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_ids_may_be_uuids(own: Own) -> None:
    own.run(
        _posts(id_type="UUID"),
        "INSERT INTO posts (id, title)"
        " VALUES ('00000000-0000-0000-0000-00000000000a', 'Queen')",
    )
    own.pull()
    assert own.stored()[0].external_id == "00000000-0000-0000-0000-00000000000a"


def test_rows_without_an_id_are_told_apart_by_address_or_content(own: Own) -> None:
    own.run(
        "CREATE TABLE posts (id INTEGER, title VARCHAR(80), link VARCHAR(80))",
        "INSERT INTO posts (title, link) VALUES ('Queen', 'https://example.org/1'),"
        " ('Ghost', NULL), ('Rush', NULL)",
    )
    assert own.pull(published_at=None) == Stored(new=3)
    assert own.pull(published_at=None) == Stored(unchanged=3)


def test_dates_of_any_column_type_are_read_as_utc(own: Own) -> None:
    aware = own.database.backend == "postgresql"
    table = Table(
        "posts",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("title", String(80)),
        Column("published", DateTime(timezone=True)),
    )
    with own.database.write() as connection:
        table.create(connection)
        shifted = MOMENT + timedelta(hours=1)
        connection.execute(
            insert(table),
            [
                {
                    "title": "One",
                    "published": shifted if aware else shifted.replace(tzinfo=None),
                },
                {"title": "Two", "published": None},
            ],
        )
    own.pull(link=None)
    assert [item.published_at for item in own.stored()] == [
        MOMENT + timedelta(hours=1),
        None,
    ]
    assert own.pull(link=None) == Stored(unchanged=2)


@pytest.mark.parametrize("backend", ["postgresql", "mysql"], indirect=True)
def test_plain_timestamps_and_days_are_read_as_utc(own: Own) -> None:
    own.run(
        "CREATE TABLE posts (id INTEGER, title VARCHAR(9), moment TIMESTAMP, day DATE)",
        "INSERT INTO posts VALUES (1, 'Queen', '2026-01-02 03:04:05', '2026-01-02')",
    )
    own.pull(link=None, published_at="moment")
    assert own.stored()[0].published_at == MOMENT
    own.pull(link=None, published_at="day", name="days")
    assert own.stored()[1].published_at == datetime(2026, 1, 2, tzinfo=UTC)


def test_one_column_may_serve_twice(own: Own) -> None:
    own.run(*THREE_POSTS)
    own.pull(id="link", published_at=None, filter="id = 1")
    (found,) = own.stored()
    assert found.external_id == found.url == "https://example.org/1"


def test_any_unicode_is_copied(own: Own) -> None:
    own.run(_posts())
    titles = [
        "Mötley Crüe 🤘🏿",
        "فرقة ميتاليكا",
        "'; DROP TABLE posts; --",
        "\U0010ffff",
    ]
    with own.database.write() as connection:
        for number, title in enumerate(titles):
            connection.execute(
                text("INSERT INTO posts (id, title) VALUES (:id, :title)"),
                {"id": number, "title": title},
            )
    own.pull()
    assert own.titles() == sorted(titles)


def test_the_connection_to_the_users_database_refuses_to_write(own: Own) -> None:
    own.run(*THREE_POSTS)
    reader = Database(own.url, read_only=True)
    for statement in (
        "INSERT INTO posts (id, title) VALUES (9, 'Intruder')",
        "DELETE FROM posts",
        "CREATE TABLE intruder (id INTEGER)",
        "DROP TABLE posts",
    ):
        for transaction in (reader.read, reader.write):
            with (
                pytest.raises(StoreError, match=r"(?i)read.?only"),
                transaction() as connection,
            ):
                connection.execute(text(statement))
    reader.close()
    assert len(own.content()) == 3


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_function_that_writes_is_refused(own: Own) -> None:
    own.run(
        *THREE_POSTS,
        "CREATE FUNCTION wipe() RETURNS boolean LANGUAGE sql"
        " AS 'DELETE FROM posts; SELECT true'",
    )
    with pytest.raises(StoreError, match="read-only"):
        own.pull(filter="wipe()")
    assert len(own.content()) == 3


def test_pulling_makes_nothing_in_the_users_database(apart: Own) -> None:
    apart.run(*THREE_POSTS)
    apart.pull()
    with apart.database.read() as connection:
        assert inspect(connection).get_table_names() == ["posts"]


def test_a_sqlite_file_of_the_users_stays_as_it_is(
    sqlite_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "user's 100% ?own#.db"
    plain = sqlite3.connect(path)
    plain.executescript(";".join(THREE_POSTS))
    plain.close()
    before = path.read_bytes()
    path.chmod(0o444)
    rocktag = Database(sqlite_url)
    schema.upgrade(rocktag)
    own = Own(rocktag, "sqlite:///" + str(path).replace("?", "%3F"), rocktag)
    assert own.pull() == Stored(new=3)
    rocktag.close()
    assert path.read_bytes() == before


def test_a_sqlite_file_that_is_not_there_is_not_made(
    sqlite_url: str, tmp_path: Path
) -> None:
    rocktag = Database(sqlite_url)
    schema.upgrade(rocktag)
    missing = tmp_path / "missing.db"
    own = Own(rocktag, f"sqlite:///{missing}", rocktag)
    with pytest.raises(StoreError, match=r"missing\.db.*does its folder exist"):
        own.pull()
    rocktag.close()
    assert not missing.exists()


def test_text_that_is_no_utf8_costs_only_its_own_row(
    sqlite_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "own.db"
    plain = sqlite3.connect(path)
    plain.executescript(";".join(THREE_POSTS))
    plain.execute("INSERT INTO posts (id, title) VALUES (4, CAST(x'ff41' AS TEXT))")
    plain.commit()
    plain.close()
    rocktag = Database(sqlite_url)
    schema.upgrade(rocktag)
    own = Own(rocktag, f"sqlite:///{path}", rocktag)
    assert own.pull() == Stored(new=3)
    assert [reason for *_, reason in own.rejections()] == [
        "the title is not valid Unicode (invalid UTF-8 or a lone surrogate)"
    ]
    rocktag.close()


def test_a_relative_path_is_read_from_the_working_folder(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plain = sqlite3.connect("own.db")
    plain.executescript(";".join(THREE_POSTS))
    plain.close()
    rocktag = Database(sqlite_url)
    schema.upgrade(rocktag)
    assert Own(rocktag, "sqlite:///own.db", rocktag).pull() == Stored(new=3)
    rocktag.close()


def test_what_was_pulled_before_an_error_stays(own: Own) -> None:
    own.run(*THREE_POSTS)
    rows = sources.read_rows(
        own.database,
        table_name="posts",
        columns={"title": "title"},
        condition=None,
    )
    assert next(rows)["title"]
    rows.close()  # type: ignore[attr-defined]
    assert own.pull() == Stored(new=3)


def test_rows_stream_in_flat_memory(own: Own) -> None:
    own.run(_posts())
    with own.database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO posts (id, title) WITH RECURSIVE n (i) AS"
                " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
                " SELECT a.i * 1000 + b.i, 'A title of some length, made to weigh'"
                " FROM n a JOIN n b ON b.i <= 60"
            )
        )
    reader = Database(own.url, read_only=True)
    rows = sources.read_rows(
        reader,
        table_name="posts",
        columns={"external_id": "id", "title": "title"},
        condition=None,
    )
    next(rows)
    tracemalloc.start()
    number = sum(1 for _ in rows)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    reader.close()
    assert number == 900 * 60 - 1
    assert peak < 8_000_000  # all rows at once are above 10 MB


def test_many_rows_are_pulled_in_batches(apart: Own) -> None:
    apart.run(_posts())
    with apart.database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO posts (id, title) WITH RECURSIVE n (i) AS"
                " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
                " SELECT i, 'Title' FROM n"
            )
        )
    assert apart.pull(batch_size=100) == Stored(new=900)
    with apart.rocktag.read() as connection:
        assert headlines.count(connection) == 900
