"""What is kept of a training for people and programs: tables and settings, as bytes.

What people look at, figures and pages, is in `report`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import tomli_w

from rocktag.config import Settings
from rocktag.metrics import Scores
from rocktag.spreadsheet import guarded
from rocktag.thresholds import Sweep


def configuration(settings: Settings) -> bytes:
    """Return the resolved settings as TOML, without secrets."""
    return toml(settings.publishable()).encode()


def toml(values: Mapping[str, Any]) -> str:
    """Return nested values as TOML."""
    return tomli_w.dumps(values)


def rows_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return rows as CSV, at least one; no text of it is a formula to a spreadsheet."""
    return _csv({name: [row[name] for row in rows] for name in rows[0]})


def sweep_table(curve: Sweep) -> bytes:
    """Return micro and macro F1 by threshold, as CSV."""
    return _csv(
        {
            "threshold": [f"{threshold:.2f}" for threshold in curve.thresholds],
            "micro_f1": curve.micro_f1,
            "macro_f1": curve.macro_f1,
        }
    )


def scores_json(scores: Mapping[str, Scores]) -> bytes:
    """Return the test scores of each threshold policy, per label too, as JSON."""
    content = {policy: found.as_dict() for policy, found in scores.items()}
    return (json.dumps(content, indent=2) + "\n").encode()


def fold_tables(folds: Sequence[Mapping[str, Scores]]) -> dict[str, bytes]:
    """Return the scores of each fold as CSV, over all labels and per label.

    Args:
        folds: Of each fold, threshold policy to scores.
    """
    averages = [
        {"policy": policy, "fold": number, **found.averages()}
        for number, fold in enumerate(folds, start=1)
        for policy, found in fold.items()
    ]
    labels = [
        {"policy": policy, "fold": number, **asdict(row)}
        for number, fold in enumerate(folds, start=1)
        for policy, found in fold.items()
        for row in found.per_label
    ]
    return {
        "fold_scores.csv": rows_csv(averages),
        "fold_label_scores.csv": rows_csv(labels),
    }


def _csv(columns: Mapping[str, Any]) -> bytes:
    import pandas as pd

    table = pd.DataFrame(
        {name: list(map(_cell, values)) for name, values in columns.items()}
    )
    return table.to_csv(index=False, lineterminator="\n", float_format="%.6f").encode()


def _cell(value: Any) -> Any:
    return guarded(value) if isinstance(value, str) else value
