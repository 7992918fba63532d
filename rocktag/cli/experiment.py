"""rocktag experiment: the study's tables, measured anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rocktag.artifact import check_writable
from rocktag.cli.console import output, print_json, print_table
from rocktag.cli.corpora import CorpusFile, read_corpus
from rocktag.cli.installed import check_installed
from rocktag.cli.options import Columns, CommonSeed, Json, Preset, parse_columns
from rocktag.cli.session import Session, session
from rocktag.cli.training_progress import shown_progress
from rocktag.cli.word_vectors import word_vectors_of
from rocktag.db import run_metrics
from rocktag.db.runs import RunRecord
from rocktag.errors import UsageError
from rocktag.files import written_whole
from rocktag.labeling import rules_of
from rocktag.recording import recorded_run

if TYPE_CHECKING:
    from rocktag.corpus import Corpus
    from rocktag.experiments import DimensionTable
    from rocktag.fitting import Progress, Vectors

app = typer.Typer(
    help="The study's tables, measured anew.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_FORMS: dict[str, Callable[[DimensionTable], str]] = {
    ".csv": lambda table: table.csv(),
    ".json": lambda table: table.json(),
    ".html": lambda table: table.html(),
}


@app.callback()
def experiments() -> None:
    """Hold the experiments; `study` is in its own module."""


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
    to: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="The table as .csv or .json, or its page as .html; by default all,"
            " below the models' folder in .experiments.",
        ),
    ] = None,
    column: Columns = None,
    json: Json = False,
) -> None:
    """Train the CNN-BiLSTM on each file's vectors; score it under the threshold 0.5."""
    if to is not None and to.suffix not in _FORMS:
        raise UsageError(f"{to} is none of {', '.join(_FORMS)}; give one of these")
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
                stored = _keep(here, table, to, record)
                _show(table, stored, record, json=json)


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


def _keep(
    here: Session, table: DimensionTable, to: Path | None, record: RunRecord
) -> Path:
    """Store a table as files and as metrics of the run."""
    stored = _store(here, table, to)
    with here.database.write() as connection:
        run_metrics.record_metrics(connection, record.run_id, table.metrics())
    return stored


def _show(
    table: DimensionTable, stored: Path, record: RunRecord, *, json: bool
) -> None:
    if json:
        stored_in = {"run_id": record.run_id, "path": str(stored)}
        print_json({**table.as_dict(), **stored_in})
    else:
        _print(table)
        output.print(f"stored in {stored}, and as run {record.run_id} in run_metric")


def _store(here: Session, table: DimensionTable, to: Path | None) -> Path:
    if to is None:
        from rocktag.experiments import store

        return store(table, here.settings.models_dir)
    with written_whole(to) as file:
        file.write(_FORMS[to.suffix](table))
    return to


def _print(table: DimensionTable) -> None:
    header = ["dimension", "micro F1", "precision", "recall", "macro F1", "precision"]
    print_table(
        f"{len(table.rows)} of {table.files} files: {table.test_headlines:,} untouched"
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
