"""The page of a comparison: which model is better, on what, and how surely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rocktag.report.forest import Ranged, forest_drawing, speed_drawing
from rocktag.report.page import Cell, Facts, Part, Section, Table, Tiles, ranged, render

if TYPE_CHECKING:
    from rocktag.comparing.types import Comparison, Difference, Row

_F1 = {"micro_f1": "micro F1", "macro_f1": "macro F1"}
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
_YARDSTICKS = {
    "scores": "against the rules",
    "masked": "with the keywords masked",
    "gold": "against human labels",
}
_MEGABYTE = 1_000_000


def comparison_page(comparison: Comparison) -> bytes:
    """Return the page; the same comparison gives the same bytes."""
    count = f"{comparison.headlines:,}"
    return render(
        f"{len(comparison.rows)} models on {count} headlines",
        "No model learned from any of the headlines scored here. Ranges are 95 %"
        " bootstrap intervals: other headlines of the same kind would likely give a"
        " score within them.",
        [
            Section("summary", "Summary", _summary(comparison)),
            Section("scores", "Scores", _scores(comparison)),
            Section("yardsticks", "Three yardsticks", _yardsticks(comparison)),
            Section("differences", "Differences", _differences(comparison)),
            Section("cost", "Cost", _cost(comparison)),
            Section("per-label", "Label by label", _per_label(comparison)),
        ],
    )


def _names(comparison: Comparison) -> list[str]:
    """Return a short name of each row, by its number.

    Version names are long, and alike but for their time.
    """
    return [
        f"{number} {row.classifier}, {row.text_view}"
        for number, row in enumerate(comparison.rows, start=1)
    ]


def _summary(comparison: Comparison) -> list[Part]:
    corpus, gold = comparison.corpus, comparison.gold
    reference = comparison.reference or "none"
    facts: list[tuple[str, Cell]] = [
        ("reference", reference),
        ("thresholds", comparison.policy),
        ("headlines from", corpus["origin"]),
        ("headlines there", corpus["headlines"]),
        ("SHA-256 of them", corpus["sha256"]),
    ]
    if gold is not None:
        facts += [
            ("human labels", gold["file"]),
            ("headlines there", gold["headlines"]),
            ("SHA-256 of them", gold["sha256"]),
        ]
    return [
        Tiles(
            [
                (len(comparison.rows), "models"),
                (comparison.headlines, "headlines scored"),
                (len(comparison.labels), "labels"),
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
        ),
    ]


def _scores(comparison: Comparison) -> list[Part]:
    names = _names(comparison)
    return [
        Table(
            "Scores against the rules",
            ["model", *_SCORES.values()],
            [
                [name, *(_ranged(row.scores.get(score)) for score in _SCORES)]
                for name, row in zip(names, comparison.rows, strict=True)
            ],
        )
    ]


def _yardsticks(comparison: Comparison) -> list[Part]:
    """Return F1 on each yardstick that any model was measured by, as figures too."""
    names = _names(comparison)
    used = {
        yardstick: title
        for yardstick, title in _YARDSTICKS.items()
        if any(getattr(row, yardstick) is not None for row in comparison.rows)
    }
    columns = [(of, score) for of in used for score in _F1]
    return [
        "The rules' own labels are what the models learned. With the keywords masked"
        " that gave a label, the score tells what a model knows beyond them; human"
        " labels tell how far a reader would agree. The last two are of topics only.",
        *(
            _forest(comparison, yardstick, f"F1 {title}")
            for yardstick, title in used.items()
        ),
        Table(
            "F1 on each yardstick",
            ["model", *(f"{_F1[score]} {used[of]}" for of, score in columns)],
            [
                [
                    name,
                    *(
                        _ranged((getattr(row, of) or {}).get(score))
                        for of, score in columns
                    ),
                ]
                for name, row in zip(names, comparison.rows, strict=True)
            ],
        ),
    ]


def _forest(comparison: Comparison, yardstick: str, title: str) -> Part:
    measured = _measured(comparison, yardstick)
    return forest_drawing(f"forest_{yardstick}", title, measured, axis="F1")


def _measured(comparison: Comparison, what: str) -> list[tuple[str, dict[str, Ranged]]]:
    """Return the rows that have both F1 scores in a mapping of that name."""
    return [
        (name, {title: values[score] for score, title in _F1.items()})
        for name, row in zip(_names(comparison), comparison.rows, strict=True)
        if _F1.keys() <= (values := getattr(row, what) or {}).keys()
    ]


def _differences(comparison: Comparison) -> list[Part]:
    """Return what each model is better or worse by than the reference."""
    if comparison.reference is None:
        return []
    others = {"differences": "against the rules", "gold_differences": "human labels"}
    drawn = {what: _measured(comparison, what) for what in others}
    return [
        f"Each model's score less that of {comparison.reference}, on the same"
        " headlines. A p below 0.05 says that chance alone would seldom make such a"
        " difference.",
        *(
            forest_drawing(
                f"forest_{what}",
                f"F1 less the reference's, {others[what]}",
                rows,
                axis="difference of F1",
                middle=0,
            )
            for what, rows in drawn.items()
            if rows
        ),
        _difference_table(comparison),
    ]


def _difference_table(comparison: Comparison) -> Table:
    columns = [
        (of, score) for of in ("differences", "gold_differences") for score in _F1
    ]
    kinds = {"differences": "", "gold_differences": ", human labels"}
    header = [
        name for of, score in columns for name in (f"{_F1[score]}{kinds[of]}", "p")
    ]
    return Table(
        "Differences from the reference; exact match by McNemar's test",
        ["model", *header, "exact match, p"],
        [
            [
                name,
                *(
                    cell
                    for of, score in columns
                    for cell in _difference(getattr(row, of).get(score))
                ),
                _p_value(row.mcnemar_p_value),
            ]
            for name, row in zip(_names(comparison), comparison.rows, strict=True)
            if row.version != comparison.reference
        ],
    )


def _cost(comparison: Comparison) -> list[Part]:
    names = _names(comparison)
    return [
        *(
            speed_drawing(
                f"speed_{yardstick}",
                f"Speed against micro F1 {_YARDSTICKS[yardstick]}",
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
            ["label", "support", *_names(comparison)],
            [
                [
                    label,
                    by_version[versions[0]][label].support,
                    *(by_version[version][label].f1 for version in versions),
                ]
                for label in comparison.labels
            ],
            is_shaded=True,
        )
    ]


def _ranged(found: Ranged | None) -> Cell:
    """Return a score with its interval."""
    return None if found is None else ranged(found.value, found.low, found.high)


def _difference(found: Difference | None) -> tuple[Cell, Cell]:
    """Return a difference with its interval, and its p."""
    if found is None:
        return None, None
    said = ranged(found.value, found.low, found.high, "+.4f")
    return said, _p_value(found.p_value)


def _p_value(found: float | None) -> Cell:
    """Return a p as it is usually given.

    >>> _p_value(0.03127), _p_value(0.00002), _p_value(None)
    ('0.031', '< 0.001', None)
    """
    if found is None:
        return None
    return f"{found:.3f}" if found >= 0.001 else "< 0.001"


def _decimal(found: float | None, decimals: int) -> Cell:
    return None if found is None else f"{found:,.{decimals}f}"
