"""What people, machines and spreadsheets are told of suspects and their rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rocktag.cli.console import output, print_table
from rocktag.files import written_whole
from rocktag.spreadsheet import row_writer
from rocktag.text import counted

if TYPE_CHECKING:
    from rocktag.suspecting import Harvest, Judged, Suspect, Trial

_SHOWN = 20  # suspects in a table
_SUSPECT = ("title", "label", "given", "score", "probability", "functions")
_HARVEST = (
    *("label", "function", "vote", "votes", "doubted", "share"),
    *("lift", "hidden_lift", "precision", "support"),
)


def write_suspects(target: Path, listed: Sequence[Suspect]) -> None:
    """Write suspects as CSV, functions joined by `;`.

    Raises:
        InputError: The file cannot be written.
    """
    rows = ([*map(_cell, _values(suspect))] for suspect in listed)
    _write(target, _SUSPECT, rows)


def write_harvest(target: Path, rows: Sequence[Harvest]) -> None:
    """Write a row for each rule as CSV.

    Raises:
        InputError: The file cannot be written.
    """
    cells = ([_cell(getattr(row, name)) for name in _HARVEST] for row in rows)
    _write(target, _HARVEST, cells)


def print_suspects(scheme: str, judged: Judged, listed: Sequence[Suspect]) -> None:
    """Print the worst suspects."""
    headlines = counted(len(judged.titles), "headline")
    if not listed:
        output.print(f"nothing is suspect: {headlines}, labels by {scheme}")
        return
    shown = listed[:_SHOWN]
    print_table(
        f"the {len(shown)} most suspect labels of {headlines}, given or withheld by"
        f" {scheme}; score: how credible, 0 to 1",
        _SUSPECT,
        map(_values, shown),
    )


def print_trial(tried: Trial) -> None:
    """Print how good suspects are, on what people read."""
    print_table(
        f"suspects against people: {counted(tried.headlines, 'headline')}",
        ["what", "value"],
        [
            ["labels that people gave or withheld", tried.labels],
            ["of them errors of the rules", tried.errors],
            ["share of errors, by chance", tried.errors / max(tried.labels, 1)],
            ["average precision", tried.average_precision],
            ["precision of the first 50", tried.precision_at_50],
            ["AUC", tried.auc],
        ],
    )


def print_harvest(scheme: str, judged: Judged, rows: Sequence[Harvest]) -> None:
    """Print a row for each rule, the most suspect of each label together."""
    print_table(
        f"{counted(len(rows), 'rule')} of {scheme} on"
        f" {counted(len(judged.titles), 'headline')}, the most"
        " suspect first; lift: doubted so many times as often as the label is",
        [
            *("function", "vote", "votes", "doubted", "share"),
            *("lift", "lift, words hidden", "precision", "of votes"),
        ],
        (
            [
                *(row.function, row.vote, row.votes, row.doubted, row.share),
                *(row.lift, row.hidden_lift, row.precision, row.support),
            ]
            for row in rows
        ),
    )


def suspects_object(
    scheme: str, judged: Judged, listed: Sequence[Suspect], tried: Trial | None
) -> dict[str, Any]:
    """Return suspects, for machines."""
    against = {} if tried is None else {"against_people": asdict(tried)}
    return {
        **_head(scheme, judged),
        "suspects": [asdict(suspect) for suspect in listed],
        **against,
    }


def harvest_object(
    scheme: str, judged: Judged, rows: Sequence[Harvest]
) -> dict[str, Any]:
    """Return a row for each rule, for machines."""
    return {**_head(scheme, judged), "functions": [asdict(row) for row in rows]}


def _head(scheme: str, judged: Judged) -> dict[str, Any]:
    return {
        "labels": scheme,
        "headlines": len(judged.titles),
        "unknown_headlines": judged.unknown,
    }


def _values(suspect: Suspect) -> list[object]:
    return [
        *(suspect.title, suspect.label, suspect.given),
        *(suspect.score, suspect.probability, ";".join(suspect.functions)),
    ]


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6f}" if isinstance(value, float) else str(value)


def _write(target: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with written_whole(target) as out:
        write = row_writer(out)
        write(header)
        for row in rows:
            write(row)
