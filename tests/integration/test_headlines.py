"""Headlines in: each once, as it was given, on every database alike."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select, text

from rocktag.db import Database, headlines, models, queue, runs, taggings, write_back
from rocktag.db.headlines import Stored
from rocktag.db.tables import failed_headline, headline, rejected_row, tagging
from rocktag.db.write_back import AssignedLabel
from rocktag.errors import StoreError
from rocktag.text import refusal, tidy
from rocktag.types import Headline, Rejection
from tests.versions import invented_version

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
GHOST = Headline(
    source="NME",
    external_id="7",
    title="Ghost announce tour",
    url="https://example.org/7",
    published_at=MOMENT,
)
TITLES = (
    "Mötley Crüe und Motörhead",
    "Queen 👑 live 🎸🤘🏿",
    "👩‍👩‍👧‍👦 at the festival",
    "فرقة ميتاليكا تعلن جولة",
    "‏להקת מטאליקה‎ on tour",
    "聖飢魔II、再集結",
    "𝕿𝖗𝖆𝖕𝖎𝖘𝖙𝖊𝖓 𐌰 𠀋 \U0010ffff",  # noqa: RUF001
    "e\u0301 is not \u00e9",
    "zero\u200bwidth \ufeff mark",
    "back\\slash % percent %s :name ? ` \" ' ;",
    "\x01\x7f\x80 control",
    "x" * 2_000,
    "🎸" * 2_000,
)
INJECTIONS = (
    "'; DROP TABLE headline; --",
    '"; DROP TABLE headline; --',
    "\\'; DELETE FROM headline WHERE ''='",
    "Robert'); DROP TABLE headline;--",
    "' OR 1=1 /*",
    "%(title)s :title $1 ? {title}",
)
titles = (
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\x00"),
        min_size=1,
        max_size=60,
    )
    .filter(lambda title: refusal(title) is None)
    .map(tidy)
)
moments = st.datetimes(
    min_value=datetime(1000, 1, 2),
    max_value=datetime(9999, 12, 30),
    timezones=st.integers(-14 * 60, 14 * 60).map(
        lambda minutes: timezone(timedelta(minutes=minutes))
    ),
)
on_a_shared_database = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def _store(database: Database, *items: Headline) -> Stored:
    with database.write() as connection:
        return headlines.store(connection, items)


def _stored(database: Database) -> list[Headline]:
    columns = headline.c
    statement = select(
        columns.source,
        columns.external_id,
        columns.title,
        columns.url,
        columns.published_at,
    ).order_by(columns.id)
    with database.read() as connection:
        rows = connection.execute(statement)
        return [Headline(**row) for row in rows.mappings()]


def _count(database: Database) -> int:
    with database.read() as connection:
        return headlines.count(connection)


def _statuses(database: Database) -> list[tuple[str, int]]:
    with database.read() as connection:
        rows = connection.execute(select(tagging.c.status, tagging.c.attempt))
        return [(row.status, row.attempt) for row in rows]


def _version(connection: Connection) -> int:
    return models.register(
        connection,
        invented_version(),
    )


def test_new_headlines_are_stored_as_they_are(database: Database) -> None:
    bare = Headline(source="NME", external_id="8", title="Queen reunite")
    assert _store(database, GHOST, bare) == Stored(new=2)
    assert _stored(database) == [GHOST, bare]


def test_no_headlines_are_no_work(database: Database) -> None:
    assert _store(database) == Stored()


def test_the_same_batch_twice_adds_nothing(database: Database) -> None:
    batch = [replace(GHOST, external_id=str(number)) for number in range(5)]
    assert _store(database, *batch) == Stored(new=5)
    assert _store(database, *batch) == Stored(unchanged=5)
    assert _stored(database) == batch


def test_an_edited_title_replaces_the_old_one(database: Database) -> None:
    _store(database, GHOST)
    edited = replace(GHOST, title="Ghost cancel tour")
    assert _store(database, edited) == Stored(edited=1)
    assert _stored(database) == [edited]


@pytest.mark.parametrize(
    "changed",
    [
        replace(GHOST, url="https://example.org/8"),
        replace(GHOST, published_at=MOMENT + timedelta(microseconds=1)),
    ],
)
def test_another_address_or_date_is_an_update(
    database: Database, changed: Headline
) -> None:
    _store(database, GHOST)
    assert _store(database, changed) == Stored(updated=1)
    assert _stored(database) == [changed]
    assert _store(database, changed) == Stored(unchanged=1)


def test_a_missing_address_or_date_erases_none_known_before(
    database: Database,
) -> None:
    _store(database, GHOST)
    bare = replace(GHOST, url=None, published_at=None)
    assert _store(database, bare) == Stored(unchanged=1)
    edited = replace(bare, title="Ghost cancel tour")
    assert _store(database, edited) == Stored(edited=1)
    assert _stored(database) == [replace(GHOST, title="Ghost cancel tour")]


def test_an_address_learned_later_is_added(database: Database) -> None:
    _store(database, replace(GHOST, url=None, published_at=None))
    assert _store(database, GHOST) == Stored(updated=1)
    assert _stored(database) == [GHOST]


def test_only_what_changed_gets_a_new_time_of_change(database: Database) -> None:
    other = replace(GHOST, external_id="8")
    _store(database, GHOST, other)
    _store(database, replace(GHOST, title="Ghost cancel tour"), other)
    with database.read() as connection:
        first, second = connection.execute(select(headline).order_by(headline.c.id))
    assert first.ingested_at < first.changed_at
    assert second.ingested_at == second.changed_at


def test_of_equal_keys_in_a_batch_the_last_one_counts(database: Database) -> None:
    last = replace(GHOST, title="Ghost cancel tour")
    counts = _store(database, GHOST, replace(GHOST, title="Ghost delay tour"), last)
    assert counts == Stored(new=1, unchanged=2)
    assert _stored(database) == [last]
    counts = _store(database, GHOST, last, replace(last, title="Ghost split"))
    assert counts == Stored(edited=1, unchanged=2)


@on_a_shared_database
@given(
    st.lists(
        st.builds(
            Headline,
            source=st.sampled_from(["NME", "Kerrang!"]),
            external_id=st.sampled_from(["1", "2", "3"]),
            title=st.sampled_from(["Queen", "Ghost", "Rush"]),
            url=st.sampled_from([None, "https://a.example", "https://b.example"]),
        ),
        max_size=8,
    )
)
def test_the_counts_of_any_batch_add_up_to_it(
    database: Database, batch: list[Headline]
) -> None:
    before = _count(database)
    found = _store(database, *batch)
    assert found.new + found.edited + found.updated + found.unchanged == len(batch)
    assert _count(database) == before + found.new
    assert _store(database, *batch) == Stored(unchanged=len(batch))


def test_the_same_id_of_another_source_is_another_headline(
    database: Database,
) -> None:
    assert _store(database, GHOST, replace(GHOST, source="BBC")) == Stored(new=2)


@pytest.mark.parametrize("field", ["source", "external_id"])
def test_keys_that_differ_in_any_code_point_are_different_headlines(
    database: Database, field: str
) -> None:
    keys = "a A á Á a\u0301 \uff41 ª ß ss ẞ æ ae \u0131 i İ I é e o ø œ oe a\u200b a. 1"
    batch = [
        replace(GHOST, title=key, source=key)
        if field == "source"
        else replace(GHOST, title=key, external_id=key)
        for key in [*keys.split(" "), "a ", " a", "a  ", "a\t", "a\u00a0", "🎸", "🤘"]
    ]
    assert _store(database, *batch) == Stored(new=len(batch))
    assert _store(database, *batch) == Stored(unchanged=len(batch))
    assert _stored(database) == batch


@pytest.mark.parametrize("suffix", ["", " "])
def test_a_key_is_found_only_by_itself(database: Database, suffix: str) -> None:
    _store(database, replace(GHOST, external_id="a" + suffix))
    for other in ("A", "á", "a  "):
        counts = _store(database, replace(GHOST, external_id=other))
        assert counts == Stored(new=1)
    assert _count(database) == 4


def test_any_unicode_title_comes_back_as_it_went_in(database: Database) -> None:
    kept = [tidy(title) for title in TITLES]
    assert [refusal(title) for title in kept] == [None] * len(kept)
    batch = [
        replace(GHOST, external_id=str(number), title=title)
        for number, title in enumerate(kept)
    ]
    assert _store(database, *batch) == Stored(new=len(batch))
    assert _stored(database) == batch
    assert _store(database, *batch) == Stored(unchanged=len(batch))


@on_a_shared_database
@given(st.lists(titles, min_size=1, max_size=20))
def test_generated_titles_come_back_as_they_went_in(
    database: Database, given_titles: list[str]
) -> None:
    with database.write() as connection:
        connection.execute(headline.delete())
    batch = [
        replace(GHOST, external_id=str(number), title=title, url=title)
        for number, title in enumerate(given_titles)
    ]
    _store(database, *batch)
    assert _stored(database) == batch


def test_sql_in_a_headline_is_data(database: Database) -> None:
    batch = [
        Headline(source=sql, external_id=sql, title=sql, url=sql) for sql in INJECTIONS
    ]
    assert _store(database, *batch) == Stored(new=len(batch))
    assert _store(database, *batch) == Stored(unchanged=len(batch))
    assert _stored(database) == batch
    with database.write() as connection:
        headlines.record_rejections(
            connection, [Rejection(sql, 1, sql, sql) for sql in INJECTIONS]
        )
        for sql in INJECTIONS[:-1]:
            headlines.forget_rejections(connection, sql)
        assert connection.scalars(select(rejected_row.c.reason)).all() == [
            INJECTIONS[-1]
        ]


@on_a_shared_database
@given(moments)
def test_any_moment_comes_back_to_the_microsecond_in_utc(
    database: Database, moment: datetime
) -> None:
    _store(database, replace(GHOST, published_at=moment))
    found = _stored(database)[0].published_at
    assert found == moment
    assert found is not None
    assert found.utcoffset() == timedelta(0)
    assert _store(database, replace(GHOST, published_at=moment)) == Stored(unchanged=1)


def test_a_naive_moment_is_refused_without_the_statement(database: Database) -> None:
    naive = replace(GHOST, published_at=datetime(2026, 1, 2))
    with pytest.raises(StoreError, match="a naive datetime cannot be stored") as error:
        _store(database, naive)
    assert "INSERT" not in str(error.value)
    assert _count(database) == 0


def test_a_batch_is_stored_whole_or_not_at_all(database: Database) -> None:
    too_long = replace(GHOST, external_id="8", source="x" * 256)
    if database.backend == "sqlite":
        pytest.skip("SQLite knows no widths")
    with pytest.raises(StoreError):
        _store(database, GHOST, too_long)
    assert _count(database) == 0


def test_the_largest_batch_fits_into_its_statements(database: Database) -> None:
    batch = [replace(GHOST, external_id=str(number)) for number in range(10_000)]
    assert _store(database, *batch) == Stored(new=10_000)
    edited = [replace(item, title="Ghost cancel tour") for item in batch]
    assert _store(database, *edited) == Stored(edited=10_000)


@pytest.mark.writers_at_once
@pytest.mark.parametrize("order", [iter, reversed])
def test_two_threads_storing_the_same_rows_store_them_once(
    database: Database, order: Callable[[Sequence[Headline]], Iterator[Headline]]
) -> None:
    begin = threading.Barrier(2)

    def feed(batches: list[list[Headline]]) -> int:
        begin.wait()
        return sum(_store(database, *batch).new for batch in batches)

    rows = [replace(GHOST, external_id=str(number)) for number in range(600)]
    batches = [rows[start : start + 100] for start in range(0, 600, 50)]
    edited = [
        [replace(item, title="Ghost cancel tour") for item in order(batch)]
        for batch in batches
    ]
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(feed, [batches, edited]))
    assert sum(found) >= 600
    assert _count(database) == 600
    assert {item.external_id for item in _stored(database)} == {
        item.external_id for item in rows
    }


def test_an_edited_title_is_tagged_again(database: Database) -> None:
    other = replace(GHOST, external_id="8")
    _store(database, GHOST, other)
    with database.write() as connection:
        version = _version(connection)
        run_id = runs.start(connection, "tag").run_id
        queue.enqueue(connection, version)
        claimed = taggings.claim(
            connection, version, claim_id="one", limit=2, lease_seconds=60
        )
        write_back.complete(
            connection,
            version,
            claim_id="one",
            run_id=run_id,
            labels={
                item.headline_id: [AssignedLabel("tour", 0.9, 0.5)] for item in claimed
            },
        )
    assert _statuses(database) == [("done", 1), ("done", 1)]
    _store(database, replace(GHOST, title="Ghost cancel tour"), other)
    assert sorted(_statuses(database)) == [("done", 1), ("pending", 0)]


def test_another_address_alone_is_not_tagged_again(database: Database) -> None:
    _store(database, GHOST)
    with database.write() as connection:
        version = _version(connection)
        queue.enqueue(connection, version)
        taggings.claim(connection, version, claim_id="one", limit=1, lease_seconds=60)
    _store(database, replace(GHOST, url="https://example.org/other"))
    assert _statuses(database) == [("leased", 1)]


def test_an_edited_title_that_had_failed_gets_another_try(database: Database) -> None:
    _store(database, GHOST)
    with database.write() as connection:
        version = _version(connection)
        run_id = runs.start(connection, "tag").run_id
        queue.enqueue(connection, version)
        (claimed,) = taggings.claim(
            connection, version, claim_id="one", limit=1, lease_seconds=60
        )
        write_back.fail(
            connection,
            version,
            claim_id="one",
            run_id=run_id,
            errors={claimed.headline_id: "ValueError: broken"},
            maximum_attempts=1,
        )
    assert _statuses(database) == [("failed", 1)]
    _store(database, replace(GHOST, title="Ghost cancel tour"))
    assert _statuses(database) == [("pending", 0)]
    with database.read() as connection:
        assert connection.execute(select(failed_headline)).all() == []


@pytest.mark.parametrize("origin", ["feed.csv", "/" + "very/deep/" * 100 + "feed.csv"])
def test_rejections_are_replaced_by_origin(database: Database, origin: str) -> None:
    other = Rejection("other.csv", 3, "no title", "")
    long = Rejection(origin, None, "r" * 900, "🎸" * 900)
    with database.write() as connection:
        headlines.record_rejections(connection, [other, long])
        headlines.record_rejections(connection, [])
        headlines.forget_rejections(connection, origin)
        headlines.record_rejections(connection, [Rejection(origin, 1, "no title", "")])
    with database.read() as connection:
        rows = connection.execute(
            select(rejected_row.c.line, rejected_row.c.origin).order_by("line")
        ).all()
    assert [row.line for row in rows] == [1, 3]
    assert origin.endswith(rows[0].origin)


def test_titles_stream_in_the_order_they_came_in(database: Database) -> None:
    numbers = count()
    for _ in range(3):
        _store(
            database,
            *(
                replace(GHOST, external_id=str(number), title=f"Title {number}")
                for number, _ in zip(numbers, range(4_000), strict=False)
            ),
        )
    with database.read() as connection:
        stream = headlines.titles(connection)
        first = next(stream)
        rest = list(stream)
    stored = [item.title for item in _stored(database)]
    assert [first, *rest] == stored
    assert len(stored) >= 12_000


def test_a_stream_of_titles_may_be_left_early(database: Database) -> None:
    _store(database, *(replace(GHOST, external_id=str(n)) for n in range(6_000)))
    with database.read() as connection:
        assert next(headlines.titles(connection)) == GHOST.title
    assert _count(database) == 6_000
    with database.read() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
