"""What people read of a training: tables, figures, settings; all as bytes."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, TypeAlias

import tomli_w

from rocktag.config import Settings
from rocktag.metrics import Scores
from rocktag.thresholds import Sweep, TunedThresholds

ImageFormat: TypeAlias = Literal["png", "svg"]


def configuration(settings: Settings) -> bytes:
    """Return the resolved settings as TOML, without secrets."""
    return toml(settings.publishable()).encode()


def toml(values: Mapping[str, Any]) -> str:
    """Return nested values as TOML."""
    return tomli_w.dumps(values)


def history(epochs: Sequence[Mapping[str, float]]) -> bytes:
    """Return history.csv: one row an epoch, at least one."""
    return _csv({name: [row[name] for row in epochs] for name in epochs[0]})


def sweep_table(curve: Sweep) -> bytes:
    """Return micro and macro F1 on validation by threshold, as CSV."""
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


def sweep_figure(
    curve: Sweep, thresholds: TunedThresholds, image_format: ImageFormat
) -> bytes:
    """Draw micro and macro F1 on validation by threshold; readable in black and white.

    The image holds neither date nor random names: the same data give the same bytes.
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
        axes.set(xlabel="threshold for every label", ylabel="F1 on validation")
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
    numbers = [row["epoch"] for row in epochs]
    with _figure(image_format) as (axes, image):
        for side, style, marker in (("training", "--", "s"), ("validation", "-", "o")):
            values = [row[f"{side}_{name}"] for row in epochs]
            axes.plot(
                numbers,
                values,
                f"{style}{marker}",
                color="black",
                markerfacecolor="white",
                label=side,
            )
        axes.plot(
            best["epoch"],
            best[f"validation_{name}"],
            "o",
            color="black",
            label=f"kept: epoch {best['epoch']}",
        )
        axes.set(xlabel="epoch", ylabel=_AXES[name])
        axes.xaxis.get_major_locator().set_params(integer=True)
        if name == "loss":
            axes.set_yscale("log")
        axes.legend(frameon=False)
    return image.getvalue()


_AXES = {
    "micro_f1": "micro F1 at the threshold 0.5",
    "loss": "loss, log scale",
}


@contextmanager
def _figure(image_format: ImageFormat) -> Iterator[tuple[Any, io.BytesIO]]:
    """Open axes; what is drawn is in the image at the end, the same bytes each time."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    image = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "rocktag", "font.size": 11}):
        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.add_subplot()
        axes.grid(visible=True, color="0.85")
        yield axes, image
        metadata = {"Date": None} if image_format == "svg" else {"Software": None}
        figure.savefig(image, format=image_format, dpi=120, metadata=metadata)


def _csv(columns: Mapping[str, Any]) -> bytes:
    import pandas as pd

    table = pd.DataFrame(columns)
    return table.to_csv(index=False, lineterminator="\n", float_format="%.6f").encode()
