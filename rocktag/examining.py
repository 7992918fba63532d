"""Asking a model that was trained just now what it reaches beyond the rules' labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rocktag import report
from rocktag.artifact.loading import Predictor, predictor
from rocktag.comparing import Asked, Gold, yardsticks
from rocktag.config import Settings
from rocktag.drafting import Sides
from rocktag.fitting import Fitted
from rocktag.labeling import Rules
from rocktag.verdicts import Verdict


def opened(fitted: Fitted, rules: Rules, settings: Settings) -> Predictor:
    """Return the model, its files opened as the worker opens them."""
    return predictor(
        fitted.files,
        labels=rules.labels,
        rule_labels=fitted.rule_labels,
        text_view=settings.train.text_view,
        rules=rules,
        where=Path("the new model"),
    )


def findings_of(predict: Predictor, sides: Sides, rules: Rules) -> report.Findings:
    """Return what is seen of the headlines; the worst errors are of unseen ones.

    Args:
        predict: Titles to probabilities (n, L), as the model will be served.
        sides: What it was fitted, tuned and scored on.
        rules: What gave the labels.
    """
    return report.find(
        sides.corpus.titles,
        sides.targets,
        sides.rows,
        sides.scored(),
        rules.labels,
        predict,
    )


def yardsticks_of(
    predict: Predictor,
    sides: Sides,
    rules: Rules,
    settings: Settings,
    verdict: Verdict,
    gold: Gold | None,
) -> dict[str, Any]:
    """Return the manifest's facts on what a model reaches by each yardstick.

    Args:
        predict: Titles to probabilities (n, L), as the model will be served.
        sides: What it was fitted, tuned and scored on.
        rules: What gave the labels.
        settings: The configuration, resolved.
        verdict: Its thresholds and scores.
        gold: Headlines with human labels, if there are any.
    """
    asked = Asked(
        predict=predict,
        thresholds=verdict.thresholds,
        held_out=verdict.held_out,
        test_titles=[sides.corpus.titles[row] for row in sides.rows.test],
        provenance=sides.provenance(),
        minimum_positives=settings.train.minimum_positives,
    )
    return yardsticks(asked, rules, settings.evaluation, gold)
