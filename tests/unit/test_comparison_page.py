"""The pages of comparisons and experiments: whole, safe, the same again, and true."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rocktag.comparing.table import Untrained
from rocktag.experiments import THRESHOLD
from rocktag.report import (
    comparison_page,
    curve_page,
    dimensions_page,
    evaluation_page,
)
from tests.comparisons import comparison, dimensions
from tests.evaluations import curve, evaluation
from tests.pages import Page, read_page

_PAGES = {
    "comparison": lambda: comparison_page(comparison()),
    "without gold": lambda: comparison_page(comparison(with_gold=False)),
    "one version": lambda: comparison_page(comparison(1)),
    "dimensions": lambda: dimensions_page(dimensions(50, 100), threshold=THRESHOLD),
    "evaluation": lambda: evaluation_page(evaluation()),
    "curve": lambda: curve_page(curve()),
    "one file": lambda: dimensions_page(dimensions(50), threshold=THRESHOLD),
}


@pytest.fixture(params=_PAGES)
def html(request: pytest.FixtureRequest) -> bytes:
    """Each kind of page."""
    return _PAGES[str(request.param)]()


def test_every_image_and_table_tells_what_it_shows(html: bytes) -> None:
    page = read_page(html)
    assert page.all("svg")
    texts = {one.attributes.get("id"): one.text for one in page.elements}
    for image in page.all("svg"):
        assert image.attributes["role"] == "img"
        assert len(texts[image.attributes["aria-labelledby"]]) > 10
        assert len(texts[image.attributes["aria-describedby"]]) > 10
    assert len(page.all("table")) == len(page.all("caption")) > 0
    assert all(cell.attributes["scope"] for cell in page.all("th"))


def test_a_page_asks_for_nothing_and_runs_nothing(html: bytes) -> None:
    page = read_page(html)
    assert not page.all("script")
    for element in page.elements:
        for name, value in element.attributes.items():
            assert not name.startswith("on")
            assert "//" not in value, (element.tag, name, value)
    assert len(page.ids()) == len(set(page.ids()))


@pytest.mark.parametrize("name", _PAGES)
def test_the_same_results_give_the_same_bytes(name: str) -> None:
    assert _PAGES[name]() == _PAGES[name]()


def test_every_score_stands_in_the_page_with_its_interval() -> None:
    compared = comparison()
    text = read_page(comparison_page(compared)).text
    for row in compared.rows:
        assert row.version in text
        for scores in (row.scores, row.masked or {}, row.gold or {}):
            if scores:
                found = scores["micro_f1"]
                said = f"{found.value:.4f} ({found.low:.4f},\xa0{found.high:.4f})"
                assert said in text
        for difference in (row.differences, row.gold_differences):
            if difference:
                assert f"{difference['micro_f1'].value:+.4f} (" in text
    assert "0.7300 (0.7100,\xa00.7400)" in text  # what the rules reach on human labels
    assert "of those learned from" in text


def test_the_reference_has_no_difference_from_itself() -> None:
    compared = comparison()
    page = read_page(comparison_page(compared))
    start = page.text.index("Differences from the reference")
    told = page.text[start : page.text.index("What each model costs")]
    assert "1 adaboost, clean" not in told
    assert "2 logistic-regression, raw" in told
    assert "<\xa00.001" in told


def test_sections_without_anything_to_tell_are_left_out() -> None:
    def sections(page: Page) -> list[str]:
        return [one.attributes["id"] for one in page.all("section")]

    alone = sections(read_page(comparison_page(comparison(1))))
    assert "differences" not in alone
    several = sections(read_page(comparison_page(comparison())))
    assert several == [*alone[:3], "differences", *alone[3:]]
    without = read_page(comparison_page(comparison(with_gold=False)))
    assert "gold" not in "".join(without.ids())


def test_what_was_not_trained_is_told_with_its_reason() -> None:
    missing = [Untrained("transformer", "clean", "the time was up")]
    text = read_page(comparison_page(comparison(), missing)).text
    assert "the time was up" in text


def test_hostile_names_stay_text() -> None:
    hostile = '"><script>alert(1)</script>$x^2$\u202e{{ 1 }}.csv'
    compared = comparison()
    first = replace(compared.rows[0], classifier=hostile)
    changed = replace(
        compared,
        rows=(first, *compared.rows[1:]),
        corpus={**compared.corpus, "origin": hostile},
        gold={**(compared.gold or {}), "file": hostile},
    )
    page = read_page(comparison_page(changed))
    assert not page.all("script")
    assert "\u202e" not in page.text
    assert page.text.count(hostile.replace("\u202e", r"\u202e")) > 3


def test_each_file_of_word_vectors_is_a_row_and_a_point() -> None:
    page = read_page(dimensions_page(dimensions(50, 100, 300), threshold=THRESHOLD))
    for size in (50, 100, 300):
        assert f"glove.6B.{size}d.txt" in page.text
        assert f"{size}d: micro F1 {0.9 + size / 10_000:.4f}" in page.text
    assert "3 of 3" in page.text
