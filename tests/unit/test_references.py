"""The reference pages of docs/ are those of the code, whole and in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import typer

from docs.commands import PAGE as COMMANDS
from docs.commands import commands, commands_page
from docs.configuration import PAGE as CONFIGURATION
from docs.configuration import configuration_page, tables
from docs.stated import stated
from rocktag.cli.app import app
from rocktag.config import Settings
from rocktag.config.settings import SourceSettings

NAMED = {f"encoder.NAME.{name}" for name in ("repository", "revision", "sha256")}


def sections(text: str) -> dict[str, str]:
    """Return heading to text of a page's second level."""
    _, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    return {part.partition("\n")[0].strip("`"): part for part in parts}


@pytest.mark.parametrize(
    ("page", "made"), [(COMMANDS, commands_page), (CONFIGURATION, configuration_page)]
)
def test_a_reference_is_as_the_code_makes_it(page: Path, made: Any) -> None:
    assert page.read_text("utf-8") == made(), "run: make reference"


def shown_name(argument: Any) -> str:
    """Return the name that help gives an argument."""
    return str(argument.metavar or argument.name).strip("[].…")


@pytest.mark.parametrize("path", [context.command_path for context in commands()])
def test_a_command_and_each_of_its_options_stand_in_the_reference(path: str) -> None:
    command: Any = typer.main.get_command(app)
    for name in path.split()[1:]:
        command = command.commands[name]
    section = sections(COMMANDS.read_text("utf-8"))[path]
    assert command.help in section
    rows = re.findall(r"^\| `(.+?)` \| (.+) \|$", section, re.MULTILINE)
    said = {word: text for cell, text in rows for word in re.findall(r"[\w-]+", cell)}
    for parameter in command.params:
        is_option = parameter.opts[0].startswith("-")
        for name in parameter.opts if is_option else [shown_name(parameter)]:
            assert len(said[name]) > 5, (path, name)


def keys_of(values: Mapping[str, Any], path: tuple[str, ...] = ()) -> set[str]:
    """Return the dotted path of each value, tables of tables included."""
    found = set()
    for name, value in values.items():
        if isinstance(value, Mapping) and name not in {"preset", "encoder", "space"}:
            found |= keys_of(value, (*path, name))
        else:
            found.add(".".join((*path, name)))
    return found


def test_every_key_stands_in_the_reference_with_what_it_means() -> None:
    expected = keys_of(Settings.model_validate({}).model_dump(mode="json"))
    expected -= {"source", "preset", "encoder"}
    expected |= {f"source.{name}" for name in SourceSettings.model_fields}
    expected |= {
        f"encoder.NAME.{name}" for name in ("repository", "revision", "sha256")
    }
    documented = {
        ".".join(key.path): key.meaning for table in tables() for key in table.keys
    }
    assert set(documented) == expected
    assert [path for path, meaning in documented.items() if len(meaning) < 4] == []
    page = sections(CONFIGURATION.read_text("utf-8"))
    for table in tables():
        heading = f"[{'.'.join(table.path)}]" if table.path else "Above all tables"
        for key in table.keys:
            assert f"\n| `{key.path[-1]}` | " in page[heading], key.path


def test_a_comment_of_the_configuration_reaches_its_key_and_no_other() -> None:
    found = stated(
        "# Of the table.\n[a.'b c']   # ignored\n"
        'x = "#1"  # first,\n          # and on\ny = 2\n\n'
        "# Above z.\n# z = [1, 2] # beside\n# [d]\n# e = 1\n"
    )
    assert found[("a", "b c")] == "Of the table."
    assert found[("a", "b c", "x")] == "first, and on"
    assert found[("a", "b c", "y")] == ""
    assert found[("a", "b c", "z")] == "Above z. beside"
    assert found[("d", "e")] == ""
