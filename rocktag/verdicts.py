"""All that an artifact says under its thresholds: facts, tables and figures.

Training writes it the first time, tuning again anew; nothing here needs the model.
After cross-validation the scores are nested: each fold is scored under thresholds that
were tuned on the other folds, never on itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rocktag import reporting
from rocktag.artifact.predictions import HeldOut, Predictions, ReadByPeople
from rocktag.metrics import Scores, score
from rocktag.objectives import Objective
from rocktag.report.learning import sweep_drawing
from rocktag.thresholds import TunedThresholds, decide, sweep, tune
from rocktag.types import Probabilities, Targets

POLICIES = ("micro", "macro", "per-label")


@dataclass(frozen=True, slots=True)
class Examined:
    """What was scored, and under which thresholds.

    Attributes:
        thresholds: Tuned on other headlines.
        targets: (n, L).
        decided: Threshold policy to (n, L).
    """

    thresholds: TunedThresholds
    targets: Targets
    decided: dict[str, Targets]

    def scores(self, labels: Sequence[str]) -> dict[str, Scores]:
        """Return threshold policy to scores."""
        return {
            policy: score(self.targets, decided, labels)
            for policy, decided in self.decided.items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Thresholds, and how the model serves under them.

    Attributes:
        labels: The L labels.
        held_out: What it is a verdict on.
        thresholds: The ones to serve under.
        objective: What for.
        minimum_positives: Where they are tuned, for a threshold of the label's own.
        test: Threshold policy to the scores of headlines that nothing was tuned on.
        folds: Likewise of each fold; none without cross-validation.
        fold_thresholds: Those that each fold was scored under.
    """

    labels: Sequence[str]
    held_out: HeldOut
    thresholds: TunedThresholds
    objective: Objective
    minimum_positives: int
    test: dict[str, Scores]
    folds: tuple[dict[str, Scores], ...] = ()
    fold_thresholds: tuple[TunedThresholds, ...] = ()

    @property
    def tuned_on(self) -> str:
        """What the headlines are that the thresholds were tuned on."""
        if isinstance(self.held_out, ReadByPeople):
            return "human-labelled"
        return "out-of-fold" if self.folds else "validation"

    def facts(self) -> dict[str, Any]:
        """Return the manifest's fields on thresholds and scores."""
        tuned = self.thresholds
        facts = {
            "thresholds": {
                "micro": tuned.micro,
                "macro": tuned.macro,
                "per_label": tuned.per_label,
                "fallback": tuned.fallback,
                "headlines": tuned.headlines,
                "tuned_on": self.tuned_on,
                "objective": self.objective.name,
                "minimum_precision": self.objective.minimum_precision,
                "minimum_positives": self.minimum_positives,
                "unreached": tuned.unreached,
            },
            "test": {policy: found.averages() for policy, found in self.test.items()},
        }
        if self.folds:
            facts["cross_validation"] = self._cross_validation()
        return facts

    def rates(self) -> dict[str, dict[str, float]]:
        """Return threshold policy to label to the share of unseen headlines with it."""
        unseen = self.held_out.unseen
        return {policy: self._rates(unseen, policy) for policy in POLICIES}

    def files(self) -> dict[str, bytes]:
        """Return the artifact's files that depend on the thresholds, but the card."""
        curve = sweep(*self.held_out.tuned_on, self.labels)
        tables = reporting.fold_tables(self.folds) if self.folds else {}
        figure = sweep_drawing(curve, self.thresholds, tuned_on=self.tuned_on)
        return {
            **tables,
            **figure.files(),
            "thresholds.csv": reporting.sweep_table(curve),
            "test_scores.json": reporting.scores_json(self.test),
        }

    def _rates(self, probabilities: Probabilities, policy: str) -> dict[str, float]:
        decided = decide(probabilities, self.thresholds.under(policy), self.labels)
        return dict(zip(self.labels, decided.mean(axis=0).tolist(), strict=True))

    def _cross_validation(self) -> dict[str, Any]:
        """Return what the manifest says of the folds."""
        return {
            "folds": len(self.folds),
            "scores": {
                policy: _spread([fold[policy].averages() for fold in self.folds])
                for policy in POLICIES
            },
            "thresholds": {
                "micro": [found.micro for found in self.fold_thresholds],
                "macro": [found.macro for found in self.fold_thresholds],
            },
        }


def reach(
    held_out: HeldOut,
    labels: Sequence[str],
    objective: Objective,
    minimum_positives: int,
) -> Verdict:
    """Tune thresholds, and score what they were not tuned on."""

    def tuned(targets: Targets, probabilities: Probabilities) -> TunedThresholds:
        return tune(
            targets,
            probabilities,
            labels,
            minimum_positives=minimum_positives,
            objective=objective,
        )

    examined = [
        _examine(tuned(*tuned_on), *scored, labels)
        for tuned_on, scored in held_out.examinations()
    ]
    is_crossed = not isinstance(held_out, Predictions)
    return Verdict(
        labels=labels,
        held_out=held_out,
        thresholds=tuned(*held_out.tuned_on) if is_crossed else examined[0].thresholds,
        objective=objective,
        minimum_positives=minimum_positives,
        test=_pooled(examined).scores(labels),
        folds=tuple(one.scores(labels) for one in examined) if is_crossed else (),
        fold_thresholds=tuple(one.thresholds for one in examined) if is_crossed else (),
    )


def scores(
    targets: Targets,
    probabilities: Probabilities,
    labels: Sequence[str],
    thresholds: TunedThresholds,
) -> dict[str, Scores]:
    """Return threshold policy to scores, as the headlines would be served."""
    return _examine(thresholds, targets, probabilities, labels).scores(labels)


def _examine(
    thresholds: TunedThresholds,
    targets: Targets,
    probabilities: Probabilities,
    labels: Sequence[str],
) -> Examined:
    decided = {
        policy: decide(probabilities, thresholds.under(policy), labels)
        for policy in POLICIES
    }
    return Examined(thresholds, targets, decided)


def _pooled(examined: Sequence[Examined]) -> Examined:
    """Return all folds as one; each keeps what was decided under its thresholds."""
    return Examined(
        examined[0].thresholds,
        np.concatenate([one.targets for one in examined]),
        {
            policy: np.concatenate([one.decided[policy] for one in examined])
            for policy in POLICIES
        },
    )


def _spread(folds: Sequence[dict[str, float]]) -> dict[str, dict[str, Any]]:
    """Return each score's mean, standard deviation (n - 1) and value in each fold."""
    spread = {}
    for name in folds[0]:
        values = [fold[name] for fold in folds]
        spread[name] = {
            "mean": float(np.mean(values)),
            "standard_deviation": float(np.std(values, ddof=1)),
            "folds": values,
        }
    return spread
