"""What the page of a training tells of the headlines and of the epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from rocktag.report import labels, learning
from rocktag.report.page import Cell, Facts, Part, Table
from rocktag.report.told import Told, listed
from rocktag.text import counted
from rocktag.types import NO_TOPIC

_MOST_PAIRS = 20


def data(told: Told) -> list[Part]:
    """Return what was learned from, and how it was split."""
    facts = told.facts
    corpus = facts["corpus"]
    return [
        Facts(
            [
                ("headlines", corpus["headlines"]),
                ("from", corpus["origin"]),
                ("SHA-256 of the headlines", corpus["sha256"]),
                ("SHA-256 of the rules", facts["rules_sha256"]),
                ("training headlines", corpus["training"]),
                ("validation headlines", corpus["validation"]),
                ("test headlines", corpus["test"]),
                ("folds", len(told.verdict.folds) or "none: one split"),
                ("seed", facts["seed"]),
                ("labels by the rules", listed(told.rule_labels)),
                ("packages", _packages(facts["packages"])),
            ]
        ),
        "Headlines with the same words stand on one side of the split; labels are"
        " dealt to the sides in proportion (iterative stratification).",
    ]


def _packages(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))


def frequencies(told: Told) -> list[Part]:
    """Return how frequent labels are, alone and together."""
    findings, names = told.findings, told.labels
    totals = [row[column] for column, row in enumerate(findings.together)]
    headlines = told.facts["corpus"]["headlines"]
    sides = {name: counts for name, counts in findings.sides.items() if any(counts)}
    rows: list[list[Cell]] = [
        [label, total, f"{total / headlines:.2%}"]
        for label, total in zip(names, totals, strict=True)
    ]
    for column, row in enumerate(rows):
        row += [counts[column] for counts in sides.values()]
    without = dict(zip(names, totals, strict=True)).get(NO_TOPIC, 0)
    return [
        f"{without:,} of {counted(headlines, 'headline')} have no topic, and with it"
        f" the label {NO_TOPIC}; the figures leave it out.",
        labels.frequency_drawing(names, np.array(findings.frequencies)),
        Table(
            "Headlines with each label, in all and on each side",
            ["label", "headlines", "share", *sides],
            rows,
        ),
        *_together(names, findings.together),
    ]


def _together(names: Sequence[str], together: Sequence[Sequence[int]]) -> list[Part]:
    """Return which labels are most often together."""
    found = [
        (together[row][column], names[row], names[column])
        for row, column in combinations(range(len(names)), 2)
        if together[row][column]
    ]
    if not found:
        return ["No headline has two topics."]
    found.sort(key=lambda pair: (-pair[0], *pair[1:]))
    return [
        labels.together_drawing(names, np.array(together)),
        Table(
            f"The most frequent of {counted(len(found), 'pair')} of labels",
            ["label", "with", "headlines"],
            [[first, second, count] for count, first, second in found[:_MOST_PAIRS]],
        ),
    ]


def epochs(told: Told) -> list[Part]:
    """Return the epochs, of a classifier that learns in such."""
    if not told.history:
        return []
    columns = ("loss", "micro_f1", "macro_f1")
    names = [
        f"{side}_{name}" for name in columns for side in ("training", "validation")
    ]
    return [
        *learning.history_drawings(told.history),
        Table(
            "Training and validation by epoch; scores at the threshold 0.5",
            [
                "epoch",
                *(name.replace("_", " ").replace(" f1", " F1") for name in names),
            ],
            [
                [f"{row['epoch']:.0f}", *(row[name] for name in names)]
                for row in told.history
            ],
        ),
        *learning.fold_drawings(told.folds),
    ]
