"""rocktag demo: every stage, on invented headlines, in a folder of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from jobs import of_one_round
from rocktag.cli.console import note, output, print_json, print_table
from rocktag.cli.corpora import read_corpus
from rocktag.cli.options import Base, Json
from rocktag.cli.session import Session, session
from rocktag.cli.train import train_and_publish
from rocktag.cli.trained import Outcome, print_training
from rocktag.db import reading
from rocktag.db.reading import RunReport
from rocktag.errors import RocktagError, UsageError
from rocktag.ingest import store_rows
from rocktag.recording import recorded_run
from rocktag.runtime import Runtime
from rocktag.sampling import sample
from rocktag.text import counted
from rocktag.types import Headline

_LEARNED = 3_000  # headlines
_FURTHER = 200  # headlines
_SHOWN = 15  # rows of the tagged table
_SEED = 7
_DATABASE = "demo.db"
_MODELS = "models"


def demo(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the demo's files go.")
    ] = Path("demo"),
    base: Base = None,
    json: Json = False,
) -> None:
    """Show every stage on invented headlines: ingest, train, tag, audit.

    With --base it fine-tunes that encoder instead of growing trees.
    """
    here = _fresh_session(session(context), folder)
    if base:
        tuned = {"classifier": "transformer", "transformer": {"base": base}}
        here = here.with_options("train", tuned)
    headlines = sample(_LEARNED + _FURTHER, seed=_SEED)
    note(f"1. ingest {_LEARNED:,} invented headlines into {here.bare_database.name}")
    _ingest(here, islice(headlines, _LEARNED))
    note("2. label them by keyword rules, train a classifier on them, publish it")
    corpus = read_corpus(here, None, {})
    outcome = train_and_publish(
        here, here.settings, corpus, promote=False, why="rocktag demo"
    )
    note("3. tag them, as the worker does with a backlog")
    runtime = Runtime(here.settings, here.database)
    _work(runtime)
    note(f"4. ingest {_FURTHER} further headlines; one worker run tags them")
    _ingest(here, headlines)
    _work(runtime)
    with here.database.read() as connection:
        tagged = reading.newest_tagged(connection, _FURTHER)
        run = reading.last_run(connection, "tag")
    if run is None:
        raise RocktagError("the demo's worker left no run; see the log above")
    if json:
        print_json(_as_object(outcome, run, tagged))
    else:
        _print(here, outcome, run, tagged)


def _fresh_session(given: Session, folder: Path) -> Session:
    """Return a session on a new database and models' folder below `folder`.

    Raises:
        UsageError: The folder holds something that is not an earlier demo's, or cannot
            be written.
    """
    database, models = folder / _DATABASE, folder / _MODELS
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()) and not database.exists():
            raise UsageError(
                f"{folder} holds other things than a demo; give another with --folder"
            )
        shutil.rmtree(models, ignore_errors=True)
        for suffix in ("", "-wal", "-shm"):
            (folder / f"{_DATABASE}{suffix}").unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be used: {error.strerror}; give another with --folder"
        ) from error
    return Session(
        given.config_file,
        {
            **given.overrides,
            "database_url": f"sqlite:///{database}",
            "models_dir": str(models),
            "source": None,
            "hook": {"command": [], "url": None},
        },
        may_create=True,
    )


def _ingest(here: Session, headlines: Iterable[Headline]) -> None:
    with recorded_run(here.database, "ingest") as record:
        store_rows(
            here.database,
            headlines,
            origin="demo",
            batch_size=here.settings.ingest.batch_size,
            record=record,
        )


def _work(runtime: Runtime) -> None:
    from rocktag.worker import run_once

    for name, error in run_once(of_one_round(runtime.settings), runtime).items():
        if error:
            raise RocktagError(f"{name} failed: {error}")


def _as_object(
    outcome: Outcome, run: RunReport, tagged: list[tuple[str, str]]
) -> dict[str, object]:
    scores = outcome.trained.scores["micro"].averages()
    return {
        "version": outcome.manifest.name,
        "test": scores,
        "run": {"id": run.run_id, "metrics": run.metrics, "labels": run.labels},
        "tagged": [{"title": title, "labels": labels} for title, labels in tagged],
    }


def _print(
    here: Session, outcome: Outcome, run: RunReport, tagged: list[tuple[str, str]]
) -> None:
    print_training(outcome)
    print_table(
        f"{_SHOWN} of the {counted(len(tagged), 'further headline')}, from"
        " tagged_headline",
        ["title", "labels"],
        tagged[:_SHOWN],
    )
    print_table(
        f"Audit of run {run.run_id}, from the table run_metric",
        ["metric", "value"],
        run.metrics.items(),
    )
    print_table(
        "Labels it gave, from the table run_label_metric",
        ["label", "headlines"],
        run.labels.items(),
    )
    output.print(
        f"Look around: rocktag --database-url {here.database.name}"
        f" --models-dir {here.settings.models_dir} models list"
    )
