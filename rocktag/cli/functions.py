"""Tables of `rocktag rules report`: labelling functions, and rules against people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rocktag.cli.console import print_table
from rocktag.comparing import Gold
from rocktag.comparing.counts import label_scores, scores_of
from rocktag.labeling import Rules, topic_rules
from rocktag.labeling.function_report import FunctionRow, function_rows
from rocktag.text import counted
from rocktag.types import HumanLabels, SchemeName


def functions_of(
    scheme: SchemeName, titles: Sequence[str], people: HumanLabels | None
) -> list[FunctionRow]:
    """Return a row for each function of a scheme that has any.

    Args:
        scheme: Which one.
        titles: Headlines, for coverage, overlap and conflict.
        people: What people say of headlines, for precision and recall, in the order of
            the scheme's labels.
    """
    if scheme == "keywords":
        return []
    return function_rows(topic_rules(), titles, people)


def print_functions(rows: Sequence[FunctionRow]) -> None:
    """Print a row for each function."""
    if not rows:
        return
    print_table(
        f"{counted(len(rows), 'labelling function')}; overlap and conflict are with"
        " functions of the same label, precision and recall against people",
        [
            *("label", "function", "vote", "coverage", "overlap", "conflict"),
            *("precision", "recall", "of votes"),
        ],
        (
            [
                *(row.label, row.name, row.vote),
                *(row.coverage, row.overlap, row.conflict),
                *(row.precision, row.recall, row.support),
            ]
            for row in rows
        ),
    )


def against_people(rules: Rules, gold: Gold) -> dict[str, Any]:
    """Return the scores of rules on headlines that people labelled."""
    counts = gold.count(rules.label_matrix(gold.titles), rules.labels)
    return {
        "file": gold.file,
        "headlines": len(gold.titles),
        **scores_of(counts),
        "per_label": [asdict(row) for row in label_scores(counts, gold.labels)],
    }


def print_against_people(found: dict[str, Any]) -> None:
    """Print a row for each label that people or rules gave, and the averages."""
    names = ("precision", "recall", "f1")
    averages = [
        [average, *(found[f"{average}_{name}"] for name in names), None]
        for average in ("micro", "macro")
    ]
    print_table(
        f"against people: {counted(found['headlines'], 'headline')} of {found['file']}",
        ["label", "precision", "recall", "F1", "headlines"],
        [
            *(
                [row["label"], *(row[name] for name in names), row["support"]]
                for row in found["per_label"]
            ),
            *averages,
        ],
    )
