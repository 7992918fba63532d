"""rocktag rules: what a scheme's rules say, of a headline, a file or all of them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from rocktag.cli.console import note, output, print_json, print_table
from rocktag.cli.corpora import CorpusFile, read_corpus
from rocktag.cli.functions import (
    against_people,
    functions_of,
    print_against_people,
    print_functions,
)
from rocktag.cli.options import (
    Columns,
    GoldFile,
    Json,
    Scheme,
    SourceName,
    parse_columns,
)
from rocktag.cli.people import people_if_any
from rocktag.cli.session import Session, session
from rocktag.db import run_metrics
from rocktag.db.run_metrics import LabelMetric
from rocktag.errors import UsageError
from rocktag.feeds import open_feed
from rocktag.files import written_whole
from rocktag.labeling import RuleReport, analyse, rules_of
from rocktag.recording import recorded_run
from rocktag.spreadsheet import row_writer
from rocktag.text import counted, refusal
from rocktag.types import Rejection

app = typer.Typer(
    help="The rules that label headlines for training.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_PAIRS_SHOWN = 20


@app.command()
def report(
    context: typer.Context,
    corpus: CorpusFile = None,
    scheme: Scheme = "keywords",
    gold: GoldFile = None,
    column: Columns = None,
    json: Json = False,
) -> None:
    """Print and store coverage, overlap and co-occurrence of every label.

    Of the topics also what each function does: on how much it votes, where others vote
    too and where they say the opposite; where people have read headlines (--gold, or
    annotations of the database), how right it is, and the scores of the rules.
    """
    here = session(context).creating(when=corpus is not None)
    here = here.with_options("evaluation", {"gold": gold})
    rules = rules_of(scheme)
    read = people_if_any(here)
    titles = read_corpus(here, corpus, parse_columns(column)).titles
    found = analyse(rules.label_matrix(titles), rules.labels)
    rows = functions_of(
        scheme, titles, None if read is None else read.human(rules.labels)
    )
    run_id = _store(here, found)
    people = None if read is None else against_people(rules, read)
    if json:
        of_functions = {"functions": [asdict(row) for row in rows]} if rows else {}
        of_people = {"gold": people} if people else {}
        print_json({"run": run_id, **_as_object(found), **of_functions, **of_people})
        return
    _print_report(found)
    print_functions(rows)
    if people:
        print_against_people(people)


@app.command()
def explain(
    headline: Annotated[str, typer.Argument(help="A headline, in quotes.")],
    scheme: Scheme = "keywords",
    json: Json = False,
) -> None:
    """Show which word gave which label, and which topics made it count.

    Of the topics scheme: which words, and which functions voted.
    """
    if fault := refusal(headline):
        raise UsageError(f"headline: {fault}")
    found = rules_of(scheme).explain(headline)
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
    fired = "topics completed" if scheme == "keywords" else "functions that voted"
    output.print(f"{fired}: {'; '.join(found.topics) or 'none'}")
    kind = "the stem " if scheme == "keywords" else ""
    for label, word in found.evidence.items():
        counts = "" if label in found.labels else " (no topic complete: does not count)"
        output.print(f"  {label} by {kind}{word!r}{counts}")


@app.command()
def label(
    file: Annotated[Path, typer.Argument(help="CSV or JSON Lines of headlines.")],
    target: Annotated[
        Path, typer.Option("-o", "--output", metavar="OUT.csv", help="What to write.")
    ],
    scheme: Scheme = "keywords",
    column: Columns = None,
    source: SourceName = None,
    json: Json = False,
) -> None:
    """Write title and labels, joined by `;`, for each headline of a file."""
    if target.resolve() == file.resolve():
        raise UsageError(f"{target} is what is read; give another file to write")
    rules = rules_of(scheme)
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
            f"{counted(labelled, 'headline')} labelled in {target},"
            f" {rejected:,} rejected"
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
        f"{counted(found.headlines, 'headline')}, {found.cardinality:.2f} labels a"
        " headline",
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
