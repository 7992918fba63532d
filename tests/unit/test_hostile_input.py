"""Whatever stands in a file, reading it gives a value or one clear error."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import examples
from benchmarks.fuzz import fuzz
from benchmarks.inputs import Input, inputs
from rocktag import config, reporting
from rocktag.artifact import litert_file, predictions
from rocktag.artifact.golden import replay
from rocktag.cli import main
from rocktag.config import Settings
from rocktag.errors import ArtifactError, ConfigError, UsageError
from rocktag.feeds import open_feed
from rocktag.sampling import write_csv
from rocktag.spreadsheet import guarded, unguarded
from rocktag.text import tidy
from rocktag.types import Headline, Probabilities, Rejection

FORMULA_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
STORABLE = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
FORMULA_LIKE = st.builds(
    "".join, st.lists(st.sampled_from([*FORMULA_STARTS, *"'\";, a1|!()"]), max_size=8)
)
TEXTS = FORMULA_LIKE | st.text(STORABLE, max_size=20)
TITLES = TEXTS.map(tidy).filter(bool)
NAMES = TEXTS.map(str.strip).filter(bool)
HEADLINES = st.builds(
    Headline,
    source=TITLES,
    external_id=NAMES,
    title=TITLES,
    url=st.none() | NAMES,
    published_at=st.none() | st.just(datetime(2021, 4, 3, tzinfo=UTC)),
)


# Each example reads and writes files, on whatever machine.
patient = settings(deadline=None, max_examples=40)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


def cells_of(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [cell for row in csv.reader(file) for cell in row]


# Spreadsheets


@patient
@given(TEXTS)
def test_no_guarded_text_begins_like_a_formula_and_none_is_lost(text: str) -> None:
    assert not guarded(text).startswith(FORMULA_STARTS)
    assert unguarded(guarded(text)) == text


@patient
@given(st.lists(HEADLINES, max_size=5))
def test_headlines_written_for_people_hold_no_formula_and_are_read_back_equal(
    folder: Path, headlines: list[Headline]
) -> None:
    path = folder / "round.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        write_csv(headlines, file)
    assert not any(cell.startswith(FORMULA_STARTS) for cell in cells_of(path))
    with open_feed(path) as feed:
        assert list(feed) == headlines


@patient
@given(st.lists(TITLES, min_size=1, max_size=5))
def test_labelled_titles_hold_no_formula_and_are_read_back_equal(
    folder: Path, titles: list[str]
) -> None:
    source, target = folder / "titles.csv", folder / "labelled.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["title"], *([guarded(it)] for it in titles)])
    assert main(["rules", "label", str(source), "-o", str(target)]) == 0
    assert not any(cell.startswith(FORMULA_STARTS) for cell in cells_of(target))
    with open_feed(target) as feed:
        assert [row.title for row in feed if isinstance(row, Headline)] == titles


def test_a_reports_text_is_no_formula_and_its_numbers_stay_numbers() -> None:
    rows = [{"origin": "=cmd|' /C calc'!A0", "change": -0.5, "epoch": 1}]
    written = reporting.rows_csv(rows).decode()
    assert written == "origin,change,epoch\n'=cmd|' /C calc'!A0,-0.500000,1\n"


# Configuration


def configured(folder: Path, content: bytes) -> Settings:
    path = folder / "config.toml"
    path.write_bytes(content)
    return config.load(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a = " + b"[" * 50_000, "nested too deep"),
        (b"a = " + b"{a = " * 50_000, "nested too deep"),
        (b".".join([b"a"] * 100_000) + b" = 1", "nested too deep"),
        (b"[" + b" . ".join([b'"a"'] * 10_000) + b"]", "nested too deep"),
        (b"search.space." + b".".join([b"a"] * 20) + b" = 1", "nested more than 16"),
        (b"#" * (2**20 + 1), "larger than"),
        (b"[train]\nseed = " + b"9" * 5_000, "not valid TOML: Exceeds the limit"),
        (b"[train]\nseed = 0x" + b"f" * 5_000, "train.seed: not within"),
        (b"[tag]\nthreshold = 0x" + b"f" * 5_000, "tag.threshold: not within"),
        (b"[audit]\nwindow_hours = nan", "audit.window_hours"),
        (b"[train.transformer]\nlearning_rate = inf", "finite number"),
        (b'[source]\ntable = "a\\u0000b"', "source.table: contains a NUL character"),
        (b'models_dir = "a\\u0000b"', "models_dir: contains a NUL character"),
        (b'"a\\u0000" = 1', "contains a NUL character"),
        (b'[log]\nlevel = "' + b"x" * 500_000 + b'"', "log.level"),
        (b"\n".join(b"k%d = 1" % number for number in range(999)), "and 979 more"),
        (b'[schedule]\ntag = "0 0 31 2 *"', "Bad day-of-month"),
        (b"\xff", "not valid TOML"),
    ],
)
def test_a_hostile_configuration_is_one_short_error(
    folder: Path, content: bytes, words: str
) -> None:
    with pytest.raises(ConfigError) as error:
        configured(folder, content)
    assert words in str(error.value)
    assert len(str(error.value)) < 5_000


@patient
@given(
    st.lists(
        st.sampled_from(
            b"[ ] [[ ]] { } = , . \" ''' \\u0000 \n # source train seed nan 9 0x tag"
            b" url search space 2021-01-01 true \xff \xef\xbb\xbf".split(b" ")
        ),
        max_size=30,
    ).map(b"".join)
    | st.binary(max_size=60)
)
def test_any_bytes_are_settings_or_a_config_error(folder: Path, content: bytes) -> None:
    try:
        assert isinstance(configured(folder, content), Settings)
    except ConfigError as error:
        assert len(str(error)) < 5_000  # noqa: PT017  # some bytes are TOML


def test_a_byte_order_mark_is_no_fault(folder: Path) -> None:
    assert configured(folder, b"\xef\xbb\xbf[train]\nseed = 3\n").train.seed == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROCKTAG_SOURCE", '{"a":' * 50_000),
        ("__".join(["ROCKTAG_SOURCE", *"a" * 5_000]), "1"),
        ("ROCKTAG_DATABASE_URL", "sqlite:///\udcff.db"),
        ("ROCKTAG_TRAIN__SEED", "9" * 5_000),
        ("ROCKTAG_TAG", '{"threshold": 1' + "0" * 400 + "}"),
    ],
)
def test_a_hostile_variable_is_one_short_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as error:
        configured(folder, b"")
    assert len(str(error.value)) < 1_000


def test_an_endless_key_on_the_command_line_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="has more than 16 parts"):
        config.parse_assignments([".".join("a" * 50_000) + "=1"])


# Rows


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_is_no_id(folder: Path, number: str) -> None:
    rows = rows_of(folder, f'{{"title": "Queen", "id": {number}}}\n' * 2, "news.jsonl")
    assert [row.line for row in rows if isinstance(row, Rejection)] == [1, 2]
    assert "external_id is not a finite number" in str(rows[0])


def test_a_value_that_is_no_number_may_stand_where_nobody_looks(
    folder: Path,
) -> None:
    rows = rows_of(folder, '{"title": "Queen", "score": NaN}\n', "news.jsonl")
    assert [type(row) for row in rows] == [Headline]


HOSTILE_LINES = (
    '{"title": ' + "[" * 50_000,
    '{"title": "Queen", "id": ' + "9" * 50_000 + "}",
    '{"title": "' + "x" * 1_000_000 + '"}',
    '{"title": "\\ud800"}',
    '{"title": "a\\u0000b"}',
    '{"title": {"title": "Queen"}}',
    '"title"',
)


@pytest.mark.parametrize("line", HOSTILE_LINES)
def test_a_hostile_line_costs_itself_only(folder: Path, line: str) -> None:
    rows = rows_of(folder, f'{line}\n{{"title": "Queen"}}\n', "news.jsonl")
    assert [type(row) for row in rows] == [Rejection, Headline]


@pytest.mark.parametrize("line", ["x" * 2**20, ",", '"'])
def test_a_gzip_bomb_is_read_in_flat_memory(folder: Path, line: str) -> None:
    path = folder / "bomb.csv.gz"
    with gzip.open(path, "wt", compresslevel=1) as file:
        file.write("title\n")
        for _ in range(16):
            file.write(line * (2**20 // len(line)))
    assert path.stat().st_size < 2**20
    tracemalloc.start()
    with open_feed(path) as feed:
        count = sum(1 for _ in feed)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count
    assert peak < 2**27


def rows_of(folder: Path, content: str, name: str) -> list[Headline | Rejection]:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    with open_feed(path) as feed:
        return list(feed)


# Artifacts


def npy() -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros((3, 2), dtype=np.int8), allow_pickle=False)
    return file.getvalue()


NPY = npy()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no titles"),
        (b"{", "cannot be read"),
        (b"[" * 50_000, "cannot be read"),
        (b'{"title": "Queen"}', "cannot be read"),
        (b'{"title": "\\ud800", "probabilities": [0.5]}', "unusable ones"),
        (b'{"title": 7, "probabilities": [0.5]}', "cannot be read"),
        (b'{"title": "Queen", "probabilities": [0.5, "x"]}', "cannot be read"),
        (b'{"title": "Queen", "probabilities": [NaN]}', "differs by nan"),
        (b'{"title": "Queen", "probabilities": [[0.5]]}', "not (1, 1)"),
    ],
)
def test_golden_headlines_that_cannot_be_used_are_an_artifact_error(
    content: bytes, words: str
) -> None:
    with pytest.raises(ArtifactError) as error:
        replay(lambda titles: np.full((len(titles), 1), 0.5), content, 1, Path("model"))
    assert words in str(error.value)
    assert len(str(error.value)) < 1_000


def test_a_model_that_fails_on_its_golden_headlines_is_an_artifact_error() -> None:
    def fail(titles: Sequence[str]) -> Probabilities:
        raise RuntimeError(f"no embedding for {titles[0]}")

    with pytest.raises(ArtifactError, match="no embedding for Queen"):
        replay(fail, b'{"title": "Queen", "probabilities": [1]}', 1, Path("model"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        b"\x80\x04N.",
        NPY.replace(b"(3, 2)", b"(3,(2"),
        NPY.replace(b"(3, 2)", b"(9999999999999, 2)"),
        NPY.replace(b"(3, 2)", b"(9999999999999999999999, 2)"),
        NPY.replace(b"'|i1'", b"'|O8'"),
    ],
)
def test_a_hostile_array_is_an_artifact_error(content: bytes) -> None:
    names = ("validation_targets", "validation_probabilities", "test_targets")
    files = {f"{name}.npy": content for name in (*names, "test_probabilities")}
    with pytest.raises(ArtifactError, match="train again"):
        predictions.load(files, 2, where="model")


def test_a_tokenizer_whose_native_code_panics_is_an_artifact_error() -> None:
    content = json.loads(examples.tokenizer())
    content["truncation"].update(max_length=2, stride=2)
    tokenizer = litert_file.read_tokenizer(json.dumps(content).encode(), where="model")
    with pytest.raises(ArtifactError, match=r"fails on a headline .*stride"):
        litert_file.encoded(tokenizer, examples.TITLES, where="model")


# The fuzzer


@pytest.mark.parametrize("name", sorted(inputs().keys() - {"zip names", "checkpoint"}))
def test_what_the_fuzzer_changes_is_valid_before(tmp_path: Path, name: str) -> None:
    kind = inputs()[name]
    kind.read(kind.example, tmp_path)


def test_the_fuzzer_finds_nothing() -> None:
    cases: Counter[str] = Counter()
    assert [str(finding) for finding in fuzz(7, 2.0, cases)] == []
    assert cases.total() > 10


def test_a_finding_is_found_again_by_its_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(content: bytes, _: Path) -> None:
        if b"\xff" in content:
            raise RecursionError(content[:9])

    planted = {"planted": Input(b"title\nQueen\n", read)}
    monkeypatch.setattr("benchmarks.fuzz.inputs", lambda: planted)
    finding = next(iter(fuzz(1, 30.0, Counter())))
    (again,) = fuzz(finding.seed, 0.0, Counter())
    assert again == finding
    assert f"fuzz --seed {finding.seed} --seconds 0" in str(finding)


def test_a_slow_case_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = {"slow": Input(b"", lambda *_: sum(range(10**6)))}
    monkeypatch.setattr("benchmarks.fuzz.inputs", lambda: slow)
    monkeypatch.setattr("benchmarks.fuzz.SLOWEST", 0.001)
    (finding,) = fuzz(1, 0.0, Counter())
    assert "seconds" in finding.what
