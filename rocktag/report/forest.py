"""Figures that compare: intervals a row, and score against speed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from rocktag.report.canvas import ACCENT, INK, PAPER, Drawing, log_scale
from rocktag.report.rows import ABOVE, name_rows
from rocktag.text import printable

_MARKS = (("o", INK), ("s", PAPER))  # of the first and the second value of a row
_APART = 0.17  # of a row, from its middle


class Ranged(Protocol):
    """A value with an interval."""

    @property
    def value(self) -> float:
        """What was found."""

    @property
    def low(self) -> float:
        """The lower end of its interval."""

    @property
    def high(self) -> float:
        """The upper end of its interval."""


def forest_drawing(
    name: str,
    title: str,
    rows: Sequence[tuple[str, Mapping[str, Ranged]]],
    *,
    axis: str,
    middle: float | None = None,
) -> Drawing:
    """Draw one or two values with their intervals for each row, the first on top.

    Args:
        name: Of the figure.
        title: What it shows, in a line.
        rows: Each one's name, and its values by theirs, alike in all rows.
        axis: What the values are.
        middle: Where a line marks that there is no difference.
    """
    columns = list(rows[0][1])
    upwards = rows[::-1]

    def draw(panels: Sequence[Any]) -> None:
        (axes,) = panels
        if middle is not None:
            axes.axvline(middle, color=INK, linewidth=0.8, linestyle="--")
        for place, column in enumerate(columns):
            marker, face = _MARKS[place]
            shift = _APART * (1 - 2 * place) if len(columns) > 1 else 0
            found = [values[column] for _, values in upwards]
            heights = [row + shift for row in range(len(found))]
            lows, highs = [one.low for one in found], [one.high for one in found]
            axes.hlines(heights, lows, highs, color=ACCENT, linewidth=2)
            axes.plot(
                [one.value for one in found],
                heights,
                marker,
                color=INK,
                markerfacecolor=face,
                markersize=5,
                label=column,
            )
        name_rows(axes, [row for row, _ in upwards])
        axes.set(xlabel=axis)
        axes.margins(x=0.06)
        axes.legend(ncols=2, **ABOVE)

    return Drawing(
        name=name,
        title=title,
        description="; ".join(
            f"{row}: " + ", ".join(_said(name, one) for name, one in values.items())
            for row, values in rows
        ),
        draw=draw,
        height=1 + 0.34 * len(rows),
    )


def speed_drawing(
    name: str, title: str, points: Sequence[tuple[str, float, float]], *, axis: str
) -> Drawing:
    """Draw scores against speed, each point with its number.

    Args:
        name: Of the figure.
        title: What it shows, in a line.
        points: Of each its number, its headlines per second and its score.
        axis: Which score it is.
    """
    _, speeds, scores = zip(*points, strict=True)

    def draw(panels: Sequence[Any]) -> None:
        (axes,) = panels
        axes.plot(speeds, scores, "o", color=INK)
        for number, speed, score in points:
            axes.annotate(
                printable(number),
                (speed, score),
                textcoords="offset points",
                xytext=(5, 4),
            )
        axes.set(xlabel="headlines per second, log scale", ylabel=axis)
        log_scale(axes.xaxis)
        axes.margins(0.12)

    return Drawing(
        name=name,
        title=title,
        description="; ".join(
            f"{number}: {speed:,.0f} headlines per second, {axis} {score:.4f}"
            for number, speed, score in points
        ),
        draw=draw,
    )


def _said(name: str, found: Ranged) -> str:
    return f"{name} {found.value:.4f} ({found.low:.4f} to {found.high:.4f})"
