"""rocktag models promote, withdraw, rollback: who tags, and who tags in the shadow."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from rocktag import lifecycle
from rocktag.cli.console import output, print_json
from rocktag.cli.corpora import CorpusFile, read_corpus
from rocktag.cli.gate import end_if_refused, gate_of, print_verdict
from rocktag.cli.models.listing import resolve
from rocktag.cli.options import Columns, Json, parse_columns, parse_since
from rocktag.cli.registering import user
from rocktag.cli.session import Session, session
from rocktag.errors import UsageError
from rocktag.text import counted

Why: TypeAlias = Annotated[
    str | None, typer.Option(metavar="TEXT", help="For the history.")
]


def promote(
    context: typer.Context,
    version: Annotated[
        str, typer.Argument(help="<classifier>/<version> or challenger.")
    ],
    alias: Annotated[
        Literal["champion", "challenger"],
        typer.Option("--as", help="What tags, or what tags in the shadow."),
    ] = "champion",
    why: Why = None,
    force: Annotated[
        bool, typer.Option("--force", help="Past the gate; --why must say why.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", help="A challenger also tags the headlines since then."
        ),
    ] = None,
    corpus: CorpusFile = None,
    column: Columns = None,
    json: Json = False,
) -> None:
    """Make a model champion, if the gate lets it pass; or make it challenger."""
    if force and not (why or "").strip():
        raise UsageError(
            "--force is kept in the history: give a reason with --why TEXT"
        )
    here = session(context)
    if alias == "challenger":
        _challenge(here, version, why, parse_since(since), json=json)
        return
    if since is not None:
        raise UsageError(
            "--since is for a challenger; a champion tags old headlines again by:"
            " rocktag retag --since"
        )
    _promote(here, version, why, corpus, column, force=force, json=json)


def _promote(
    here: Session,
    version: str,
    why: str | None,
    file: Path | None,
    column: list[str] | None,
    *,
    force: bool,
    json: bool,
) -> None:
    name, _ = resolve(here, version)
    titles = None if file is None else read_corpus(here, file, parse_columns(column))
    done = lifecycle.promote(
        here.database,
        here.settings,
        name,
        by=user(),
        why=why or "rocktag models promote",
        corpus=titles,
        force=force,
    )
    if json:
        print_json({"version": name, "champion": done.is_done, "gate": gate_of(done)})
    else:
        print_verdict(done.verdict)
        if done.is_done:
            output.print(f"{name} is the champion")
    end_if_refused(done)


def _challenge(
    here: Session,
    version: str,
    why: str | None,
    since: datetime | None,
    *,
    json: bool,
) -> None:
    name, _ = resolve(here, version)
    count = lifecycle.challenge(
        here.database,
        here.settings,
        name,
        by=user(),
        why=why or "rocktag models promote --as challenger",
        since=since,
    )
    if json:
        print_json({"version": name, "challenger": True, "old_headlines": count})
        return
    more = f", and {counted(count, 'old one')}" if since is not None else ""
    output.print(f"{name} is the challenger: it tags what comes in{more}, unseen")


def withdraw(context: typer.Context, why: Why = None, json: Json = False) -> None:
    """Let the challenger tag no more."""
    here = session(context)
    name = lifecycle.withdraw(
        here.database, by=user(), why=why or "rocktag models withdraw"
    )
    if json:
        print_json({"version": name, "challenger": False})
    else:
        output.print(f"{name} is no longer the challenger; what it tagged stays")


def rollback(context: typer.Context, why: Why = None, json: Json = False) -> None:
    """Make the champion before champion again; once more goes back one more."""
    here = session(context)
    name, before = lifecycle.roll_back(
        here.database, here.settings, by=user(), why=why or "rocktag models rollback"
    )
    if json:
        print_json({"version": name, "champion": True, "before": before})
        return
    output.print(
        f"{name} is the champion again, in place of {before}. What {before} has tagged"
        " meanwhile stays as it is; rocktag retag --since DATE tags it again"
    )
