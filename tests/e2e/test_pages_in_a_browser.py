"""The pages in a real browser: silent, alone, and readable on any screen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rocktag.experiments import THRESHOLD
from rocktag.report import comparison_page, dimensions_page
from rocktag.training import Trained
from tests import browser
from tests.browser import Browser
from tests.comparisons import comparison, dimensions

WIDTHS = (400, 1400)

# What is wider than the window and cannot be scrolled by itself; figures whose text is
# small; what is drawn in the colour of the page.
READABLE = """(() => {
  const faults = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth)
    faults.push(`the page is ${root.scrollWidth} wide`);
  for (const one of document.querySelectorAll("body *")) {
    const box = one.getBoundingClientRect();
    const kept = one.closest(".scroll, .hidden, pre, clipPath, defs");
    if (!kept && box.right > root.clientWidth + 1)
      faults.push(`${one.tagName} ends at ${box.right}`);
  }
  for (const text of document.querySelectorAll("svg text")) {
    const scale = text.getScreenCTM();
    const given = parseFloat(getComputedStyle(text).fontSize);
    const size = Math.hypot(scale.a, scale.b) * given;
    if (!(size >= 8)) faults.push(`"${text.textContent}" has ${size} pixels`);
    if (getComputedStyle(text).fill === getComputedStyle(document.body).backgroundColor)
      faults.push(`"${text.textContent}" is not seen`);
  }
  return faults;
})()"""
COLOURS = """(() => {
  const seen = getComputedStyle(document.body);
  const line = document.querySelector("svg path[style*='--ink']");
  return [seen.backgroundColor, seen.color, getComputedStyle(line).stroke];
})()"""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser without a window."""
    program = browser.installed()
    if program is None:
        pytest.skip("no chromium is installed; see: apt-get install chromium")
    with browser.running(program, tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(
    scope="module", params=["tree", "network", "comparison", "without gold", "glove"]
)
def page(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The file of each kind of page."""

    def of(fixture: str) -> bytes:
        trained: Trained = request.getfixturevalue(fixture)
        return bytes(trained.draft.files["report.html"])

    match str(request.param):
        case "tree":
            content = of("trained")
        case "network":
            content = of("trained_network")
        case "comparison":
            content = comparison_page(comparison(14))
        case "without gold":
            content = comparison_page(comparison(2, with_gold=False))
        case _:
            content = dimensions_page(dimensions(50, 100, 300), threshold=THRESHOLD)
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_bytes(content)
    return file


@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_is_silent_asks_for_nothing_and_fits(
    chromium: Browser, page: Path, width: int
) -> None:
    seen = chromium.look(page, READABLE, width=width)
    assert seen.messages == []
    assert seen.requests == []
    assert seen.value == []


def test_a_page_follows_the_theme_of_its_reader(chromium: Browser, page: Path) -> None:
    light = chromium.look(page, COLOURS, width=1400)
    dark = chromium.look(page, COLOURS, width=1400, dark=True)
    assert light.value[0] == "rgb(255, 255, 255)"
    for one, other in zip(light.value, dark.value, strict=True):
        assert one != other
    assert light.value[1] == light.value[2]
    assert dark.value[1] == dark.value[2]


def test_the_browser_would_tell_of_messages_requests_and_width(
    chromium: Browser, page: Path
) -> None:
    """Without its policy a page that does all three is found out; with it it cannot."""
    bad = (
        '<img src="http://127.0.0.1:9/x.png" alt=""><script>console.log(1)</script>'
        '<p style="width:5000px">wide</p></body>'
    )
    html = page.read_text()
    policy = html[html.index("<meta http-equiv") : html.index('<meta name="referrer"')]
    file = page.with_name("bad.html")
    shutil.copy(page, file)
    file.write_text(html.replace(policy, "").replace("</body>", bad))
    seen = chromium.look(file, READABLE, width=400)
    assert seen.requests == ["http://127.0.0.1:9/x.png"]
    assert any('"value": 1' in message for message in seen.messages)
    assert "the page is" in " ".join(seen.value)
    file.write_text(html.replace("</body>", bad))
    seen = chromium.look(file, "1", width=400)
    assert seen.messages
    assert all("Content Security Policy" in message for message in seen.messages)
