"""What people read of a training: tables, figures, settings; all as bytes."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, Literal, TypeAlias

import tomli_w

from rocktag.config import Settings
from rocktag.metrics import Scores
from rocktag.spreadsheet import guarded
from rocktag.thresholds import Sweep, TunedThresholds

ImageFormat: TypeAlias = Literal["png", "svg"]


def configuration(settings: Settings) -> bytes:
    """Return the resolved settings as TOML, without secrets."""
    return toml(settings.publishable()).encode()


def toml(values: Mapping[str, Any]) -> str:
    """Return nested values as TOML."""
    return tomli_w.dumps(values)


def rows_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return rows as CSV, at least one; no text of it is a formula to a spreadsheet."""
    return _csv({name: [row[name] for row in rows] for name in rows[0]})


def sweep_table(curve: Sweep) -> bytes:
    """Return micro and macro F1 by threshold, as CSV."""
    return _csv(
        {
            "threshold": [f"{threshold:.2f}" for threshold in curve.thresholds],
            "micro_f1": curve.micro_f1,
            "macro_f1": curve.macro_f1,
        }
    )


def scores_json(scores: Mapping[str, Scores]) -> bytes:
    """Return the test scores of each threshold policy, per label too, as JSON."""
    content = {policy: found.as_dict() for policy, found in scores.items()}
    return (json.dumps(content, indent=2) + "\n").encode()


def fold_tables(folds: Sequence[Mapping[str, Scores]]) -> dict[str, bytes]:
    """Return the scores of each fold as CSV, over all labels and per label.

    Args:
        folds: Of each fold, threshold policy to scores.
    """
    averages = [
        {"policy": policy, "fold": number, **found.averages()}
        for number, fold in enumerate(folds, start=1)
        for policy, found in fold.items()
    ]
    labels = [
        {"policy": policy, "fold": number, **asdict(row)}
        for number, fold in enumerate(folds, start=1)
        for policy, found in fold.items()
        for row in found.per_label
    ]
    return {
        "fold_scores.csv": rows_csv(averages),
        "fold_label_scores.csv": rows_csv(labels),
    }


def fold_figures(
    histories: Sequence[Sequence[Mapping[str, float]]],
) -> dict[str, bytes]:
    """Draw training and validation loss by epoch, a panel a fold, as PNG and SVG."""
    formats: tuple[ImageFormat, ...] = ("png", "svg") if all(histories) else ()
    return {
        f"fold_loss.{image_format}": _fold_loss(histories, image_format)
        for image_format in formats
    }


def _fold_loss(
    histories: Sequence[Sequence[Mapping[str, float]]], image_format: ImageFormat
) -> bytes:
    with _panels(image_format, len(histories)) as (panels, image):
        for number, (axes, epochs) in enumerate(
            zip(panels, histories, strict=True), start=1
        ):
            _draw_sides(axes, epochs, "loss")
            axes.set(title=f"fold {number}", xlabel="epoch", yscale="log")
        panels[0].set(ylabel=_AXES["loss"])
        panels[0].legend(frameon=False)
    return image.getvalue()


def sweep_figure(
    curve: Sweep,
    thresholds: TunedThresholds,
    image_format: ImageFormat,
    *,
    tuned_on: str = "validation",
) -> bytes:
    """Draw micro and macro F1 by threshold; readable in black and white.

    The image holds neither date nor random names: the same data give the same bytes.

    Args:
        curve: Of the headlines that the thresholds were tuned on.
        thresholds: Tuned on them.
        image_format: Of the image.
        tuned_on: What they are.
    """
    with _figure(image_format) as (axes, image):
        for name, scores, best, style in (
            ("micro F1", curve.micro_f1, thresholds.micro, "-"),
            ("macro F1", curve.macro_f1, thresholds.macro, "--"),
        ):
            axes.plot(
                curve.thresholds,
                scores,
                style,
                color="black",
                label=f"{name}, chosen: {best:.2f}",
            )
            axes.plot(best, scores[round(best * 100) - 1], "o", color="black")
        axes.set(xlabel="threshold for every label", ylabel=f"F1, {tuned_on} headlines")
        axes.set(xlim=(0, 1), ylim=(0, 1.02))
        axes.legend(loc="lower center", frameon=False)
    return image.getvalue()


def history_figures(epochs: Sequence[Mapping[str, float]]) -> dict[str, bytes]:
    """Draw micro F1 and loss by epoch, as PNG and SVG; no figure without an epoch."""
    formats: tuple[ImageFormat, ...] = ("png", "svg") if epochs else ()
    return {
        f"{name}_by_epoch.{image_format}": _by_epoch(epochs, name, image_format)
        for name in ("micro_f1", "loss")
        for image_format in formats
    }


def _by_epoch(
    epochs: Sequence[Mapping[str, float]], name: str, image_format: ImageFormat
) -> bytes:
    """Draw a score or the loss of both sides, and mark the epoch that was kept."""
    best = min(epochs, key=lambda row: row["validation_loss"])
    with _figure(image_format) as (axes, image):
        _draw_sides(axes, epochs, name)
        axes.plot(
            best["epoch"],
            best[f"validation_{name}"],
            "o",
            color="black",
            label=f"kept: epoch {best['epoch']}",
        )
        axes.set(xlabel="epoch", ylabel=_AXES[name])
        if name == "loss":
            axes.set_yscale("log")
        axes.legend(frameon=False)
    return image.getvalue()


def _draw_sides(axes: Any, epochs: Sequence[Mapping[str, float]], name: str) -> None:
    """Draw a value of training and of validation by epoch."""
    numbers = [row["epoch"] for row in epochs]
    for side, style, marker in (("training", "--", "s"), ("validation", "-", "o")):
        axes.plot(
            numbers,
            [row[f"{side}_{name}"] for row in epochs],
            f"{style}{marker}",
            color="black",
            markerfacecolor="white",
            label=side,
        )
    axes.xaxis.get_major_locator().set_params(integer=True)


_AXES = {
    "micro_f1": "micro F1 at the threshold 0.5",
    "loss": "loss, log scale",
}


@contextmanager
def _figure(image_format: ImageFormat) -> Iterator[tuple[Any, io.BytesIO]]:
    """Open axes, as `_panels` does."""
    with _panels(image_format, 1) as ((axes,), image):
        yield axes, image


@contextmanager
def _panels(
    image_format: ImageFormat, count: int
) -> Iterator[tuple[list[Any], io.BytesIO]]:
    """Open axes side by side, of one height.

    What is drawn is in the image at the end, the same bytes each time.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    image = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "rocktag", "font.size": 11}):
        figure = Figure(figsize=(7 + 2 * (count - 1), 4), layout="constrained")
        panels = list(figure.subplots(1, count, sharey=True, squeeze=False)[0])
        for axes in panels:
            axes.grid(visible=True, color="0.85")
        yield panels, image
        metadata = {"Date": None} if image_format == "svg" else {"Software": None}
        figure.savefig(image, format=image_format, dpi=120, metadata=metadata)


def _csv(columns: Mapping[str, Any]) -> bytes:
    import pandas as pd

    table = pd.DataFrame(
        {name: list(map(_cell, values)) for name, values in columns.items()}
    )
    return table.to_csv(index=False, lineterminator="\n", float_format="%.6f").encode()


def _cell(value: Any) -> Any:
    return guarded(value) if isinstance(value, str) else value
