"""docs/tutorial.md, run line by line: what it says is printed is printed."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.conftest import clean_environment

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(
    r"^```(\w+)\n(.*?)^```\n+((?:\|[^\n]*\n)*)", re.DOTALL | re.MULTILINE
)


class Block(NamedTuple):
    """A block of the page, with the table that follows it."""

    language: str
    content: str
    table: str


def blocks() -> list[Block]:
    return [Block(*found) for found in BLOCK.findall(PAGE.read_text("utf-8"))]


def run(script: str, folder: Path) -> str:
    """Run lines as a shell does, stopping at the first that fails."""
    programs = Path(sys.executable).parent
    environment = clean_environment()
    environment["PATH"] = f"{programs}:{environment['PATH']}"
    ended = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, f"{script}\n{ended.stderr}"
    return ended.stdout


def plain(text: str) -> str:
    """Return text without blank lines and without spaces at the ends of lines."""
    lines = (line.rstrip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def is_like(printed: str, expected: str) -> bool:
    r"""Whether something was printed as the page says, `…` standing for anything.

    >>> is_like("a tree  \n\nof 3 s\n", "a tree\nof … s\n")
    True
    >>> is_like("a tree\nof 3 m\n", "a tree\nof … s\n")
    False
    """
    pattern = ".*".join(map(re.escape, plain(expected).split("…")))
    return re.fullmatch(pattern, plain(printed), re.DOTALL) is not None


def answer(statement: str, file: Path) -> list[tuple[str, ...]]:
    """Return what a query answers, first the names of its columns."""
    with sqlite3.connect(file) as connection:
        found = connection.execute(statement)
        names = tuple(column[0] for column in found.description)
        rows = [tuple(map(str, row)) for row in found]
    connection.close()
    return [names, *rows]


def cells(table: str) -> list[tuple[str, ...]]:
    """Return the rows of a Markdown table."""
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()]
    return [tuple(row) for number, row in enumerate(rows) if number != 1]


def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    printed = None
    for language, content, table in blocks():
        match language:
            case "sh":
                printed = run(content, tmp_path)
            case "text":
                assert printed is not None, content
                assert is_like(printed, content), f"{content}\n---\n{printed}"
            case "sql":
                assert answer(content, tmp_path / "rocktag.db") == cells(table), content
            case _:
                pytest.fail(f"nobody runs a block of {language}")


def test_the_tutorial_has_steps_to_run_and_answers_to_compare() -> None:
    languages = [block.language for block in blocks()]
    assert languages.count("sh") >= 6
    assert languages.count("text") >= 5
    assert languages.count("sql") >= 3
    assert all(block.table for block in blocks() if block.language == "sql")
    shown = PAGE.read_text("utf-8").count("\n```\n")
    assert shown == len(languages)
