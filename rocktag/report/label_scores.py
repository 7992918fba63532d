"""Figures of how well each label is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rocktag.metrics import LabelScore
from rocktag.report.canvas import ACCENT, INK, PAPER, Drawing
from rocktag.report.rows import ABOVE, height, name_rows, score_axis
from rocktag.text import counted


def score_drawing(rows: Sequence[LabelScore], *, scored: str) -> Drawing:
    """Draw precision, recall and F1 of each label.

    Args:
        rows: One a label.
        scored: What was scored, in a few words.
    """
    order = sorted(rows, key=lambda row: (row.f1, row.support))
    marks = (
        ("precision", "<", PAPER, ACCENT),
        ("recall", ">", PAPER, ACCENT),
        ("f1", "o", INK, INK),
    )

    def draw(panels: Sequence[Any]) -> None:
        (axes,) = panels
        for name, marker, face, edge in marks:
            axes.plot(
                [getattr(row, name) for row in order],
                range(len(order)),
                marker,
                color=edge,
                markerfacecolor=face,
                markersize=5,
                label=name.replace("f1", "F1"),
            )
        name_rows(axes, [f"{row.label} ({row.support:,})" for row in order])
        score_axis(axes, [value for row in order for value in _values(row)])
        axes.legend(ncols=3, **ABOVE)

    return Drawing(
        name="label_scores",
        title="Precision, recall and F1 of each label, its support in brackets",
        description=f"On {scored}: {_extremes(order)}; the table has every number",
        draw=draw,
        height=height(order),
    )


def tuned_drawing(
    base: Sequence[LabelScore], tuned: Sequence[LabelScore], *, scored: str
) -> Drawing:
    """Draw what a label's own threshold changes against 0.5 for all.

    Args:
        base: One a label, at the threshold 0.5.
        tuned: Likewise under the policy `per-label`.
        scored: What was scored, in a few words.
    """
    pairs = sorted(
        zip(base, tuned, strict=True), key=lambda pair: (pair[1].f1, pair[0].f1)
    )
    gains = [after.f1 - before.f1 for before, after in pairs]
    better, worse = sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains)

    def draw(panels: Sequence[Any]) -> None:
        (axes,) = panels
        before, after = ([row.f1 for row in rows] for rows in zip(*pairs, strict=True))
        places = range(len(pairs))
        axes.hlines(places, before, after, color=ACCENT, linewidth=2)
        axes.plot(
            before,
            places,
            "o",
            color=INK,
            markerfacecolor=PAPER,
            markersize=6,
            label="at 0.5",
        )
        axes.plot(
            after,
            places,
            "o",
            color=INK,
            markersize=4,
            label="at its own threshold",
        )
        name_rows(axes, [row.label for row, _ in pairs])
        score_axis(axes, [*before, *after])
        axes.set(xlabel="F1")
        axes.legend(ncols=2, **ABOVE)

    return Drawing(
        name="tuned_against_base",
        title="F1 of each label at its own threshold, against 0.5 for all",
        description=f"On {scored} tuning raises the F1 of {counted(better, 'label')},"
        " lowers that"
        f" of {worse} and leaves {len(pairs) - better - worse} as they are; the largest"
        f" gain is {max(gains):+.4f}, the largest loss {min(0, *gains):+.4f}",
        draw=draw,
        height=height(pairs),
    )


def _values(row: LabelScore) -> tuple[float, float, float]:
    return row.precision, row.recall, row.f1


def _extremes(order: Sequence[LabelScore]) -> str:
    """Return which labels are told best and worst, of rows in ascending order.

    >>> rows = [LabelScore("art", 0, 0, 0.2, 3), LabelScore("tour", 1, 1, 0.9, 9)]
    >>> _extremes(rows)
    'tour has the highest F1, 0.900, art the lowest, 0.200'
    """
    best, worst = order[-1], order[0]
    return (
        f"{best.label} has the highest F1, {best.f1:.3f},"
        f" {worst.label} the lowest, {worst.f1:.3f}"
    )
