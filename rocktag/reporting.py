"""What people read of a training: tables, a figure, the model card; all as bytes."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import tomli_w

from rocktag.config import Settings, TrainSettings
from rocktag.corpus import Corpus
from rocktag.labeling import Rules
from rocktag.metrics import Scores
from rocktag.thresholds import Sweep, TunedThresholds
from rocktag.types import NO_TOPIC


def configuration(settings: Settings) -> bytes:
    """Return the resolved settings as TOML, without secrets."""
    return toml(settings.publishable()).encode()


def toml(values: Mapping[str, Any]) -> str:
    """Return nested values as TOML."""
    return tomli_w.dumps(values)


def history(learned: Mapping[str, Scores]) -> bytes:
    """Return history.csv: one row, for these classifiers are fitted in one step.

    Args:
        learned: `training` and `validation` to their scores.
    """
    row = {
        f"{side}_{name}": scores.averages()[name]
        for side, scores in learned.items()
        for name in ("micro_f1", "macro_f1", "subset_accuracy")
    }
    return _csv({"epoch": [1], **{name: [value] for name, value in row.items()}})


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
    curve: Sweep, thresholds: TunedThresholds, image_format: Literal["png", "svg"]
) -> bytes:
    """Draw micro and macro F1 on validation by threshold; readable in black and white.

    The image holds neither date nor random names: the same data give the same bytes.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "rocktag", "font.size": 11}):
        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.add_subplot()
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
        axes.grid(visible=True, color="0.85")
        axes.legend(loc="lower center", frameon=False)
        image = io.BytesIO()
        metadata = {"Date": None} if image_format == "svg" else {"Software": None}
        figure.savefig(image, format=image_format, dpi=120, metadata=metadata)
    return image.getvalue()


def model_card(
    corpus: Corpus,
    rules: Rules,
    chosen: TrainSettings,
    thresholds: TunedThresholds,
    scores: Mapping[str, Scores],
) -> bytes:
    """Return the model card (Markdown): use, data, scores, thresholds, limits."""
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
        seed=chosen.seed,
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

## Scores on the untouched test headlines, against the rules

{policies}

Per label, under the `micro` threshold:

{per_label}

## Again

    rocktag train --classifier {classifier} --text-view {text_view} --seed {seed}

on the same headlines gives the same model; `config.toml` beside this file holds every
setting, `test_scores.json` every score, `thresholds.csv` the curve of
`threshold_sweep.svg`.
"""


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
