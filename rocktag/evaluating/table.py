"""An evaluation and a curve as CSV, as JSON, and as metrics of their run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import astuple
from typing import Any

from rocktag.comparing.counts import SCORES
from rocktag.comparing.types import Interval
from rocktag.evaluating.types import Curve, Evaluation, Scored
from rocktag.reporting import rows_csv

ALL_LABELS = "all"  # where a label's name stands
_PARTS = ("precision", "recall", "f1")
_ENDS = ("", "_low", "_high")


def evaluation_csv(evaluation: Evaluation) -> str:
    """Return a row for all labels and one for each label, of each that is scored."""
    cells = [
        one for row in evaluation.rows for one in (_all_labels(row), *_each_label(row))
    ]
    return rows_csv(cells).decode()


def evaluation_json(evaluation: Evaluation) -> str:
    """Return all of it as JSON."""
    return _json(evaluation.as_dict())


def evaluation_metrics(evaluation: Evaluation) -> dict[str, float]:
    """Return F1 of each that is scored, under names such as "micro_f1:topic rules"."""
    return {
        f"{score}:{row.name}": row.scores[score].value
        for row in evaluation.rows
        for score in ("micro_f1", "macro_f1")
    }


def curve_csv(curve: Curve) -> str:
    """Return a row a point as CSV."""
    rows = [
        {"asked": point.asked, "learned": point.learned, **_intervals(point.scores)}
        for point in curve.points
    ]
    return rows_csv(rows).decode()


def curve_json(curve: Curve) -> str:
    """Return all of it as JSON."""
    return _json(curve.as_dict())


def curve_metrics(curve: Curve) -> dict[str, float]:
    """Return F1 of each point, under names such as "micro_f1_320"."""
    return {
        f"{score}_{point.asked}": point.scores[score].value
        for point in curve.points
        for score in ("micro_f1", "macro_f1")
    }


def _all_labels(row: Scored) -> dict[str, Any]:
    found = {part: row.scores[f"micro_{part}"] for part in _PARTS}
    more = {name: row.scores[name].value for name in ("macro_f1", "subset_accuracy")}
    return {
        "name": row.name,
        "label": ALL_LABELS,
        "support": None,
        **_intervals(found),
        **more,
    }


def _each_label(row: Scored) -> list[dict[str, Any]]:
    return [
        {
            "name": row.name,
            "label": one.label,
            "support": one.support,
            **_intervals({part: getattr(one, part) for part in _PARTS}),
            "macro_f1": None,
            "subset_accuracy": None,
        }
        for one in row.per_label
    ]


def _intervals(found: Mapping[str, Interval]) -> dict[str, float]:
    names = [name for name in (*_PARTS, *SCORES) if name in found]
    return {
        f"{name}{end}": value
        for name in names
        for end, value in zip(_ENDS, astuple(found[name]), strict=True)
    }


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
