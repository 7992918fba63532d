"""rocktag experiment: the study's tables, measured anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rocktag.artifact import check_writable
from rocktag.cli.console import print_json, print_table
from rocktag.cli.corpora import CorpusFile, read_corpus
from rocktag.cli.installed import check_installed
from rocktag.cli.kept import Stored, check_ending, keep
from rocktag.cli.options import (
    Columns,
    CommonSeed,
    Json,
    Preset,
    TableFile,
    parse_columns,
)
from rocktag.cli.session import Session, session
from rocktag.cli.training_progress import shown_progress
from rocktag.cli.word_vectors import word_vectors_of
from rocktag.labeling import rules_of
from rocktag.recording import recorded_run
from rocktag.text import counted

if TYPE_CHECKING:
    from rocktag.corpus import Corpus
    from rocktag.experiments import DimensionTable
    from rocktag.fitting import Progress, Vectors

app = typer.Typer(
    help="The study's tables, measured anew.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def experiments() -> None:
    """Hold the experiments; `study` and `human` are in their own modules."""


@app.command("glove-dimensions")
def glove_dimensions(
    context: typer.Context,
    glove: Annotated[
        list[str], typer.Option("--glove", metavar="FILE", help="Word vectors.")
    ],
    more: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE]...", help="More of them, one a row."),
    ] = None,
    corpus: CorpusFile = None,
    seed: CommonSeed = None,
    preset: Preset = None,
    to: TableFile = None,
    column: Columns = None,
    json: Json = False,
) -> None:
    """Train the CNN-BiLSTM on each file's vectors; score it under the threshold 0.5."""
    check_ending(to)
    check_installed()
    given = {"classifier": "cnn-bilstm", "seed": seed, "preset": preset, "folds": 1}
    here = session(context).creating(when=corpus is not None)
    here = here.with_options("train", given)
    files = [Path(file) for file in [*glove, *(more or [])]]
    vectors = [word_vectors_of(file, here.settings.train) for file in files]
    check_writable(here.settings.models_dir)
    titles = read_corpus(here, corpus, parse_columns(column))
    with recorded_run(here.database, "experiment") as record:
        table: DimensionTable | None = None
        try:
            for grown in _measure(here, titles, vectors):
                table = grown
        finally:  # after a failure what was measured by then
            if table is not None:
                stored = Stored("glove-dimensions", to, record)
                _keep(here, table, stored)
                _show(table, stored, json=json)


def _measure(
    here: Session, corpus: Corpus, files: Sequence[Vectors]
) -> Iterator[DimensionTable]:
    from rocktag import experiments

    with ExitStack() as last:

        def progress(number: int) -> Progress:
            last.close()
            said = f"file {number + 1} of {len(files)}: "
            return last.enter_context(shown_progress(said))

        yield from experiments.glove_dimensions(
            corpus, rules_of(here.settings.train.labels), here.settings, files, progress
        )


def _keep(here: Session, table: DimensionTable, stored: Stored) -> None:
    """Store a table as files and as metrics of the run."""
    forms = {".csv": table.csv, ".json": table.json, ".html": table.html}
    keep(here, forms, table.metrics(), stored)


def _show(table: DimensionTable, stored: Stored, *, json: bool) -> None:
    if json:
        print_json({**table.as_dict(), **stored.as_object()})
    else:
        _print(table)
        stored.tell()


def _print(table: DimensionTable) -> None:
    header = ["dimension", "micro F1", "precision", "recall", "macro F1", "precision"]
    print_table(
        f"{len(table.rows)} of {counted(table.files, 'file')}:"
        f" {table.test_headlines:,} untouched"
        " test headlines, every threshold 0.5",
        [*header, "recall", "vocabulary", "words", "epochs", "file"],
        (
            [
                str(row.dimension),
                row.micro_f1,
                row.micro_precision,
                row.micro_recall,
                row.macro_f1,
                row.macro_precision,
                row.macro_recall,
                f"{row.vocabulary_coverage:.1%}",
                f"{row.token_coverage:.1%}",
                row.epochs,
                row.origin,
            ]
            for row in table.rows
        ),
    )
