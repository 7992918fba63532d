"""From a trained model to the draft of its artifact: files and manifest.

No file holds a time: the same corpus, settings and seed give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt

from rocktag import __version__, drift, reporting
from rocktag.artifact import Draft
from rocktag.artifact.loading import GOLDEN_NAME
from rocktag.config import Settings
from rocktag.corpus import Corpus
from rocktag.fitting import Fitted
from rocktag.labeling import Rules
from rocktag.metrics import Scores, score
from rocktag.splits import Indices, Split
from rocktag.thresholds import TunedThresholds, decide, sweep
from rocktag.types import Probabilities, Targets

POLICIES = ("micro", "macro", "per-label")
_GOLDEN_EXTRA = 8  # test headlines replayed at load, beside one for each label
_PACKAGES = ("numpy", "nltk")  # beside those of the classifier


@dataclass(frozen=True, slots=True)
class Sides:
    """A corpus, split, with its weak labels and what the model says of it.

    Attributes:
        corpus: N titles.
        targets: (N, L), by the rules.
        rows: The sides of the split.
        probabilities: (N, L), by the model; its training headlines included.
    """

    corpus: Corpus
    targets: Targets
    rows: Split
    probabilities: Probabilities

    def of(self, rows: Indices) -> tuple[Targets, Probabilities]:
        """Return the targets and probabilities of some rows."""
        return self.targets[rows], self.probabilities[rows]

    def score(
        self,
        rows: Indices,
        labels: Sequence[str],
        thresholds: TunedThresholds,
        policy: str,
    ) -> Scores:
        """Score some rows as they would be served under a threshold policy."""
        targets, probabilities = self.of(rows)
        decided = decide(probabilities, thresholds.under(policy), labels)
        return score(targets, decided, labels)


def draft(
    fitted: Fitted,
    sides: Sides,
    rules: Rules,
    settings: Settings,
    thresholds: TunedThresholds,
    scores: dict[str, Scores],
) -> Draft:
    """Return the artifact as it is to be published, but for the time it took.

    Args:
        fitted: The model, as it will be served.
        sides: What it was fitted, tuned and scored on.
        rules: What gave the labels.
        settings: The configuration, resolved.
        thresholds: Tuned on the validation side.
        scores: Threshold policy to the scores of the test side.
    """
    facts = {
        **_facts(sides, rules, settings, thresholds, scores),
        **fitted.facts,
        "packages": _packages(fitted),
    }
    files = _files(fitted, sides, rules, settings, thresholds, scores)
    return Draft(settings.train.classifier, facts, files)


def _packages(fitted: Fitted) -> dict[str, str]:
    names = sorted({*_PACKAGES, *fitted.packages})
    return {"rocktag": __version__, **{name: version(name) for name in names}}


def _files(
    fitted: Fitted,
    sides: Sides,
    rules: Rules,
    settings: Settings,
    thresholds: TunedThresholds,
    scores: dict[str, Scores],
) -> dict[str, bytes]:
    """Return every file of the artifact but its manifest."""
    curve = sweep(*sides.of(sides.rows.validation), rules.labels)
    history = fitted.history or (_one_step(sides, rules, thresholds),)
    return {
        **fitted.files,
        **reporting.history_figures(fitted.history),
        GOLDEN_NAME: _golden(sides),
        "config.toml": reporting.configuration(settings),
        "history.csv": reporting.history(history),
        "thresholds.csv": reporting.sweep_table(curve),
        "test_scores.json": reporting.scores_json(scores),
        "threshold_sweep.png": reporting.sweep_figure(curve, thresholds, "png"),
        "threshold_sweep.svg": reporting.sweep_figure(curve, thresholds, "svg"),
        "README.md": reporting.model_card(
            sides.corpus, rules, settings.train, thresholds, scores, fitted.remarks
        ),
    }


def _one_step(
    sides: Sides, rules: Rules, thresholds: TunedThresholds
) -> dict[str, float]:
    """Return the history of a classifier without epochs, under the micro threshold."""
    row: dict[str, float] = {"epoch": 1}
    for side, rows in (
        ("training", sides.rows.train),
        ("validation", sides.rows.validation),
    ):
        found = sides.score(rows, rules.labels, thresholds, "micro").averages()
        for name in ("micro_f1", "macro_f1", "subset_accuracy"):
            row[f"{side}_{name}"] = found[name]
    return row


def _golden(sides: Sides) -> bytes:
    """Return test headlines with their probabilities: one for each label, some more."""
    test = sides.rows.test
    columns = range(sides.targets.shape[1])
    with_label = [test[sides.targets[test, column] == 1] for column in columns]
    chosen = {int(rows[0]) for rows in with_label if len(rows)}
    chosen.update(int(row) for row in test[:_GOLDEN_EXTRA])
    lines = (
        json.dumps(
            {
                "title": sides.corpus.titles[row],
                "probabilities": _rounded(sides.probabilities[row]),
            }
        )
        for row in sorted(chosen)
    )
    return "".join(f"{line}\n" for line in lines).encode()


def _rounded(values: npt.NDArray[np.float32]) -> list[float]:
    return [round(float(value), 6) for value in values]


def _facts(
    sides: Sides,
    rules: Rules,
    settings: Settings,
    thresholds: TunedThresholds,
    scores: dict[str, Scores],
) -> dict[str, Any]:
    """Return the manifest's fields that training knows."""
    return {
        "labels": rules.labels,
        "text_view": settings.train.text_view,
        "thresholds": {
            "micro": thresholds.micro,
            "macro": thresholds.macro,
            "per_label": thresholds.per_label,
            "fallback": thresholds.fallback,
            "headlines": thresholds.headlines,
            "tuned_on": "validation",
        },
        "test": {policy: found.averages() for policy, found in scores.items()},
        "reference": _reference(sides, rules.labels, thresholds),
        "rules_sha256": rules.digest,
        "corpus": {
            "origin": sides.corpus.origin,
            "headlines": len(sides.corpus.titles),
            "sha256": sides.corpus.sha256,
            "training": len(sides.rows.train),
            "validation": len(sides.rows.validation),
            "test": len(sides.rows.test),
        },
        "seed": settings.train.seed,
    }


def _reference(
    sides: Sides, labels: Sequence[str], thresholds: TunedThresholds
) -> dict[str, Any]:
    """Return how the model behaves on what it has not learned from."""
    unseen = np.concatenate([sides.rows.validation, sides.rows.test])
    probabilities = sides.probabilities[unseen]
    edges = {
        label: drift.frozen_edges(probabilities[:, column])
        for column, label in enumerate(labels)
    }
    return {
        "headlines": len(unseen),
        "edges": edges,
        "histograms": {
            label: drift.histogram(probabilities[:, column], edges[label])
            for column, label in enumerate(labels)
        },
        "rates": {
            policy: _rates(probabilities, thresholds, labels, policy)
            for policy in POLICIES
        },
    }


def _rates(
    probabilities: Probabilities,
    thresholds: TunedThresholds,
    labels: Sequence[str],
    policy: str,
) -> dict[str, float]:
    decided = decide(probabilities, thresholds.under(policy), labels)
    return dict(zip(labels, decided.mean(axis=0).tolist(), strict=True))
