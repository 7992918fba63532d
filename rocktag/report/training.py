"""The page of a training: what was learned, how well, and where it errs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rocktag.report import corpus_sections, score_sections
from rocktag.report.findings import FINDINGS_NAME
from rocktag.report.page import (
    PAGE_NAME,
    Card,
    Part,
    Section,
    Table,
    Tiles,
    form_of,
    ranged,
    render,
)
from rocktag.report.told import Told

_SCORES = {
    "micro_f1": "micro F1",
    "micro_precision": "micro precision",
    "micro_recall": "micro recall",
    "macro_f1": "macro F1",
    "weighted_f1": "weighted F1",
    "subset_accuracy": "exact match",
    "hamming_loss": "hamming loss",
}
_MEASURED = ("micro_f1", "micro_precision", "micro_recall", "macro_f1")
_OTHERS = {"masked": "keywords masked", "gold": "human labels"}


def training_files(told: Told) -> dict[str, bytes]:
    """Return the files that a training's page is in, and can be written anew from."""
    return {
        FINDINGS_NAME: told.findings.to_json(),
        PAGE_NAME: training_page(told),
    }


def training_page(told: Told) -> bytes:
    """Return the page; the same training gives the same bytes."""
    return render(
        f"{told.classifier} on {told.facts['text_view']} text",
        "What a model learned from headlines that rules labelled, and how well"
        f" it finds those labels again on {told.scored}. How well a reader would agree"
        " with it is another question.",
        [
            Section("summary", "Summary", _summary(told)),
            Section("data", "Data and split", corpus_sections.data(told)),
            Section("labels", "Labels", corpus_sections.frequencies(told)),
            Section("learning", "Learning", corpus_sections.epochs(told)),
            Section("thresholds", "Thresholds", score_sections.thresholds(told)),
            Section("per-label", "Label by label", score_sections.per_label(told)),
            Section("calibration", "Calibration", score_sections.reliability(told)),
            Section("errors", "Worst errors", score_sections.errors(told)),
            Section("card", "Model card", [Card(told.card)]),
        ],
    )


def _summary(told: Told) -> list[Part]:
    micro = told.verdict.test["micro"].averages()
    tiles = ("micro_f1", "macro_f1", "subset_accuracy", "hamming_loss")
    header = ["thresholds", *_SCORES.values()]
    rows = [
        [policy, *_cells(found.averages())]
        for policy, found in told.verdict.test.items()
    ]
    return [
        Tiles([(f"{micro[name]:{form_of(name)}}", _SCORES[name]) for name in tiles]),
        "Under the thresholds “micro”, against"
        f" {told.scored_against}, on {told.scored}.",
        Table(f"Scores of {told.scored} under each threshold policy", header, rows),
        *_fold_scores(told),
        *_yardsticks(told),
    ]


def _yardsticks(told: Told) -> list[Part]:
    """Return what the model reaches by each yardstick, where that was measured."""
    found = told.facts.get("yardsticks")
    if not found:
        return []
    gold = found["gold"]
    measured = [
        ("the rules", found["rules"]["headlines"], found["rules"]["scores"]),
        *(
            (title, found[name]["headlines"], found[name]["scores"])
            for name, title in _OTHERS.items()
            if found[name]
        ),
        *(
            [("human labels, the rules", gold["headlines"], gold["rules"])]
            if gold
            else []
        ),
    ]
    return [
        "The rules' labels are what the model learned. With the keywords masked that"
        " gave a label, the score tells what it knows beyond them; human labels, where"
        " a file of them is configured, how far readers agree with it, and with the"
        " rules. These two are of topics only.",
        Table(
            "Scores by each yardstick, with their 95 % bootstrap intervals",
            ["yardstick", "headlines", *(_SCORES[name] for name in _MEASURED)],
            [
                [title, headlines, *(ranged(**scores[name]) for name in _MEASURED)]
                for title, headlines, scores in measured
            ],
            is_wide=True,
        ),
    ]


def _fold_scores(told: Told) -> list[Part]:
    """Return the scores of each fold, after cross-validation."""
    folds = told.verdict.folds
    if not folds:
        return []
    columns = [fold["micro"].averages() for fold in folds]
    rows = [
        [f"fold {number}", *_cells(fold)]
        for number, fold in enumerate(columns, start=1)
    ]
    for title, of in (("mean", np.mean), ("standard deviation", _deviation)):
        values = {name: of([fold[name] for fold in columns]) for name in _SCORES}
        rows.append([title, *_cells(values)])
    return [
        Table(
            "Scores of each fold, under “micro” thresholds of the other folds",
            ["fold", *_SCORES.values()],
            rows,
            is_wide=True,
        )
    ]


def _cells(scores: Mapping[str, Any]) -> list[str]:
    return [f"{scores[name]:{form_of(name)}}" for name in _SCORES]


def _deviation(values: Sequence[float]) -> float:
    """Return the standard deviation of a sample (n - 1)."""
    return float(np.std(values, ddof=1))
