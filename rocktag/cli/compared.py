"""How a comparison is kept, and what people and machines are shown of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rocktag.cli.console import output, print_json, print_table
from rocktag.cli.intervals import difference_text, interval_text, p_value_text
from rocktag.cli.kept import Stored, keep
from rocktag.cli.session import Session
from rocktag.comparing import Comparison, Interval, Row, table
from rocktag.comparing.table import Untrained
from rocktag.report import comparison_page
from rocktag.text import counted

_AVERAGES = ("micro F1", "P", "R", "macro F1", "P", "R")
_MASKED = ("masked micro F1", "masked macro F1")
_GOLD = ("gold micro F1", "P", "R", "gold macro F1")
_DIFFERENCES = ("micro F1", "macro F1", "gold micro F1", "McNemar p")
_COSTS = ("training s", "MB", "headlines/s", "peak MB")


def keep_comparison(
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
    forms = {
        ".csv": lambda: table.to_csv(comparison, untrained),
        ".json": lambda: table.to_json(comparison, untrained),
        ".html": lambda: comparison_page(comparison, untrained).decode(),
    }
    keep(here, forms, table.metrics(comparison), stored)


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
        kept = stored.as_object()
        print_json({**comparison.as_dict(), **(more or {}), **kept})
        return
    print_comparison(comparison)
    stored.tell()


def print_comparison(comparison: Comparison) -> None:
    """Print the three parts of the table, for people."""
    print_table(
        f"{comparison.headlines:,} of"
        f" {counted(comparison.corpus['headlines'], 'headline')},"
        " fair for all versions, against the rules; thresholds"
        f" `{comparison.policy}`; 95 % intervals",
        ["version", "text", *_AVERAGES, "exact match", "hamming loss"],
        (_against_rules(row) for row in comparison.rows),
    )
    beyond = ["version", *_MASKED, *(_GOLD if comparison.gold else ())]
    print_table(
        _beyond(comparison),
        beyond,
        (_beyond_rules(row)[: len(beyond)] for row in comparison.rows),
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
    if gold["unscored"]:
        output.print(gold["unscored"])
    if not gold["headlines"]:
        return
    rules: Mapping[str, Interval] = gold["rules"]
    micro, macro = (interval_text(rules[name]) for name in ("micro_f1", "macro_f1"))
    output.print(
        f"the rules themselves against people: micro F1 {micro}, macro F1 {macro}"
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
        interval_text(scores["subset_accuracy"]),
        f"{scores['hamming_loss'].value:.5f}",
    ]


def _beyond_rules(row: Row) -> list[object]:
    masked, gold = row.masked or {}, row.gold or {}
    return [
        row.version,
        interval_text(masked.get("micro_f1")),
        interval_text(masked.get("macro_f1")),
        *(_average(gold, "micro") if gold else (None,) * 3),
        interval_text(gold.get("macro_f1")),
    ]


def _costs(row: Row) -> list[object]:
    return [
        row.version,
        difference_text(row.differences.get("micro_f1")),
        difference_text(row.differences.get("macro_f1")),
        difference_text(row.gold_differences.get("micro_f1")),
        None if row.mcnemar_p_value is None else p_value_text(row.mcnemar_p_value),
        None if row.training_seconds is None else f"{row.training_seconds:.1f}",
        f"{row.artifact_bytes / 1e6:.1f}",
        None if row.headlines_per_second is None else round(row.headlines_per_second),
        None if row.peak_megabytes is None else round(row.peak_megabytes),
    ]


def _average(scores: Mapping[str, Interval], name: str) -> tuple[str | None, ...]:
    return (
        interval_text(scores[f"{name}_f1"]),
        f"{scores[f'{name}_precision'].value:.3f}",
        f"{scores[f'{name}_recall'].value:.3f}",
    )
