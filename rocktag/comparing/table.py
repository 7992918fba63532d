"""A comparison as files and as metrics: for spreadsheets, machines and the database."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rocktag.artifact import write_folder
from rocktag.comparing.counts import MASKED_SCORES, SCORES
from rocktag.comparing.types import Comparison, Interval, Row
from rocktag.errors import ArtifactError
from rocktag.spreadsheet import guarded

_FOLDER = ".experiments"  # below models_dir; no listing of models shows it
_COMPARED = ("micro_f1", "macro_f1", "subset_accuracy")
_ENDS = ("", "_low", "_high")


@dataclass(frozen=True, slots=True)
class Untrained:
    """A version that is wanted in a table and not there, and why."""

    classifier: str
    text_view: str
    remark: str


def to_csv(comparison: Comparison, untrained: Sequence[Untrained] = ()) -> str:
    """Return a row a version as CSV; what was not measured is empty."""
    gold = comparison.gold
    why = gold["unscored"] if gold and not gold["headlines"] else None
    rows = [{**_cells(row), "remark": why} for row in comparison.rows]
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    for one in untrained:
        cells = asdict(one).items()
        writer.writerow({name: guarded(text) for name, text in cells})
    return file.getvalue()


def to_json(comparison: Comparison, untrained: Sequence[Untrained] = ()) -> str:
    """Return all of it as JSON."""
    more = {"untrained": [asdict(one) for one in untrained]}
    return json.dumps({**comparison.as_dict(), **more}, indent=2) + "\n"


def metrics(comparison: Comparison) -> dict[str, float]:
    """Return F1 by each yardstick, under names such as "micro_f1:<version>"."""
    named: dict[str, float] = {}
    for row in comparison.rows:
        named[f"micro_f1:{row.version}"] = row.scores["micro_f1"].value
        named[f"macro_f1:{row.version}"] = row.scores["macro_f1"].value
        if row.masked is not None:
            named[f"masked_micro_f1:{row.version}"] = row.masked["micro_f1"].value
        if row.gold is not None:
            named[f"gold_micro_f1:{row.version}"] = row.gold["micro_f1"].value
    return named


def store(name: str, files: Mapping[str, bytes], models_dir: Path) -> Path:
    """Write files in a new folder of that name and the time, whole or not at all.

    Raises:
        ArtifactError: It cannot be written.
    """
    folder = models_dir / _FOLDER / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    try:
        write_folder(files, folder)
    except OSError as error:
        raise ArtifactError(
            f"{folder} cannot be written: {error.strerror}; nothing was stored"
        ) from error
    return folder


def _cells(row: Row) -> dict[str, object]:
    cells: dict[str, object] = {
        "version": guarded(row.version),
        "classifier": guarded(row.classifier),
        "text_view": row.text_view,
        **_intervals("", SCORES, row.scores),
        **_intervals("masked_", MASKED_SCORES, row.masked or {}),
        **_intervals("gold_", SCORES, row.gold or {}),
    }
    for name in _COMPARED:
        found = row.differences.get(name)
        values = astuple(found) if found else (None,) * 4
        for end, value in zip((*_ENDS, "_p_value"), values, strict=True):
            cells[f"{name}_difference{end}"] = value
    return cells | {
        "mcnemar_p_value": row.mcnemar_p_value,
        "training_seconds": row.training_seconds,
        "artifact_bytes": row.artifact_bytes,
        "headlines_per_second": row.headlines_per_second,
        "peak_megabytes": row.peak_megabytes,
    }


def _intervals(
    prefix: str, names: tuple[str, ...], found: Mapping[str, Interval]
) -> dict[str, object]:
    cells: dict[str, object] = {}
    for name in names:
        values = astuple(found[name]) if name in found else (None,) * 3
        for end, value in zip(_ENDS, values, strict=True):
            cells[f"{prefix}{name}{end}"] = value
    return cells
