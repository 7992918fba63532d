"""The page of a comparison: which model is better, on what, and how surely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rocktag.comparing import Comparison, Row
from rocktag.comparing.table import Untrained
from rocktag.report import compared_sections
from rocktag.report.compared_sections import YARDSTICKS, interval, names_of
from rocktag.report.forest import speed_drawing
from rocktag.report.page import Cell, Facts, Part, Section, Table, Tiles, render
from rocktag.text import counted, noun

_SCORES = {
    "micro_f1": "micro F1",
    "micro_precision": "precision",
    "micro_recall": "recall",
    "macro_f1": "macro F1",
    "macro_precision": "precision",
    "macro_recall": "recall",
    "subset_accuracy": "exact match",
    "hamming_loss": "hamming loss",
}
_MEGABYTE = 1_000_000


def comparison_page(
    comparison: Comparison, untrained: Sequence[Untrained] = ()
) -> bytes:
    """Return the page; the same comparison gives the same bytes.

    Args:
        comparison: What is to be shown.
        untrained: What is wanted in it and not there.
    """
    return render(
        f"{counted(len(comparison.rows), 'model')} on"
        f" {counted(comparison.headlines, 'headline')}",
        "No model learned from any of the headlines scored here. Ranges are 95 %"
        " bootstrap intervals: other headlines of the same kind would likely give a"
        " score within them.",
        [
            Section("summary", "Summary", _summary(comparison, untrained)),
            Section("scores", "Scores", _scores(comparison)),
            Section(
                "yardsticks",
                "Three yardsticks",
                compared_sections.yardsticks(comparison),
            ),
            Section(
                "differences", "Differences", compared_sections.differences(comparison)
            ),
            Section("cost", "Cost", _cost(comparison)),
            Section("per-label", "Label by label", _per_label(comparison)),
        ],
    )


def _summary(comparison: Comparison, untrained: Sequence[Untrained]) -> list[Part]:
    corpus, gold = comparison.corpus, comparison.gold
    models, scored = len(comparison.rows), comparison.headlines
    reference = comparison.reference or "none"
    facts: list[tuple[str, Cell]] = [
        ("reference", reference),
        ("thresholds", comparison.policy),
        ("headlines from", corpus["origin"]),
        ("headlines in all", corpus["headlines"]),
        ("SHA-256 of the headlines", corpus["sha256"]),
    ]
    if gold is not None:
        facts += [
            ("human labels from", gold["file"]),
            ("headlines with them", gold["headlines"]),
            ("SHA-256 of that file", gold["sha256"]),
        ]
    return [
        Tiles(
            [
                (models, noun(models, "model")),
                (scored, noun(scored, "headline scored", "headlines scored")),
                (len(comparison.labels), noun(len(comparison.labels), "label")),
            ]
        ),
        Facts(facts),
        Table(
            "The models, by the numbers they have in the figures",
            ["number", "model", "text", "version"],
            [
                [str(number), row.classifier, row.text_view, row.version]
                for number, row in enumerate(comparison.rows, start=1)
            ],
            is_wide=True,
        ),
        *_missing(untrained),
    ]


def _missing(untrained: Sequence[Untrained]) -> list[Part]:
    """Return what was not trained, and why."""
    rows = [[one.classifier, one.text_view, one.remark] for one in untrained]
    return [Table("Not trained", ["model", "text", "why"], rows)] if rows else []


def _scores(comparison: Comparison) -> list[Part]:
    names = names_of(comparison)
    return [
        Table(
            "Scores against the rules",
            ["model", *_SCORES.values()],
            [
                [name, *(interval(row.scores.get(score), score) for score in _SCORES)]
                for name, row in zip(names, comparison.rows, strict=True)
            ],
            is_wide=True,
        )
    ]


def _cost(comparison: Comparison) -> list[Part]:
    names = names_of(comparison)
    return [
        *(
            speed_drawing(
                f"speed_{yardstick}",
                f"Micro F1 {YARDSTICKS[yardstick]}, by speed",
                points,
                axis="micro F1",
            )
            for yardstick in ("scores", "gold")
            if (points := _points(comparison.rows, yardstick))
        ),
        Table(
            "What each model costs",
            [
                "model",
                "training, s",
                "artifact, MB",
                "headlines per second",
                "peak memory, MB",
            ],
            [
                [
                    name,
                    _decimal(row.training_seconds, 1),
                    _decimal(row.artifact_bytes / _MEGABYTE, 2),
                    _decimal(row.headlines_per_second, 0),
                    _decimal(row.peak_megabytes, 0),
                ]
                for name, row in zip(names, comparison.rows, strict=True)
            ],
        ),
    ]


def _points(rows: Sequence[Row], yardstick: str) -> list[tuple[str, float, float]]:
    return [
        (str(number), row.headlines_per_second, found["micro_f1"].value)
        for number, row in enumerate(rows, start=1)
        if row.headlines_per_second and (found := getattr(row, yardstick))
    ]


def _per_label(comparison: Comparison) -> list[Part]:
    versions = [row.version for row in comparison.rows]
    by_version: Mapping[str, Mapping[str, Any]] = {
        version: {one.label: one for one in comparison.per_label[version]}
        for version in versions
    }
    return [
        Table(
            "F1 of each label against the rules, with its support",
            ["label", "support", *names_of(comparison)],
            [
                [
                    label,
                    by_version[versions[0]][label].support,
                    *(by_version[version][label].f1 for version in versions),
                ]
                for label in comparison.labels
            ],
            is_shaded=True,
            is_wide=True,
        )
    ]


def _decimal(found: float | None, decimals: int) -> Cell:
    return None if found is None else f"{found:,.{decimals}f}"
