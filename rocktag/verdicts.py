"""All that an artifact says under its thresholds: facts, tables and figures.

Training writes it the first time, tuning again anew; nothing here needs the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rocktag import reporting
from rocktag.artifact.predictions import Predictions
from rocktag.metrics import Scores, score
from rocktag.objectives import Objective
from rocktag.thresholds import TunedThresholds, decide, sweep, tune
from rocktag.types import Probabilities, Targets

POLICIES = ("micro", "macro", "per-label")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Thresholds, and how the model serves under them.

    Attributes:
        labels: The L labels.
        predictions: Of the validation and the test side.
        thresholds: Tuned on validation.
        objective: What for.
        minimum_positives: In validation, for a threshold of the label's own.
        test: Threshold policy to the scores of the test side.
    """

    labels: Sequence[str]
    predictions: Predictions
    thresholds: TunedThresholds
    objective: Objective
    minimum_positives: int
    test: dict[str, Scores]

    def facts(self) -> dict[str, Any]:
        """Return the manifest's fields `thresholds` and `test`."""
        tuned = self.thresholds
        return {
            "thresholds": {
                "micro": tuned.micro,
                "macro": tuned.macro,
                "per_label": tuned.per_label,
                "fallback": tuned.fallback,
                "headlines": tuned.headlines,
                "tuned_on": "validation",
                "objective": self.objective.name,
                "minimum_precision": self.objective.minimum_precision,
                "minimum_positives": self.minimum_positives,
                "unreached": tuned.unreached,
            },
            "test": {policy: found.averages() for policy, found in self.test.items()},
        }

    def rates(self) -> dict[str, dict[str, float]]:
        """Return threshold policy to label to the share of unseen headlines with it."""
        sides = (self.predictions.validation, self.predictions.test)
        unseen = np.concatenate([probabilities for _, probabilities in sides])
        return {policy: self._rates(unseen, policy) for policy in POLICIES}

    def files(self) -> dict[str, bytes]:
        """Return the artifact's files that depend on the thresholds, but the card."""
        curve = sweep(*self.predictions.validation, self.labels)
        return {
            "thresholds.csv": reporting.sweep_table(curve),
            "test_scores.json": reporting.scores_json(self.test),
            "threshold_sweep.png": reporting.sweep_figure(
                curve, self.thresholds, "png"
            ),
            "threshold_sweep.svg": reporting.sweep_figure(
                curve, self.thresholds, "svg"
            ),
        }

    def _rates(self, probabilities: Probabilities, policy: str) -> dict[str, float]:
        decided = decide(probabilities, self.thresholds.under(policy), self.labels)
        return dict(zip(self.labels, decided.mean(axis=0).tolist(), strict=True))


def reach(
    predictions: Predictions,
    labels: Sequence[str],
    objective: Objective,
    minimum_positives: int,
) -> Verdict:
    """Tune on validation, then score the test side."""
    thresholds = tune(
        *predictions.validation,
        labels,
        minimum_positives=minimum_positives,
        objective=objective,
    )
    return Verdict(
        labels=labels,
        predictions=predictions,
        thresholds=thresholds,
        objective=objective,
        minimum_positives=minimum_positives,
        test=scores(*predictions.test, labels, thresholds),
    )


def scores(
    targets: Targets,
    probabilities: Probabilities,
    labels: Sequence[str],
    thresholds: TunedThresholds,
) -> dict[str, Scores]:
    """Return threshold policy to scores, as the headlines would be served."""
    return {
        policy: score(
            targets, decide(probabilities, thresholds.under(policy), labels), labels
        )
        for policy in POLICIES
    }
