"""How a comparison is kept, and what people and machines are shown of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rocktag.cli.console import output, print_json, print_table
from rocktag.cli.session import Session
from rocktag.comparing import Comparison, Difference, Interval, Row, table
from rocktag.comparing.table import Untrained
from rocktag.db import run_metrics
from rocktag.db.runs import RunRecord
from rocktag.errors import UsageError
from rocktag.files import written_whole
from rocktag.report import PAGE_NAME, comparison_page

_AVERAGES = ("micro F1", "P", "R", "macro F1", "P", "R")
_MASKED = ("masked micro F1", "masked macro F1")
_GOLD = ("gold micro F1", "P", "R", "gold macro F1")
_DIFFERENCES = ("micro F1", "macro F1", "gold micro F1", "McNemar p")
_COSTS = ("training s", "MB", "headlines/s", "peak MB")


@dataclass(slots=True)
class Stored:
    """Where a comparison is kept.

    Attributes:
        name: Of the command, for a folder.
        to: The file asked for; None for a new folder below the models.
        record: The run it came of.
        path: Where it is, once it is kept.
    """

    name: str
    to: Path | None
    record: RunRecord
    path: Path | None = None


def check_ending(to: Path | None) -> None:
    """Refuse a file of another kind before the work.

    Raises:
        UsageError: It is none of those that can be written.
    """
    if to is not None and to.suffix not in _FORMS:
        raise UsageError(f"{to} is none of {', '.join(_FORMS)}; give one of these")


def keep(
    here: Session,
    comparison: Comparison,
    stored: Stored,
    untrained: Sequence[Untrained] = (),
) -> None:
    """Store a comparison as files and as metrics of its run, in place of an earlier.

    Args:
        here: Its models' folder and database.
        comparison: What is to be kept.
        stored: Where; its path is filled in.
        untrained: What is wanted in the table and not there.

    Raises:
        ArtifactError: The folder cannot be written.
        InputError: The file cannot be written.
    """
    before, to = stored.path, stored.to
    if to is None:
        files = {
            **table.files_of(comparison, untrained),
            PAGE_NAME: _page(comparison, untrained).encode(),
        }
        stored.path = table.store(stored.name, files, here.settings.models_dir)
        if before is not None:
            shutil.rmtree(before, ignore_errors=True)
    else:
        with written_whole(to) as file:
            file.write(_FORMS[to.suffix](comparison, untrained))
        stored.path = to
    with here.database.write() as connection:
        run_metrics.record_metrics(
            connection, stored.record.run_id, table.metrics(comparison)
        )


def _page(comparison: Comparison, untrained: Sequence[Untrained]) -> str:
    return comparison_page(comparison, untrained).decode()


_FORMS: dict[str, Callable[[Comparison, Sequence[Untrained]], str]] = {
    ".csv": table.to_csv,
    ".json": table.to_json,
    ".html": _page,
}


def show(
    comparison: Comparison,
    stored: Stored,
    *,
    json: bool,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Print a comparison that was kept.

    Args:
        comparison: What is to be shown.
        stored: Where it is kept.
        json: Whether as one object, for machines.
        more: Further fields of that object.
    """
    if json:
        where = {"run_id": stored.record.run_id, "path": str(stored.path)}
        print_json({**comparison.as_dict(), **(more or {}), **where})
        return
    print_comparison(comparison)
    output.print(
        f"stored in {stored.path}, and as run {stored.record.run_id} in run_metric"
    )


def print_comparison(comparison: Comparison) -> None:
    """Print the three parts of the table, for people."""
    print_table(
        f"{comparison.headlines:,} of {comparison.corpus['headlines']:,} headlines,"
        " fair for all versions, against the rules; thresholds"
        f" `{comparison.policy}`; 95 % intervals",
        ["version", "text", *_AVERAGES, "exact match", "hamming loss"],
        (_against_rules(row) for row in comparison.rows),
    )
    print_table(
        _beyond(comparison),
        ["version", *_MASKED, *(_GOLD if comparison.gold else ())],
        (_beyond_rules(row) for row in comparison.rows),
    )
    if comparison.gold is not None:
        _print_gold(comparison.gold)
    print_table(
        f"Against {comparison.reference}: difference of F1 with its p-value by paired"
        " bootstrap, McNemar's p-value of exact match; and what each version costs",
        ["version", *_DIFFERENCES, *_COSTS],
        (_costs(row) for row in comparison.rows),
    )


def _beyond(comparison: Comparison) -> str:
    said = "The same headlines, topics only, with their keywords masked"
    if comparison.gold is None:
        return said
    return (
        f"{said}; and the {comparison.gold['headlines']:,} of"
        f" {comparison.gold['file']} against people"
    )


def _print_gold(gold: Mapping[str, Any]) -> None:
    rules: Mapping[str, Interval] = gold["rules"]
    output.print(
        "the keyword rules themselves against people: micro F1"
        f" {_shown(rules['micro_f1'])}, macro F1 {_shown(rules['macro_f1'])}"
    )
    for count, versions in _by_count(gold["learned"]).items():
        is_each = len(versions) == len(gold["learned"])
        output.print(
            f"{'each version' if is_each else ', '.join(versions)} learned from, or was"
            f" tuned on, {count} of the headlines of {gold['file']}, labelled by the"
            " rules; they are scored all the same"
        )


def _by_count(learned: Mapping[str, int]) -> dict[int, list[str]]:
    """Return how many headlines were learned from, where any was, and by whom."""
    found: dict[int, list[str]] = {}
    for version, count in learned.items():
        if count:
            found.setdefault(count, []).append(version)
    return found


def _against_rules(row: Row) -> list[object]:
    scores = row.scores
    return [
        row.version,
        row.text_view,
        *_average(scores, "micro"),
        *_average(scores, "macro"),
        _shown(scores["subset_accuracy"]),
        f"{scores['hamming_loss'].value:.5f}",
    ]


def _beyond_rules(row: Row) -> list[object]:
    masked, gold = row.masked or {}, row.gold
    return [
        row.version,
        _shown(masked.get("micro_f1")),
        _shown(masked.get("macro_f1")),
        *((*_average(gold, "micro"), _shown(gold["macro_f1"])) if gold else ()),
    ]


def _costs(row: Row) -> list[object]:
    return [
        row.version,
        _difference(row.differences.get("micro_f1")),
        _difference(row.differences.get("macro_f1")),
        _difference(row.gold_differences.get("micro_f1")),
        None if row.mcnemar_p_value is None else _p_value(row.mcnemar_p_value),
        None if row.training_seconds is None else f"{row.training_seconds:.1f}",
        f"{row.artifact_bytes / 1e6:.1f}",
        None if row.headlines_per_second is None else round(row.headlines_per_second),
        None if row.peak_megabytes is None else round(row.peak_megabytes),
    ]


def _average(scores: Mapping[str, Interval], name: str) -> tuple[str | None, ...]:
    return (
        _shown(scores[f"{name}_f1"]),
        f"{scores[f'{name}_precision'].value:.3f}",
        f"{scores[f'{name}_recall'].value:.3f}",
    )


def _shown(found: Interval | None) -> str | None:
    if found is None:
        return None
    return f"{found.value:.4f} ({found.low:.3f} to {found.high:.3f})"


def _difference(found: Difference | None) -> str | None:
    if found is None:
        return None
    return f"{found.value:+.4f} (p {_p_value(found.p_value)})"


def _p_value(found: float) -> str:
    return "< 0.001" if found < 0.001 else f"{found:.3f}"
