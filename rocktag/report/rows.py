"""What figures with a row for each name have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rocktag.text import printable

ABOVE = {  # where a legend stands
    "loc": "lower left",
    "bbox_to_anchor": (0, 1),
    "frameon": False,
    "handletextpad": 0.4,
    "columnspacing": 1.0,
}
_LONGEST = 28  # characters of a name; a figure is 60 wide
_ROW = 0.17  # inches that a name is high


def height(rows: Sequence[object]) -> float:
    """Return the height of a figure of so many rows, in inches."""
    return 0.9 + _ROW * len(rows)


def name_rows(axes: Any, names: Sequence[str]) -> None:
    """Name rows from the bottom up; a line leads from each name to what is drawn."""
    axes.set_yticks(range(len(names)), [short(name) for name in names])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-0.7, len(names) - 0.3)


def short(name: str) -> str:
    """Return a name as a figure has room for it; nothing in it is obeyed.

    >>> short("tour"), short("a name that somebody gave a file")
    ('tour', 'a name that somebody gave a…')
    """
    shown = printable(name)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def score_axis(axes: Any, values: Sequence[float]) -> None:
    """Let the axis of scores end at 1, and begin at the tenth below the lowest."""
    lowest = max(0, np.floor(min(values, default=0) * 10 - 1e-9) / 10)
    beyond = (1 - lowest) / 40  # no mark is cut
    axes.set_xlim(lowest - beyond, 1 + beyond)


def faded(colour: str, opacity: float) -> tuple[float, float, float, float]:
    """Return a colour that lets the page shine through.

    >>> faded("#ff0000", 0.25)
    (1.0, 0.0, 0.0, 0.25)
    """
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue, opacity
