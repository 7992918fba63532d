"""commands.md: every command with its arguments and options, as `--help` tells them.

Typer's own `typer utils docs` cuts the summaries of its lists short, so these lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import typer

from rocktag.cli.app import app

PAGE = Path(__file__).with_name("commands.md")
Command: TypeAlias = Any  # of the click that Typer carries within itself
_HEAD = """\
<!-- Made from the command line itself by `make reference`; not to be edited. -->

# Commands

Each command tells the same with `--help`. The options of `rocktag` itself stand before
the command's name: `rocktag --models-dir elsewhere models list`. Every command that
reports prints one JSON object with `--json`. Exit codes: 0, 1 for a failure, 2 for
wrong usage or configuration.
"""


def commands() -> Iterator[typer.Context]:
    """Yield a context for `rocktag`, each command and each one below it, in order."""
    yield from _with_those_below(
        typer.Context(typer.main.get_command(app), info_name="rocktag")
    )


def commands_page() -> str:
    """Return the page (Markdown)."""
    return "\n".join([_HEAD, *map(_section, commands())]).rstrip() + "\n"


def _with_those_below(context: typer.Context) -> Iterator[typer.Context]:
    yield context
    for name, command in below(context.command).items():
        yield from _with_those_below(
            typer.Context(command, info_name=name, parent=context)
        )


def below(command: Command) -> dict[str, Command]:
    """Return the commands of a command that only groups others."""
    return dict(getattr(command, "commands", {}))


def _section(context: typer.Context) -> str:
    """Return a command's heading, purpose, usage, and the table of its parameters."""
    command: Command = context.command
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    lines = [
        f"## {context.command_path}\n",
        f"{command.help}\n",
        f"```text\n{usage}\n```\n",
        *_table("command", _those_below(context)),
        *_table("argument or option", _parameters(context)),
    ]
    return "\n".join(lines)


def _those_below(context: typer.Context) -> list[tuple[str, str]]:
    return [
        (f"[`{name}`](#{_anchor(context, name)})", command.help.partition("\n")[0])
        for name, command in below(context.command).items()
    ]


def _anchor(context: typer.Context, name: str) -> str:
    return f"{context.command_path} {name}".replace(" ", "-")


def _parameters(context: typer.Context) -> list[tuple[str, str]]:
    records = [
        parameter.get_help_record(context) for parameter in context.command.params
    ]
    return [(f"`{name}`", text) for name, text in filter(None, records)]


def _table(header: str, rows: list[tuple[str, str]]) -> list[str]:
    """Return a Markdown table of two columns, or nothing for no rows."""
    if not rows:
        return []
    lines = [(header, "does"), ("---", "---"), *rows]
    return [
        *(f"| {left} | {right} |" for left, right in map(_escaped, lines)),
        "",
    ]


def _escaped(row: tuple[str, str]) -> tuple[str, str]:
    """Keep what a cell holds from ending it, or from being taken for HTML.

    Within code not everybody reads an escaped bar as a bar.

    >>> _escaped(("`<raw|clean>`", "<a>|<b>"))
    ('`<raw/clean>`', '&lt;a>&#124;&lt;b>')
    """
    left, right = (" ".join(cell.split()) for cell in row)
    right = right.replace("<", "&lt;").replace("|", "&#124;")
    return left.replace("|", "/"), right
