"""What the page of a training tells of thresholds, labels, calibration and errors."""

from __future__ import annotations

from rocktag.metrics import Scores, score
from rocktag.report import calibration, label_scores, learning
from rocktag.report.page import Errors, Part, Table, Tiles
from rocktag.report.told import Told, listed
from rocktag.text import counted
from rocktag.thresholds import decide, sweep
from rocktag.types import NO_TOPIC

_BASE = 0.5  # the threshold that nobody tuned


def thresholds(told: Told) -> list[Part]:
    """Return how thresholds were chosen, and what they change."""
    verdict = told.verdict
    tuned, curve = verdict.thresholds, sweep(*verdict.held_out.tuned_on, verdict.labels)
    what = f"{tuned.headlines:,} {verdict.tuned_on} headlines"
    rows = [
        (
            before.label,
            f"{threshold:.2f}",
            before.f1,
            after.f1,
            _change(before.f1, after.f1),
        )
        for threshold, before, after in zip(
            tuned.per_label,
            _base(told).per_label,
            verdict.test["per-label"].per_label,
            strict=True,
        )
    ]
    return [
        f"Tuned on {what} for the best {verdict.objective.name.upper()}. Labels with"
        f" fewer than {counted(verdict.minimum_positives, 'positive')} there take the"
        f" micro threshold: {listed(tuned.fallback)}.",
        learning.sweep_drawing(curve, tuned, tuned_on=verdict.tuned_on),
        _policies(told),
        label_scores.tuned_drawing(
            _base(told).per_label,
            verdict.test["per-label"].per_label,
            scored=told.scored,
        ),
        Table(
            f"F1 of {told.scored} at 0.5 and at each label's own threshold",
            ["label", "threshold", "at 0.5", "at its own", "change"],
            rows,
        ),
    ]


def _policies(told: Told) -> Table:
    """Return what each policy draws the line at, and what it comes to."""
    tuned = told.verdict.thresholds
    own = sorted(set(tuned.per_label))
    chosen = {
        "micro": f"{tuned.micro:.2f}",
        "macro": f"{tuned.macro:.2f}",
        "per-label": f"{own[0]:.2f} to {own[-1]:.2f}",
    }
    found = {"0.5 for all": _base(told), **told.verdict.test}
    return Table(
        f"Thresholds, and F1 of {told.scored} under them",
        ["policy", "threshold", "micro F1", "macro F1"],
        [
            [policy, chosen.get(policy, "0.50"), scores.micro.f1, scores.macro.f1]
            for policy, scores in found.items()
        ],
    )


def _change(before: float, after: float) -> str:
    """Return a change with its sign.

    >>> _change(0.5, 0.75), _change(0.5, 0.5)
    ('+0.2500', '0')
    """
    return f"{after - before:+.4f}" if after != before else "0"


def _base(told: Told) -> Scores:
    """Return the scores at the threshold 0.5 of what the others are scored on."""
    targets, probabilities = told.examined()
    names = told.labels
    return score(targets, decide(probabilities, _BASE, names), names)


def per_label(told: Told) -> list[Part]:
    """Return how well each label is told."""
    rows = told.verdict.test["micro"].per_label
    return [
        label_scores.score_drawing(rows, scored=told.scored),
        Table(
            f"Scores of each label on {told.scored}, under “micro” thresholds",
            ["label", "precision", "recall", "F1", "support"],
            [
                [row.label, row.precision, row.recall, row.f1, row.support]
                for row in rows
            ],
            is_shaded=True,
        ),
    ]


def reliability(told: Told) -> list[Part]:
    """Return how far the model's own probabilities can be believed."""
    others = {NO_TOPIC, *told.rule_labels}
    own = [column for column, label in enumerate(told.labels) if label not in others]
    targets, probabilities = told.examined()
    bins = calibration.reliability(targets[:, own], probabilities[:, own])
    if not bins:
        return ["The rules give every topic: the model has no probability."]
    upper = [one for one in bins if one.low > 0]
    return [
        Tiles(
            [
                (calibration.expected_error(bins), "expected calibration error"),
                (
                    calibration.expected_error(upper),
                    "the same, of probabilities of 0.1 and more",
                ),
            ]
        ),
        "Of every headline and every topic that the model itself gives. Nearly all of"
        " these decisions are easy ones with a probability near 0, so the second number"
        " says more.",
        calibration.reliability_drawing(bins, scored=told.scored),
        Table(
            "Probabilities, and how often the label applies",
            ["probability", "decisions", "mean", "applies"],
            [
                (
                    f"{one.low:.1f} to {one.high:.1f}",
                    one.decisions,
                    one.probability,
                    one.share,
                )
                for one in bins
            ],
        ),
    ]


def errors(told: Told) -> list[Part]:
    """Return the worst errors, with the words that drove them."""
    found = told.findings.errors
    if not found:
        return [f"On {told.scored} the model is nowhere sure of what is wrong."]
    return [
        f"The labels of {told.scored} of which the model is most sure, and wrong by the"
        " rules; one a headline. A word's shade tells how far the probability moves"
        " when the word is left out: it falls without a filled word, and rises without"
        " a dotted one.",
        Errors(found),
    ]
