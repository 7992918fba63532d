"""What the page of a comparison tells of yardsticks and of differences."""

from __future__ import annotations

from rocktag.comparing import Comparison, Difference
from rocktag.report.forest import Ranged, forest_drawing
from rocktag.report.page import Cell, Part, Table, form_of, ranged

_F1 = {"micro_f1": "micro F1", "macro_f1": "macro F1"}
YARDSTICKS = {
    "scores": "against the rules",
    "masked": "with the keywords masked",
    "gold": "against human labels",
}


def names_of(comparison: Comparison) -> list[str]:
    """Return a short name of each row, by its number.

    Version names are long, and alike but for their time.
    """
    return [
        f"{number} {row.classifier}, {row.text_view}"
        for number, row in enumerate(comparison.rows, start=1)
    ]


def yardsticks(comparison: Comparison) -> list[Part]:
    """Return F1 on each yardstick that any model was measured by, as figures too."""
    names = names_of(comparison)
    used = {
        yardstick: title
        for yardstick, title in YARDSTICKS.items()
        if any(getattr(row, yardstick) is not None for row in comparison.rows)
    }
    columns = [(of, score) for of in used for score in _F1]
    gold = comparison.gold
    learned = gold["learned"] if gold and gold["headlines"] else {}
    return [
        "The rules' own labels are what the models learned. With the keywords masked"
        " that gave a label, the score tells what a model knows beyond them; human"
        " labels tell how far a reader would agree. The last two are of topics only.",
        *_on_gold(comparison),
        *(
            _forest(comparison, yardstick, f"F1 {title}")
            for yardstick, title in used.items()
        ),
        Table(
            "F1 on each yardstick",
            [
                "model",
                *(f"{_F1[score]} {used[of]}" for of, score in columns),
                *(["of those learned from"] if learned else []),
            ],
            [
                [
                    name,
                    *(
                        interval((getattr(row, of) or {}).get(score))
                        for of, score in columns
                    ),
                    *([learned[row.version]] if learned else []),
                ]
                for name, row in zip(names, comparison.rows, strict=True)
            ],
            is_wide=True,
        ),
    ]


def _on_gold(comparison: Comparison) -> list[Part]:
    """Return what to know of the human labels, where there are any."""
    gold = comparison.gold
    if gold is None:
        return []
    parts: list[Part] = [f"{gold['unscored']}."] if gold["unscored"] else []
    if not gold["headlines"]:
        return parts
    reached = [
        f"{title} {interval(gold['rules'][score])}" for score, title in _F1.items()
    ]
    return [
        *parts,
        "The rules themselves reach, against the human labels,"
        f" {' and '.join(reached)}. Headlines of them that a model learned from, or was"
        " tuned on, are scored all the same; the table has how many.",
    ]


def _forest(comparison: Comparison, yardstick: str, title: str) -> Part:
    measured = _measured(comparison, yardstick)
    return forest_drawing(f"forest_{yardstick}", title, measured, axis="F1")


def _measured(comparison: Comparison, what: str) -> list[tuple[str, dict[str, Ranged]]]:
    """Return the rows that have both F1 scores in a mapping of that name."""
    return [
        (name, {title: values[score] for score, title in _F1.items()})
        for name, row in zip(names_of(comparison), comparison.rows, strict=True)
        if _F1.keys() <= (values := getattr(row, what) or {}).keys()
    ]


def differences(comparison: Comparison) -> list[Part]:
    """Return what each model is better or worse by than the reference."""
    if comparison.reference is None or len(comparison.rows) < 2:
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
            for name, row in zip(names_of(comparison), comparison.rows, strict=True)
            if row.version != comparison.reference
        ],
        is_wide=True,
    )


def interval(found: Ranged | None, score: str = "") -> Cell:
    """Return a score of that name with its interval."""
    if found is None:
        return None
    return ranged(found.value, found.low, found.high, form_of(score))


def _difference(found: Difference | None) -> tuple[Cell, Cell]:
    """Return a difference with its interval, and its p."""
    if found is None:
        return None, None
    said = ranged(found.value, found.low, found.high, "+.4f")
    return said, _p_value(found.p_value)


def _p_value(found: float | None) -> Cell:
    r"""Return a p as it is usually given.

    >>> _p_value(0.03127), _p_value(0.00002), _p_value(None)
    ('0.031', '<\xa00.001', None)
    """
    if found is None:
        return None
    return f"{found:.3f}" if found >= 0.001 else "<\xa00.001"
