"""The site of docs/ is whole, loads nothing from elsewhere, and has no dead link."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import clean_environment

ROOT = Path(__file__).parents[2]


def built(docs: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Build the site of a folder of pages as `make docs` does."""
    configuration = docs.parent / "mkdocs.yml"
    shutil.copy(ROOT / "mkdocs.yml", configuration)
    return subprocess.run(
        [
            *(sys.executable, "-m", "mkdocs", "build", "--strict"),
            *("--config-file", configuration, "--site-dir", site),
        ],
        env=clean_environment(NO_MKDOCS_2_WARNING="1"),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The pages of docs/, to be changed by the test."""
    folder = tmp_path / "docs"
    folder.mkdir()
    for page in (ROOT / "docs").glob("*.*"):
        shutil.copy(page, folder)
    return folder


def test_the_site_has_every_page_and_loads_nothing_from_elsewhere(
    copied: Path, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    result = built(copied, site)
    assert result.returncode == 0, result.stderr
    pages = {page.stem for page in site.glob("*.html")}
    assert pages == {page.stem for page in copied.glob("*.md")} | {"404"}
    assert list(site.glob("*.py")) == []
    for page in site.glob("*.html"):
        loaded = re.findall(
            r"<(?:script|img|iframe)[^>]*\ssrc=\"?([^\"\s>]+)"
            r"|<link[^>]*rel=\"?stylesheet[^>]*href=\"?([^\"\s>]+)",
            page.read_text("utf-8"),
        )
        assert loaded, page
        assert [each for each in loaded if "//" in "".join(each)] == []


@pytest.mark.parametrize(
    "broken", ["[gone](gone.md)", "[gone](sql.md#gone)", "[gone](../README.md)"]
)
def test_a_link_that_leads_nowhere_breaks_the_site(
    broken: str, copied: Path, tmp_path: Path
) -> None:
    with (copied / "limits.md").open("a", encoding="utf-8") as page:
        page.write(f"\n{broken}\n")
    result = built(copied, tmp_path / "site")
    assert result.returncode == 1
    assert "gone" in result.stderr or "README" in result.stderr
