"""What people read of a training: tables, a figure, the model card; all as bytes."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, TypeAlias

import tomli_w

from rocktag.config import Settings, TrainSettings
from rocktag.corpus import Corpus
from rocktag.labeling import Rules
from rocktag.metrics import Scores
from rocktag.thresholds import Sweep, TunedThresholds
from rocktag.types import NO_TOPIC

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
                label=f"{name}, best at {best:.2f}",
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


def model_card(
    corpus: Corpus,
    rules: Rules,
    chosen: TrainSettings,
    thresholds: TunedThresholds,
    scores: Mapping[str, Scores],
    remarks: Sequence[str] = (),
) -> bytes:
    """Return the model card (Markdown): use, data, scores, thresholds, limits.

    Args:
        corpus: What was learned from.
        rules: What labelled it.
        chosen: How it was trained.
        thresholds: Tuned on validation.
        scores: Threshold policy to the scores of the test side.
        remarks: Sentences of the classifier's own.
    """
    policies = _markdown(
        ["thresholds", "micro F1", "macro F1", "weighted F1", "exact match"],
        (
            [policy, *(f"{found.averages()[name]:.4f}" for name in _CARD_SCORES)]
            for policy, found in scores.items()
        ),
    )
    per_label = _markdown(
        ["label", "precision", "recall", "F1", "test headlines", "own threshold"],
        (
            [
                row.label,
                f"{row.precision:.3f}",
                f"{row.recall:.3f}",
                f"{row.f1:.3f}",
                str(row.support),
                _own_threshold(row.label, threshold, thresholds),
            ]
            for row, threshold in zip(
                scores["micro"].per_label, thresholds.per_label, strict=True
            )
        ),
    )
    return _CARD.format(
        classifier=chosen.classifier,
        text_view=chosen.text_view,
        headlines=f"{len(corpus.titles):,}",
        origin=corpus.origin,
        sha256=corpus.sha256,
        rules=rules.digest,
        micro=thresholds.micro,
        macro=thresholds.macro,
        validation=f"{thresholds.headlines:,}",
        minimum=chosen.minimum_positives,
        policies=policies,
        per_label=per_label,
        again=_again(chosen),
        remarks=f"**Training.** {' '.join(remarks)}\n\n" if remarks else "",
    ).encode()


_CARD_SCORES = ("micro_f1", "macro_f1", "weighted_f1", "subset_accuracy")

_CARD = """\
# {classifier} on {text_view} text

**Use.** Topic labels for headlines of the rock and music press, by `rocktag worker` and
`rocktag tag`. Not for other subjects or languages, nor for decisions about people.

**Data.** {headlines} distinct headlines from {origin} (SHA-256 {sha256}), labelled by
keyword rules (SHA-256 {rules}); nobody read them.

**Limits.** The labels it learned are keywords that stand in the headline. High scores
below say that it finds those keywords again, not that a reader would agree: where the
rules err ("hit the road" is a tour, "not a single person" no single), so does it.

**Thresholds**, tuned on {validation} validation headlines: {micro:.2f} for the best
micro F1, {macro:.2f} for the best macro F1, and one for each label with at least
{minimum} positives there.

{remarks}## Scores on the untouched test headlines, against the rules

{policies}

Per label, under the `micro` threshold:

{per_label}

## Again

    {again}

on the same headlines gives the same model; `config.toml` beside this file holds every
setting, `test_scores.json` every score, `thresholds.csv` the curve of
`threshold_sweep.svg`.
"""


def _again(chosen: TrainSettings) -> str:
    preset = f" --preset {chosen.preset}" if chosen.preset else ""
    return (
        f"rocktag train --classifier {chosen.classifier}{preset}"
        f" --text-view {chosen.text_view} --seed {chosen.seed}"
    )


def _own_threshold(label: str, threshold: float, thresholds: TunedThresholds) -> str:
    shared = label == NO_TOPIC or label in thresholds.fallback
    return "-" if shared else f"{threshold:.2f}"


def _markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _csv(columns: Mapping[str, Any]) -> bytes:
    import pandas as pd

    table = pd.DataFrame(columns)
    return table.to_csv(index=False, lineterminator="\n", float_format="%.6f").encode()
