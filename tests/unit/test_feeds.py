"""Files and loose rows become headlines, or rejections that say why."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocktag.errors import InputError, UsageError
from rocktag.feeds import FIELDS, open_feed, to_headline
from rocktag.spreadsheet import guarded
from rocktag.text import refusal, tidy
from rocktag.types import Headline, Rejection

STORABLE = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
TITLES = st.text(STORABLE, max_size=60).map(tidy).filter(bool)
NAMES = st.text(STORABLE, max_size=30).map(str.strip).filter(bool)
HEADLINES = st.builds(
    Headline,
    source=TITLES,
    external_id=NAMES,
    title=TITLES,
    url=st.none() | NAMES,
    published_at=st.none()
    | st.datetimes(datetime(1000, 1, 1), datetime.max, timezones=st.just(UTC)),
)
# Bytes that begin like a feed and then break every rule of one.
BROKEN = st.lists(
    st.sampled_from(
        b'" , \n \r \r\n ; a \x00 \xff { } : "title" {"title":"a"} \\ud800 2021'.split(
            b" "
        )
    )
    | st.just(b"[" * 2_000)
).map(b"".join)
Write = Callable[[bytes | str], Path]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("feeds")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: bytes | str) -> Path:
        path = tmp_path / "news.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def rows_of(
    path: Path, columns: Mapping[str, str] | None = None, source: str | None = None
) -> list[Headline | Rejection]:
    with open_feed(path, columns=columns or {}, source=source) as feed:
        return list(feed)


def titles_of(rows: list[Headline | Rejection]) -> list[str]:
    return [row.title for row in rows if isinstance(row, Headline)]


def only_rejection(rows: list[Headline | Rejection]) -> Rejection:
    (rejection,) = (row for row in rows if isinstance(row, Rejection))
    return rejection


def row(**values: object) -> Headline | Rejection:
    return to_headline(values, origin="news", line=None, default_source="NME")


def accepted(**values: object) -> Headline:
    made = row(**values)
    assert isinstance(made, Headline)
    return made


def refused(**values: object) -> Rejection:
    made = row(**values)
    assert isinstance(made, Rejection)
    return made


def as_csv(headlines: list[Headline], delimiter: str, quoting: int) -> str:
    text = io.StringIO(newline="")
    # The csv module quotes a lone CR only where the line ends with one.
    end = "\n" if quoting == csv.QUOTE_ALL else "\r\n"
    writer = csv.writer(
        text,
        delimiter=delimiter,
        lineterminator=end,
        quoting=csv.QUOTE_ALL if quoting == csv.QUOTE_ALL else csv.QUOTE_MINIMAL,
    )
    writer.writerow(FIELDS)
    for headline in headlines:
        moment = headline.published_at
        date = moment.isoformat() if moment else ""
        url = headline.url or ""
        cells = [headline.title, headline.source, headline.external_id, url, date]
        writer.writerow([guarded(cell) for cell in cells])
    return text.getvalue()


# Laws


@given(
    st.lists(HEADLINES),
    st.sampled_from(",;\t"),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from(["utf-8", "utf-8-sig"]),
)
def test_headlines_written_as_csv_are_read_back_equal(
    folder: Path, headlines: list[Headline], delimiter: str, quoting: int, encoding: str
) -> None:
    path = folder / "round.csv"
    path.write_bytes(as_csv(headlines, delimiter, quoting).encode(encoding))
    assert rows_of(path) == headlines


@given(st.lists(HEADLINES), st.booleans(), st.sampled_from(["utf-8", "utf-8-sig"]))
def test_headlines_written_as_json_lines_are_read_back_equal(
    folder: Path, headlines: list[Headline], ascii_only: bool, encoding: str
) -> None:
    path = folder / "round.jsonl"
    objects = [{name: getattr(it, name) for name in FIELDS} for it in headlines]
    lines = [json.dumps(it, ensure_ascii=ascii_only, default=str) for it in objects]
    path.write_bytes("\n".join(lines).encode(encoding))
    assert rows_of(path) == headlines


@given(BROKEN | st.binary(), st.sampled_from([b"", b"title\n", b"title,date\n"]))
def test_arbitrary_bytes_give_rows_or_an_input_error_and_always_the_same(
    folder: Path, content: bytes, header: bytes
) -> None:
    for name in ("any.csv", "any.jsonl"):
        path = folder / name
        path.write_bytes(header + content)
        try:
            rows = rows_of(path)
        except InputError as error:
            assert str(error).isprintable()  # noqa: PT017  # most bytes raise nothing
            continue
        assert rows == rows_of(path)
        check_storable(rows)


def check_storable(rows: list[Headline | Rejection]) -> None:
    lines = [row.line or 0 for row in rows if isinstance(row, Rejection)]
    assert lines == sorted(set(lines))
    for row in rows:
        if isinstance(row, Headline):
            assert refusal(row.title) is None
            assert row.external_id
        else:
            assert (row.reason + row.excerpt).isprintable()
            assert len(row.excerpt) <= 80
            assert len(row.reason) <= 255


@given(st.binary())
def test_arbitrary_bytes_called_gzip_give_rows_or_an_input_error(
    folder: Path, content: bytes
) -> None:
    path = folder / "any.csv.gz"
    for damaged in (content, gzip.compress(b"title\nQueen\n")[:-4] + content[:4]):
        path.write_bytes(damaged)
        try:
            assert isinstance(rows_of(path), list)
        except InputError as error:
            assert "any.csv.gz" in str(error)  # noqa: PT017  # some bytes are gzip


@given(
    st.lists(st.text("ab,\"\n'", max_size=8)),
    st.sampled_from(["\n", "\r\n"]),
    st.lists(st.booleans(), min_size=1),
)
def test_a_rejection_names_the_first_line_of_its_record(
    folder: Path, bodies: list[str], end: str, blanks: list[bool]
) -> None:
    text, line, expected = f"body,title{end}", 2, []
    for index, body in enumerate(bodies):
        if blanks[index % len(blanks)]:
            text, line = text + end, line + 1
        quoted = body.replace('"', '""')
        text += f'"{quoted}",{end}'
        expected.append(line)
        line += 1 + body.count("\n")
    path = folder / "lines.csv"
    path.write_bytes(text.encode())
    rejections = [row for row in rows_of(path) if isinstance(row, Rejection)]
    assert [rejection.line for rejection in rejections] == expected


@given(st.dictionaries(st.sampled_from(list(FIELDS)), st.text() | st.binary()))
def test_any_text_or_bytes_make_a_headline_or_a_rejection(
    values: dict[str, object],
) -> None:
    made = row(**values)
    check_storable([made])
    assert made == row(**values)


# CSV


def test_quoted_newlines_and_crlf_belong_to_their_record(write: Write) -> None:
    rows = rows_of(
        write('title;source\r\n"Ghost\r\nannounce; tour";NME\r\nQueen;Q\r\n')
    )
    assert titles_of(rows) == ["Ghost announce; tour", "Queen"]


def test_the_delimiter_is_found_outside_quotes(write: Write) -> None:
    rows = rows_of(write('"a,b,c,d";title;source\n1;Queen, live;NME\n'))
    assert titles_of(rows) == ["Queen, live"]


def test_a_file_of_one_column_keeps_semicolons(write: Write) -> None:
    assert titles_of(rows_of(write("title\nGhost; Queen\n"))) == ["Ghost; Queen"]


def test_column_names_are_compared_without_case_and_space(write: Write) -> None:
    path = write(" HEADLINE ,Publisher,GUID,Link,PubDate\nQueen,NME,7,x.y,2021-04-03\n")
    assert rows_of(path) == [
        Headline(
            source="NME",
            external_id="7",
            title="Queen",
            url="x.y",
            published_at=datetime(2021, 4, 3, tzinfo=UTC),
        )
    ]


def test_a_column_asked_for_goes_before_the_known_names(write: Write) -> None:
    path = write("title,Text\nwrong,right\n")
    assert titles_of(rows_of(path, {"title": "text"})) == ["right"]


def test_short_rows_are_filled_and_blank_lines_skipped(write: Write) -> None:
    rows = rows_of(write("\n  \ntitle,source,date\n\nQueen\n   \nGhost,NME\n\n"))
    assert titles_of(rows) == ["Queen", "Ghost"]
    assert len(rows) == 2


def test_a_source_is_the_columns_or_the_arguments_or_the_files_name(
    write: Write,
) -> None:
    path = write("title,source\nQueen,NME\nGhost,\n")
    assert [row.source for row in rows_of(path) if isinstance(row, Headline)] == [
        "NME",
        "news",
    ]
    rows = rows_of(path, source=" Louder ")
    assert [row.source for row in rows if isinstance(row, Headline)] == [
        "NME",
        "Louder",
    ]


def test_one_row_of_invalid_utf8_costs_only_itself(write: Write) -> None:
    rows = rows_of(write(b"title\nMot\xf6rhead\nMot\xc3\xb6rhead\n"))
    assert titles_of(rows) == ["Motörhead"]
    rejection = only_rejection(rows)
    assert "not valid Unicode" in rejection.reason
    assert rejection.excerpt == "Mot\\udcf6rhead"
    assert rejection.line == 2


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (",NME,2021", "no title"),
        ('"",NME,2021', "no title"),
        ("x" * 2_001 + ",NME,", "2,001 characters, over 2,000"),
        ("Queen\0,NME,", "the title contains a NUL"),
        ("Queen,NME\0,", "the source contains a NUL"),
        ("Queen," + "x" * 256 + ",", "the source has 256 characters, over 255"),
        ("Queen,NME,03/04/2021", "ambiguous date '03/04/2021'"),
        ("Queen,NME,Monday", "unreadable date 'Monday'"),
        ("Queen, live,NME,2021", "4 fields, the header has 3"),
        ('"Queen" live,NME,2021', "not valid CSV"),
        ("x" * 200_000 + ",NME,2021", "not valid CSV: field larger"),
        (",".join("x" * 2**20), "longer than 1,048,576 characters"),
    ],
)
def test_a_row_that_cannot_be_used_is_rejected_and_stops_nothing(
    write: Write, record: str, reason: str
) -> None:
    path = write(f"title,source,date\nGhost,NME,2021\n{record}\nKiss,NME,2021\n")
    rows = rows_of(path)
    assert titles_of(rows) == ["Ghost", "Kiss"]
    rejection = only_rejection(rows)
    assert reason in rejection.reason
    assert (rejection.origin, rejection.line) == (str(path), 3)
    assert "spans" not in rejection.reason


def test_a_title_over_many_lines_hints_at_an_unclosed_quote(write: Write) -> None:
    lines = "Queen on tour\n" * 1_500
    rejection = only_rejection(rows_of(write(f'title\nGhost\n"Kiss\n{lines}"\n')))
    assert "over 2,000" in rejection.reason
    assert "spans lines 3 to 1,504: an unclosed quote?" in rejection.reason
    assert rejection.line == 3


def test_an_unclosed_quote_costs_its_own_line_and_no_whole_one(
    write: Write,
) -> None:
    more = "Queen on tour,NME\n" * 10_000
    path = write(f'title,source\nGhost,NME\n"Kiss,NME\n{more}short\nMuse,Q\n')
    rows = rows_of(path)
    rejection = only_rejection(rows)
    assert rejection.line == 3
    assert "an unclosed quote?" in rejection.reason
    assert titles_of(rows)[-2:] == ["short", "Muse"]
    assert titles_of(rows).count("Queen on tour") == 10_000


def test_an_unclosed_quote_never_makes_a_headline_of_two(write: Write) -> None:
    rows = rows_of(write('title,source\n"Ghost,NME\n"Kiss, live",NME\nMuse,NME\n'))
    assert titles_of(rows) == ["Kiss, live", "Muse"]
    assert "an unclosed quote?" in only_rejection(rows).reason


def test_an_unclosed_quote_at_the_end_is_rejected(write: Write) -> None:
    rows = rows_of(write('title,source\nGhost,NME\n"Kiss,NME\nMuse,NME\n'))
    assert titles_of(rows) == ["Ghost", "Muse"]
    assert only_rejection(rows).line == 3


def test_a_broken_row_among_short_rows_costs_only_itself(write: Write) -> None:
    rows = rows_of(write('title,source,url\nMuse,NME\n"Kiss" live,NME\nQueen,NME\n'))
    assert titles_of(rows) == ["Muse", "Queen"]
    assert only_rejection(rows).line == 3


# Memory


def unclosed_quote() -> Iterator[bytes]:
    yield b'title,source\n"Kiss\n'
    yield from [b"Queen on tour " * 10 + b"\n"] * 80_000


def endless_record() -> Iterator[bytes]:
    yield b'title,source\n"'
    yield from [b"x" * 100 + b'","\n'] * 100_000


def endless_title() -> Iterator[bytes]:
    yield b'title,source\n"'
    yield from [b"x" * 10_000] * 1_500


def endless_header() -> Iterator[bytes]:
    yield from [b"x," * 5_000] * 1_500


def endless_object() -> Iterator[bytes]:
    yield b'{"title": "'
    yield from [b"x" * 10_000] * 1_500


@pytest.mark.parametrize(
    "content",
    [unclosed_quote, endless_record, endless_title, endless_header, endless_object],
)
def test_memory_stays_flat_whatever_the_file_contains(
    tmp_path: Path, content: Callable[[], Iterator[bytes]]
) -> None:
    path = tmp_path / "hostile.csv"
    with path.open("wb") as file:
        file.writelines(content())
        file.write(b"\nGhost,NME\n")
    tracemalloc.start()
    try:
        with open_feed(path) as feed:
            rejected = sum(isinstance(row, Rejection) for row in feed)
        assert 1 <= rejected <= 10  # 10 MB at a MiB a record
    except InputError:
        assert content is endless_header
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 8 * 2**20 < path.stat().st_size


def test_after_a_title_of_megabytes_the_next_line_is_read(write: Write) -> None:
    rows = rows_of(
        write(f'title,source\n"{"x" * 3_000_000}",NME\r\nGhost,NME\r\n!\n\n')
    )
    assert titles_of(rows) == ["Ghost", "!"]
    assert only_rejection(rows).excerpt == '"' + "x" * 78 + "…"


# JSON Lines


def test_a_file_that_begins_with_a_brace_is_json_lines(write: Write) -> None:
    rows = rows_of(
        write('\ufeff\n {"Headline": "Queen", "id": 7}\n\n{"title": "Ghost"}')
    )
    assert titles_of(rows) == ["Queen", "Ghost"]
    assert isinstance(rows[0], Headline)
    assert rows[0].external_id == "7"


def test_a_key_asked_for_holds_the_field(write: Write) -> None:
    path = write('{"name": "Queen"}')
    assert titles_of(rows_of(path, {"title": "name"})) == ["Queen"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"title": "Queen"', "invalid JSON"),
        ("[" * 100_000, "invalid JSON: nested too deep"),
        ('{"title": "Q", "id": ' + "1" * 5_000 + "}", "a number too long"),
        ('["Queen"]', "not a JSON object but list"),
        ("7", "not a JSON object but int"),
        ('{"name": "Queen"}', "no title: no key named title or headline"),
        ('{"title": null}', "no title"),
        ('{"title": " "}', "no title"),
        ('{"title": 7}', "the title is not text but int"),
        ('{"title": ["Queen"]}', "the title is not text but list"),
        ('{"title": "Queen \\ud800"}', "not valid Unicode"),
        ('{"title": "Queen \\u0000"}', "NUL"),
        ('{"title": "Queen", "id": {"a": 1}}', "the external_id is not text but dict"),
        ('{"title": "Queen", "id": true}', "the external_id is not text but bool"),
        ('{"title": "Queen", "date": 7}', "a date cannot be int"),
        ('{"title": "' + "x" * 2_000_000 + '"}', "longer than 1,048,576 characters"),
    ],
)
def test_a_line_that_cannot_be_used_is_rejected_and_stops_nothing(
    write: Write, line: str, reason: str
) -> None:
    rows = rows_of(write(f'{{"title": "Ghost"}}\n\n{line}\n{{"title": "Kiss"}}\n'))
    assert titles_of(rows) == ["Ghost", "Kiss"]
    assert reason in only_rejection(rows).reason
    assert only_rejection(rows).line == 3


# Files


def test_the_position_grows_to_the_size(write: Write) -> None:
    path = write("title\n" + "Queen\n" * 20_000)
    positions = []
    with open_feed(path) as feed:
        for _ in feed:
            positions.append(feed.position)
        assert feed.size == path.stat().st_size
    assert positions == sorted(positions)
    assert positions[0] < feed.size / 2
    assert positions[-1] == feed.size == feed.position
    assert feed.path == path


def test_a_gzip_file_is_read_and_measured_compressed(tmp_path: Path) -> None:
    path = tmp_path / "nme.2024.csv.gz"
    path.write_bytes(gzip.compress(b"title\nQueen\n"))
    with open_feed(path) as feed:
        (headline,) = feed
    assert isinstance(headline, Headline)
    assert headline.source == "nme.2024"
    assert feed.position == feed.size == path.stat().st_size


def test_a_pipe_is_read_without_a_size(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"title\nQueen\n")
    os.close(writer)
    try:
        with open_feed(f"/dev/fd/{reader}", source="pipe") as feed:
            assert titles_of(list(feed)) == ["Queen"]
            assert feed.size == feed.position == 0
    finally:
        os.close(reader)


@pytest.mark.parametrize("name", ["missing.csv", ".", "\0", "x" * 300])
def test_a_file_that_cannot_be_opened_is_an_input_error(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(InputError, match=r"cannot be read: .*; give the path"):
        open_feed(tmp_path / name)


def test_a_file_named_in_no_utf8_still_gives_storable_rows(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"n\xff.csv")
    path.write_text("title\nQueen\n\0\n")
    headline, rejection = rows_of(path)
    assert isinstance(headline, Headline)
    assert isinstance(rejection, Rejection)
    assert (headline.source + rejection.origin).encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty; its first line must name the columns"),
        (b"\n \n", "is empty"),
        (b"name,date\n", "columns are name, date; use --column title=NAME"),
        (b"title,Title\n", "2 columns named 'title'; rename"),
        (b"title,date,date\n", "2 columns named 'date'; rename"),
        (b'title,"date\n', "no readable header"),
        ("title\n".encode("utf-16"), "is UTF-16; save it as UTF-8"),
        (b"," * 100, r"\(no name\) and 81 more; use"),
    ],
)
def test_a_file_without_usable_columns_is_an_input_error(
    write: Write, content: bytes, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        open_feed(write(content))


def test_two_columns_of_one_name_that_nobody_needs_do_no_harm(write: Write) -> None:
    assert titles_of(rows_of(write("x,title,x\n1,Queen,2\n"))) == ["Queen"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"titel": "title"}, "no such field: titel; the fields are title, source"),
        ({"url": "link"}, "no column 'link' for the url; its columns are title, date"),
    ],
)
def test_a_column_that_cannot_be_is_a_usage_error(
    write: Write, columns: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        open_feed(write("title,date\n"), columns=columns)


def test_an_unknown_field_is_a_usage_error_for_json_lines_too(write: Write) -> None:
    with pytest.raises(UsageError, match="no such field: titel"):
        open_feed(write("{}"), columns={"titel": "title"})


def test_a_source_that_cannot_be_stored_is_a_usage_error(write: Write) -> None:
    with pytest.raises(UsageError, match="--source is not usable"):
        open_feed(write("title\n"), source="x" * 256)


def test_a_gzip_file_that_ends_early_is_an_input_error(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv.gz"
    content = b"title\n" + b"".join(b"Queen %d\n" % n for n in range(50_000))
    path.write_bytes(gzip.compress(content)[:-5_000])
    with open_feed(path) as feed, pytest.raises(InputError, match="check that it is"):
        list(feed)


# Loose rows


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (7, "7"),
        (" 7 ", "7"),
        (Decimal("12"), "12"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (b"abc", "abc"),
        (b"\x00\xff", "00ff"),
        (bytearray(b"\x00"), "00"),
        (memoryview(b"abc"), "abc"),
        (0, "0"),
    ],
)
def test_an_external_id_of_any_sql_type_becomes_text(value: object, name: str) -> None:
    assert accepted(title="Queen", external_id=value).external_id == name


def test_without_an_id_the_url_is_the_id_and_without_a_url_a_hash() -> None:
    assert accepted(title="Queen", url=" x.y ").external_id == "x.y"
    long = accepted(title="Queen", url="x" * 256)
    assert len(long.external_id) == 32
    assert long.url == "x" * 256
    assert long.external_id == accepted(title="Edited", url="x" * 256).external_id


def test_a_hash_as_id_changes_with_title_and_date_alone() -> None:
    first = accepted(title="Queen", published_at="2021-04-03").external_id
    assert len(first) == 32
    assert first == accepted(title=" Queen ", published_at="3 Apr 2021").external_id
    assert first != accepted(title="Queen!", published_at="2021-04-03").external_id
    assert first != accepted(title="Queen").external_id


def test_a_title_in_bytes_is_read_as_utf8() -> None:
    assert accepted(title="Motörhead".encode()).title == "Motörhead"
    assert "not valid Unicode" in refused(title=b"Mot\xf6rhead").reason


@pytest.mark.parametrize(
    ("name", "length"), [("source", 256), ("external_id", 256), ("url", 2_001)]
)
def test_overlong_or_unstorable_fields_are_refused_by_name(
    name: str, length: int
) -> None:
    for value in ("x" * length, "x\0", "\ud800"):
        assert f"the {name} " in refused(title="Queen", **{name: value}).reason


def test_an_excerpt_is_the_title_or_else_what_there_is() -> None:
    assert refused(title="Queen", url="\0").excerpt == "Queen"
    assert refused(title=None, external_id=7, url="x.y").excerpt == "7"
    assert refused(title={"a": 1}).excerpt == ""
