"""Whatever stands in a file, reading it gives a value or one clear error."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rocktag import reporting
from rocktag.cli import main
from rocktag.feeds import open_feed
from rocktag.sampling import write_csv
from rocktag.spreadsheet import guarded, unguarded
from rocktag.text import tidy
from rocktag.types import Headline

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
