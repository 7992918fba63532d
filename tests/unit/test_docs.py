"""README and docs/ say what is there: commands, options, keys and links."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from docs.commands import PAGE as COMMANDS
from docs.commands import below
from docs.configuration import PAGE as CONFIGURATION
from rocktag.cli.app import app
from rocktag.config import Settings
from rocktag.db.tables import metadata

ROOT = Path(__file__).parents[2]
MADE = {COMMANDS, CONFIGURATION}
WRITTEN = sorted(
    {ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")} - MADE
)
BLOCK = re.compile(r"^```(?:sh|console)\n(.*?)^```", re.DOTALL | re.MULTILINE)
INDENTED = re.compile(r"(?:^ {4}.*\n)+", re.MULTILINE)
INCOMPLETE = {"MissingParameter", "NoArgsIsHelpError"}


def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def lines_of(blocks: Iterator[str]) -> Iterator[str]:
    """Yield the command lines of code blocks, each with what continues it."""
    for block in blocks:
        for line in block.replace("\\\n", " ").splitlines():
            yield line.strip().removeprefix("$ ")


def shown_commands(text: str) -> Iterator[str]:
    """Yield every rocktag command of a page's code blocks."""
    fenced = (found[1] for found in BLOCK.finditer(text))
    plain = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    indented = (found[0] for found in INDENTED.finditer(plain))
    for blocks in (fenced, indented):
        for line in lines_of(blocks):
            if line.startswith("rocktag "):
                yield line


def named_commands(text: str) -> Iterator[str]:
    """Yield every rocktag command that stands within a sentence."""
    for found in re.finditer(r"`(rocktag [^`]+)`", text):
        yield " ".join(found[1].split())


def fault_of(line: str) -> str | None:
    """Return why the command line would refuse a command, if it would."""
    _, *rest = (
        "1" if word == "N" else word for word in shlex.split(line, comments=True)
    )
    command: Any = typer.main.get_command(app)
    name, context = "rocktag", None
    try:
        while True:
            context = command.make_context(name, rest, parent=context)
            if not below(command):
                return None
            rest = [*context._protected_args, *context.args]
            if not rest and command.invoke_without_command:
                return None
            name, command, rest = command.resolve_command(context, rest)
    except typer.Exit:  # after --help
        return None
    except typer.TyperException as error:
        return f"{type(error).__name__}: {error}"


SHOWN = {
    (name_of(page), line) for page in WRITTEN for line in shown_commands(text_of(page))
}
NAMED = {
    (name_of(page), line) for page in WRITTEN for line in named_commands(text_of(page))
}


@pytest.mark.parametrize(("page", "line"), sorted(SHOWN))
def test_a_command_that_is_shown_can_be_given(page: str, line: str) -> None:
    assert fault_of(line) is None, page


@pytest.mark.parametrize(("page", "line"), sorted(NAMED))
def test_a_command_that_is_named_exists_with_its_options(page: str, line: str) -> None:
    fault = fault_of(line)
    assert fault is None or fault.partition(":")[0] in INCOMPLETE, page


@pytest.mark.parametrize(
    "line",
    [
        "rocktag trane",
        "rocktag train --clasifier adaboost",
        "rocktag train --classifier svm",
        "rocktag models shwo champion",
        "rocktag undo --run x",
    ],
)
def test_a_command_that_does_not_exist_would_be_found(line: str) -> None:
    fault = fault_of(line)
    assert fault is not None
    assert fault.partition(":")[0] not in INCOMPLETE


def test_every_page_that_shows_commands_was_read() -> None:
    pages = {page for page, _ in SHOWN}
    assert {"README.md", "docs/training.md", "docs/tutorial.md"} <= pages
    assert len(SHOWN) > 15
    assert len(NAMED) > 20


def is_setting(path: str) -> bool:
    """Whether a dotted name is that of a key, or of a table of them."""
    value: Any = Settings.model_validate(
        {"source": {"url": "sqlite:///x", "table": "t", "id": "i", "title": "t"}}
    )
    for part in path.split("."):
        if part not in getattr(type(value), "model_fields", {}):
            return False
        value = getattr(value, part)
    return True


def is_column(path: str) -> bool:
    """Whether a dotted name is a table's with its column."""
    table, _, column = path.partition(".")
    return table in metadata.tables and column in metadata.tables[table].columns


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_every_key_that_a_page_names_is_one(page: Path) -> None:
    roots = "|".join(Settings.model_fields)
    named = re.findall(rf"`((?:{roots})\.[a-z_.]*[a-z_])(?:`| = )", text_of(page))
    files = {"config.toml", "source.csv"}
    wrong = {name for name in named if not (is_setting(name) or is_column(name))}
    assert wrong - files == set()


# Links


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
def test_what_a_page_beside_docs_links_to_is_there(page: Path) -> None:
    linked = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text_of(page))
    targets = [target for target in linked if not target.startswith("http")]
    missing = [target for target in targets if not (ROOT / target).exists()]
    assert missing == []
    assert targets or page.name == "CONTRIBUTING.md"


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_every_picture_has_a_text_in_its_place(page: Path) -> None:
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", text_of(page))
    for words, target in pictures:
        assert len(words) > 20, target
        assert (page.parent / target).is_file()
