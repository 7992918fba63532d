"""rocktag rules: what the keyword rules say, of a headline, a file or all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from rocktag.cli.console import note, output, print_json, print_table
from rocktag.cli.corpora import CorpusFile, read_corpus
from rocktag.cli.options import Columns, Json, SourceName, parse_columns
from rocktag.cli.session import Session, session
from rocktag.db import run_metrics
from rocktag.db.run_metrics import LabelMetric
from rocktag.errors import UsageError
from rocktag.feeds import open_feed
from rocktag.files import written_whole
from rocktag.labeling import RuleReport, analyse, keyword_rules
from rocktag.recording import recorded_run
from rocktag.spreadsheet import row_writer
from rocktag.text import refusal
from rocktag.types import Rejection

app = typer.Typer(
    help="The keyword rules that label headlines for training.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_PAIRS_SHOWN = 20


@app.command()
def report(
    context: typer.Context,
    corpus: CorpusFile = None,
    column: Columns = None,
    json: Json = False,
) -> None:
    """Print and store coverage, overlap and co-occurrence of every label."""
    here = session(context).creating(when=corpus is not None)
    titles = read_corpus(here, corpus, parse_columns(column)).titles
    rules = keyword_rules()
    found = analyse(rules.label_matrix(titles), rules.labels)
    run_id = _store(here, found)
    if json:
        print_json({"run": run_id, **_as_object(found)})
    else:
        _print_report(found)


@app.command()
def explain(
    headline: Annotated[str, typer.Argument(help="A headline, in quotes.")],
    json: Json = False,
) -> None:
    """Show which word gave which label, and which topics made it count."""
    if fault := refusal(headline):
        raise UsageError(f"headline: {fault}")
    found = keyword_rules().explain(headline)
    if json:
        print_json(
            {
                "headline": headline,
                "labels": sorted(found.labels),
                "words": list(found.words),
                "evidence": dict(found.evidence),
                "topics": list(found.topics),
            }
        )
        return
    output.print(f"labels:  {'; '.join(sorted(found.labels))}")
    output.print(f"read as: {' '.join(found.words)}")
    output.print(f"topics completed: {'; '.join(found.topics) or 'none'}")
    for label, word in found.evidence.items():
        counts = "" if label in found.labels else " (no topic complete: does not count)"
        output.print(f"  {label} by the stem {word!r}{counts}")


@app.command()
def label(
    file: Annotated[Path, typer.Argument(help="CSV or JSON Lines of headlines.")],
    target: Annotated[
        Path, typer.Option("-o", "--output", metavar="OUT.csv", help="What to write.")
    ],
    column: Columns = None,
    source: SourceName = None,
    json: Json = False,
) -> None:
    """Write title and labels, joined by `;`, for each headline of a file."""
    if target.resolve() == file.resolve():
        raise UsageError(f"{target} is what is read; give another file to write")
    rules = keyword_rules()
    labelled = rejected = 0
    with (
        open_feed(file, columns=parse_columns(column), source=source) as feed,
        written_whole(target) as out,
    ):
        write = row_writer(out)
        write(["title", "labels"])
        for row in feed:
            if isinstance(row, Rejection):
                rejected += 1
                note(f"{row.origin}, line {row.line}: {row.reason}")
                continue
            labelled += 1
            write([row.title, ";".join(sorted(rules.label(row.title)))])
    if json:
        print_json({"file": str(target), "labelled": labelled, "rejected": rejected})
    else:
        output.print(
            f"{labelled:,} headlines labelled in {target}, {rejected:,} rejected"
        )


def _store(here: Session, found: RuleReport) -> int:
    """Keep the report as a run of its own; return the run's key."""
    with recorded_run(here.database, "rules") as record:
        record.taken = record.done = found.headlines
        with here.database.write() as connection:
            run_metrics.record_metrics(
                connection,
                record.run_id,
                {
                    "label_cardinality": found.cardinality,
                    "label_density": found.density,
                },
            )
            run_metrics.record_label_metrics(connection, record.run_id, _metrics(found))
            run_metrics.record_label_pairs(connection, record.run_id, _pairs(found))
    return record.run_id


def _metrics(found: RuleReport) -> list[LabelMetric]:
    return [
        LabelMetric(
            label=name,
            headlines=found.headlines,
            assigned=int(count),
            overlap=float(overlap / count) if count else None,
        )
        for name, count, overlap in zip(
            found.labels, found.counts, found.overlaps, strict=True
        )
    ]


def _pairs(found: RuleReport) -> dict[tuple[str, str], int]:
    """Return the label pairs that occur, the most frequent first."""
    pairs = {
        (first, second): int(found.co_occurrence[row, column])
        for row, first in enumerate(found.labels)
        for column, second in enumerate(found.labels)
        if row < column and found.co_occurrence[row, column]
    }
    return dict(sorted(pairs.items(), key=lambda item: (-item[1], item[0])))


def _as_object(found: RuleReport) -> dict[str, Any]:
    return {
        "headlines": found.headlines,
        "label_cardinality": found.cardinality,
        "label_density": found.density,
        "label_set_sizes": found.label_set_sizes.tolist(),
        "labels": {
            metric.label: {
                "headlines": metric.assigned,
                "coverage": metric.rate,
                "overlap": metric.overlap,
            }
            for metric in _metrics(found)
        },
        "pairs": [
            {"labels": list(pair), "headlines": count}
            for pair, count in _pairs(found).items()
        ],
    }


def _print_report(found: RuleReport) -> None:
    rows = sorted(_metrics(found), key=lambda metric: -metric.assigned)
    print_table(
        f"{found.headlines:,} headlines, {found.cardinality:.2f} labels a headline",
        ["label", "headlines", "coverage", "with another label"],
        ([row.label, row.assigned, row.rate, row.overlap] for row in rows),
    )
    print_table(
        "Topics a headline",
        ["topics", "headlines"],
        enumerate(found.label_set_sizes.tolist()),
    )
    print_table(
        f"The {_PAIRS_SHOWN} most frequent pairs",
        ["label", "other label", "headlines"],
        [(*pair, count) for pair, count in _pairs(found).items()][:_PAIRS_SHOWN],
    )
