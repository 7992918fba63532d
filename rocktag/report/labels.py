"""Figures of labels: how frequent they are, and how often together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from rocktag.report.canvas import ACCENT, INK, Drawing
from rocktag.report.rows import ABOVE, faded, height, name_rows, short
from rocktag.text import counted
from rocktag.types import NO_TOPIC

_NUMBERS = {"alone": 1.0, "of 2": 0.6, "of 3": 0.3, "of 4 or more": 0.1}  # opacity
_FAINTEST = 0.05  # of a cell: two labels that were ever together are seen to be
_KEYS = (0.02, 0.1, 0.25, 0.5, 1.0)


def frequency_drawing(labels: Sequence[str], counts: npt.NDArray[np.int64]) -> Drawing:
    """Draw how many headlines have each topic, by the number of their labels.

    Args:
        labels: The L labels; `n/a`, which is always alone, is not drawn.
        counts: (L, K), headlines with the label that have 1 to K labels.
    """
    topics = [column for column, label in enumerate(labels) if label != NO_TOPIC]
    totals = counts.sum(axis=1)
    order = sorted(topics, key=lambda column: (totals[column], -column))
    counts_by_number = _by_number(counts[order])
    most, least = labels[order[-1]], labels[order[0]]

    def draw(panels: Sequence[Any]) -> None:
        (axes,) = panels
        left = np.zeros(len(order))
        for values, (name, shade) in zip(
            counts_by_number.T, _NUMBERS.items(), strict=True
        ):
            axes.barh(
                range(len(order)),
                values,
                left=left,
                height=0.75,
                facecolor=faded(ACCENT, shade),
                edgecolor=INK,
                linewidth=0.4,
                label=name,
            )
            left += values
        name_rows(axes, [labels[column] for column in order])
        axes.set(xlabel="headlines")
        axes.legend(ncols=4, **ABOVE)

    return Drawing(
        name="label_frequencies",
        title="How many headlines have each topic, by the number of their labels",
        description=f"{most} is the most frequent topic, with"
        f" {counted(totals[order[-1]], 'headline')}, {least} the rarest,"
        f" with {totals[order[0]]:,}; the table of labels has every number",
        draw=draw,
        height=height(order),
    )


def together_drawing(labels: Sequence[str], together: npt.NDArray[np.int64]) -> Drawing:
    """Draw which share of one label's headlines has another label, too.

    Args:
        labels: The L labels; `n/a`, which is always alone, is not drawn.
        together: (L, L), headlines with both; with the label itself on the diagonal.
    """
    topics = [column for column, label in enumerate(labels) if label != NO_TOPIC]
    counts = together[np.ix_(topics, topics)]
    shares = counts / np.maximum(np.diag(counts), 1).reshape(-1, 1)
    np.fill_diagonal(shares, 0)
    row, column = np.unravel_index(int(shares.argmax()), shares.shape)
    names = [labels[topic] for topic in topics]
    return Drawing(
        name="labels_together",
        title="Which share of a topic's headlines has another topic, too",
        description=f"The largest share is {shares[row, column]:.0%}: so many of the"
        f" {counted(counts[row, row], 'headline')} with {names[row]} have"
        f" {names[column]}, too;"
        " the table of pairs has the most frequent ones",
        draw=partial(_draw_together, names, shares),
        height=7.5,
        wide=True,
    )


def _by_number(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return headlines with 1, 2, 3 and more labels (L, 4)."""
    padded = np.pad(counts, ((0, 0), (0, max(0, 4 - counts.shape[1]))))
    return np.column_stack([padded[:, :3], padded[:, 3:].sum(axis=1)])


def _draw_together(
    names: Sequence[str], shares: npt.NDArray[np.float64], panels: Sequence[Any]
) -> None:
    from matplotlib.collections import PolyCollection
    from matplotlib.patches import Patch

    (axes,) = panels
    found = np.argwhere(shares > 0)
    cells = [
        [(x - 0.5, y - 0.5), (x + 0.5, y - 0.5), (x + 0.5, y + 0.5), (x - 0.5, y + 0.5)]
        for y, x in found
    ]
    colours = [_shaded(shares[y, x]) for y, x in found]
    axes.add_collection(PolyCollection(cells, facecolors=colours, linewidths=0))
    size = len(names)
    axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5), aspect="equal")
    shown = [short(name) for name in names]
    axes.set_xticks(range(size), shown, rotation=90, fontsize=8)
    axes.set_yticks(range(size), shown, fontsize=8)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.set(xlabel="… have this one, too", ylabel="of the headlines with this topic …")
    keys = [Patch(facecolor=_shaded(one), label=f"{one:.0%}") for one in _KEYS]
    axes.legend(handles=keys, ncols=len(keys), **ABOVE)


def _shaded(share: float) -> tuple[float, float, float, float]:
    """Return the colour of a share; its square root, as small ones are the rule."""
    return faded(ACCENT, max(_FAINTEST, float(np.sqrt(share))))
