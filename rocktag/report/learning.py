"""Figures of how a model was learned and its thresholds chosen."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from rocktag.report.canvas import INK, PAPER, Drawing, log_scale
from rocktag.text import counted
from rocktag.thresholds import Sweep, TunedThresholds

Epochs: TypeAlias = Sequence[Mapping[str, float]]  # one row an epoch, column to value

_AXES = {
    "micro_f1": "micro F1 at the threshold 0.5",
    "loss": "loss, log scale",
}


def sweep_drawing(
    curve: Sweep, thresholds: TunedThresholds, *, tuned_on: str = "validation"
) -> Drawing:
    """Draw micro and macro F1 by threshold.

    Args:
        curve: Of the headlines that the thresholds were tuned on.
        thresholds: Tuned on them.
        tuned_on: What they are.
    """
    chosen = (
        ("micro F1", curve.micro_f1, thresholds.micro, "-"),
        ("macro F1", curve.macro_f1, thresholds.macro, "--"),
    )

    def draw(panels: Sequence[Any]) -> None:
        (axes,) = panels
        for name, scores, best, style in chosen:
            axes.plot(
                curve.thresholds,
                scores,
                style,
                color=INK,
                label=f"{name}, chosen: {best:.2f}",
            )
            axes.plot(best, scores[round(best * 100) - 1], "o", color=INK)
        axes.set(xlabel="threshold for every label", ylabel=f"F1, {tuned_on} headlines")
        axes.set(xlim=(0, 1), ylim=(0, 1.02))
        axes.legend(loc="lower center", frameon=False)

    return Drawing(
        name="threshold_sweep",
        title="Micro and macro F1 by threshold",
        description=". ".join(
            f"The {name} of the {tuned_on} headlines is {scores[0]:.4f} at 0.01,"
            f" {scores[round(best * 100) - 1]:.4f} at the chosen {best:.2f}, and"
            f" {scores[-1]:.4f} at 0.99"
            for name, scores, best, _ in chosen
        ),
        draw=draw,
    )


def history_drawings(epochs: Epochs) -> list[Drawing]:
    """Draw micro F1 and loss by epoch; nothing without an epoch."""
    return [_by_epoch(epochs, name) for name in _AXES] if epochs else []


def fold_drawings(histories: Sequence[Epochs]) -> list[Drawing]:
    """Draw training and validation loss by epoch, a panel a fold."""
    if not histories or not all(histories):
        return []
    lowest = ", ".join(
        f"{_best(epochs)['validation_loss']:.4g} in epoch {_best(epochs)['epoch']:.0f}"
        for epochs in histories
    )
    return [
        Drawing(
            name="fold_loss",
            title="Loss by epoch in each fold",
            description=f"The lowest validation losses of the folds: {lowest}",
            draw=partial(_draw_folds, histories),
            panels=len(histories),
            height=2.6,
            wide=True,
        )
    ]


def read_epochs(table: bytes) -> list[dict[str, float]]:
    r"""Return the epochs of a history.csv; none of what is fitted in one step.

    >>> read_epochs(b"epoch,training_loss\n1,0.5\n")
    [{'epoch': 1.0, 'training_loss': 0.5}]
    >>> read_epochs(b"epoch,training_micro_f1\n1,0.9\n")
    []
    """
    rows = csv.DictReader(io.StringIO(table.decode()))
    return [
        {name: float(value) for name, value in row.items()}
        for row in rows
        if "training_loss" in row
    ]


def read_folds(table: bytes) -> list[list[dict[str, float]]]:
    r"""Return the epochs of each fold of a fold_history.csv; none of an empty one.

    >>> read_folds(b"fold,training_loss\n1,0.5\n2,0.4\n2,0.3\n")[1][0]
    {'fold': 2.0, 'training_loss': 0.4}
    """
    by_fold: dict[float, list[dict[str, float]]] = {}
    for row in read_epochs(table):
        by_fold.setdefault(row["fold"], []).append(row)
    return list(by_fold.values())


def _draw_folds(histories: Sequence[Epochs], panels: Sequence[Any]) -> None:
    for number, (axes, epochs) in enumerate(
        zip(panels, histories, strict=True), start=1
    ):
        _draw_sides(axes, epochs, "loss")
        axes.set(title=f"fold {number}", xlabel="epoch")
        log_scale(axes.yaxis)
    panels[0].set(ylabel=_AXES["loss"])
    panels[0].legend(frameon=False)


def _by_epoch(epochs: Epochs, name: str) -> Drawing:
    """Draw a score or the loss of both sides, and mark the epoch that was kept."""
    best, value = _best(epochs), f"validation_{name}"

    def draw(panels: Sequence[Any]) -> None:
        (axes,) = panels
        _draw_sides(axes, epochs, name)
        kept = f"kept: epoch {best['epoch']:.0f}"
        axes.plot(best["epoch"], best[value], "o", color=INK, label=kept)
        axes.set(xlabel="epoch", ylabel=_AXES[name])
        if name == "loss":
            log_scale(axes.yaxis)
        axes.legend(frameon=False)

    words = name.replace("_f1", " F1")
    return Drawing(
        name=f"{name}_by_epoch",
        title=f"{words[0].upper()}{words[1:]} by epoch",
        description=f"Over {counted(len(epochs), 'epoch')} the validation {words} goes"
        f" from {epochs[0][value]:.4g} to {epochs[-1][value]:.4g}; the weights of epoch"
        f" {best['epoch']:.0f} were kept, where it is {best[value]:.4g}",
        draw=draw,
    )


def _best(epochs: Epochs) -> Mapping[str, float]:
    return min(epochs, key=lambda row: row["validation_loss"])


def _draw_sides(axes: Any, epochs: Epochs, name: str) -> None:
    """Draw a value of training and of validation by epoch."""
    numbers = [row["epoch"] for row in epochs]
    for side, style, marker in (("training", "--", "s"), ("validation", "-", "o")):
        axes.plot(
            numbers,
            [row[f"{side}_{name}"] for row in epochs],
            f"{style}{marker}",
            color=INK,
            markerfacecolor=PAPER,
            label=side,
        )
    axes.xaxis.get_major_locator().set_params(integer=True)
