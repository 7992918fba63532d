"""The pages of an evaluation and of a learning curve: how far people agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rocktag.report.canvas import INK, PAPER, Drawing
from rocktag.report.forest import Ranged, forest_drawing
from rocktag.report.page import Cell, Facts, Part, Section, Table, Tiles, ranged, render
from rocktag.text import counted, noun

if TYPE_CHECKING:
    from rocktag.evaluating import Curve, Evaluation, Scored

_SCORES = {
    "micro_f1": "micro F1",
    "micro_precision": "precision",
    "micro_recall": "recall",
    "macro_f1": "macro F1",
    "subset_accuracy": "exact match",
}
_F1 = {"micro_f1": "micro F1", "macro_f1": "macro F1"}
_LINES = (("micro_f1", "o", INK), ("macro_f1", "s", PAPER))


def evaluation_page(evaluation: Evaluation) -> bytes:
    """Return the page; the same evaluation gives the same bytes.

    Headlines are not in it: a page may be mailed on, and they may be others' property.
    """
    gold = evaluation.gold
    return render(
        f"{len(evaluation.rows)} against people",
        "Scores are against what people said of these headlines. Ranges are 95 %"
        " bootstrap intervals: other headlines of the same kind would likely give a"
        f" score within them. {_how(evaluation.folds)}",
        [
            Section("summary", "Summary", _summary(evaluation)),
            Section(
                "scores",
                "Scores",
                [
                    forest_drawing(
                        "against_people",
                        "F1 against people",
                        [(row.name, _named(row.scores)) for row in evaluation.rows],
                        axis="F1",
                    ),
                    _scores(evaluation.rows),
                ],
            ),
            Section("differences", "Differences", _differences(evaluation)),
            Section(
                "per-label",
                "Label by label",
                [_labels(row) for row in evaluation.rows],
            ),
            Section("data", "Data", [Facts(_facts(gold))]),
        ],
    )


def curve_page(curve: Curve) -> bytes:
    """Return the page of a learning curve; the same curve gives the same bytes."""
    corpus, settings = curve.corpus, curve.settings
    return render(
        "What more headlines of people bring",
        f"A {settings['classifier']} learned from the rules' labels of"
        f" {counted(corpus['headlines'], 'headline')} and from what people said of so"
        f" many more. {_how(curve.folds)}",
        [
            Section("curve", "Learning curve", [_curve(curve), _points(curve)]),
            Section(
                "data",
                "Data",
                [
                    Facts(
                        [
                            *_facts(curve.gold),
                            ("headlines from", corpus["origin"]),
                            ("SHA-256 of the headlines", corpus["sha256"]),
                            ("labels", settings["labels"]),
                            ("text", settings["text_view"]),
                            ("seed", settings["seed"]),
                        ]
                    )
                ],
            ),
        ],
    )


def _how(folds: int | None) -> str:
    if folds is None:
        return "Versions were asked as they are served."
    return (
        f"In {counted(folds, 'fold')}, each model was asked only of headlines that it"
        " did not learn from."
    )


def _summary(evaluation: Evaluation) -> list[Part]:
    gold = evaluation.gold
    read, given = gold["headlines"], gold["labels"]
    return [
        Tiles(
            [
                (len(evaluation.rows), noun(len(evaluation.rows), "row")),
                (read, noun(read, "headline") + " that people read"),
                (given, noun(given, "label") + " that they gave"),
            ]
        ),
        Facts(
            [
                ("reference", evaluation.reference),
                ("thresholds", evaluation.policy),
                ("folds", evaluation.folds or "none"),
                ("resamples", evaluation.resamples),
            ]
        ),
    ]


def _facts(gold: Mapping[str, Any]) -> list[tuple[str, Cell]]:
    return [
        ("human labels from", gold["file"]),
        ("headlines with them", gold["headlines"]),
        ("disputed decisions, not scored", gold["disputed"]),
        ("SHA-256 of them", gold["sha256"]),
    ]


def _named(scores: Mapping[str, Ranged]) -> dict[str, Ranged]:
    return {title: scores[name] for name, title in _F1.items()}


def _range(found: Ranged) -> str:
    return ranged(found.value, found.low, found.high)


def _scores(rows: Sequence[Scored]) -> Table:
    return Table(
        "Scores against people",
        ["by", "labels", *_SCORES.values(), "learned from, by rules"],
        [
            [
                row.name,
                row.labels,
                *(_range(row.scores[name]) for name in _SCORES),
                row.learned,
            ]
            for row in rows
        ],
        is_wide=True,
    )


def _differences(evaluation: Evaluation) -> list[Part]:
    others = [row for row in evaluation.rows if row.differences]
    if not others:
        return []
    return [
        Table(
            f"Less {evaluation.reference}, on the same headlines",
            ["by", *(f"{title}, with p" for title in _F1.values()), "McNemar p"],
            [
                [
                    row.name,
                    *(
                        f"{_range(row.differences[name])};"
                        f" {row.differences[name].p_value:.4f}"
                        for name in _F1
                    ),
                    row.mcnemar_p_value,
                ]
                for row in others
            ],
            is_wide=True,
        )
    ]


def _labels(row: Scored) -> Table:
    return Table(
        f"Each label: {row.name}",
        ["label", "headlines", "precision", "recall", "F1"],
        [
            [
                one.label,
                one.support,
                *(_range(found) for found in (one.precision, one.recall, one.f1)),
            ]
            for one in row.per_label
        ],
        is_wide=True,
    )


def _points(curve: Curve) -> Table:
    return Table(
        "Scores by the number of headlines of people that were learned from",
        ["headlines", "draws", *_SCORES.values()],
        [
            _point("the rules alone", "-", curve.rules),
            *(
                _point(f"{point.learned:g}", len(point.repeats), point.scores)
                for point in curve.points
            ),
        ],
        is_wide=True,
    )


def _point(name: str, draws: Cell, scores: Mapping[str, Ranged]) -> list[Cell]:
    return [name, draws, *(_range(scores[score]) for score in _SCORES)]


def _curve(curve: Curve) -> Drawing:
    points = curve.points
    learned = [point.learned for point in points]

    def draw(panels: Sequence[Any]) -> None:
        (axes,) = panels
        for name, marker, face in _LINES:
            found = [point.scores[name] for point in points]
            axes.vlines(
                learned,
                [one.low for one in found],
                [one.high for one in found],
                color=INK,
                linewidth=0.8,
            )
            values = [one.value for one in found]
            axes.plot(
                learned,
                values,
                f"-{marker}",
                color=INK,
                markerfacecolor=face,
                label=_F1[name],
            )
            axes.axhline(
                curve.rules[name].value, color=INK, linewidth=0.8, linestyle="--"
            )
        axes.set(xlabel="headlines of people to learn from", ylabel="F1")
        axes.margins(0.08)
        axes.legend(frameon=False)

    return Drawing(
        name="f1_by_headlines_of_people",
        title="Micro and macro F1 by the number of headlines of people; dashed: the"
        f" {curve.rules_name} alone",
        description="; ".join(
            f"{counted(point.learned, 'headline')}: "
            + ", ".join(
                f"{title} {point.scores[name].value:.4f}" for name, title in _F1.items()
            )
            for point in points
        ),
        draw=draw,
    )
