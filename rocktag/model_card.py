"""The model card: what people should know before they use a model."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterable, Mapping, Sequence

from rocktag.artifact.facts import (
    CorpusFacts,
    CrossValidationFacts,
    FittingFacts,
    ThresholdFacts,
)
from rocktag.config import TrainSettings
from rocktag.metrics import Scores
from rocktag.thresholds import TunedThresholds
from rocktag.types import NO_TOPIC


def render(
    corpus: CorpusFacts,
    rules_sha256: str,
    chosen: TrainSettings,
    thresholds: ThresholdFacts,
    scores: Mapping[str, Scores],
    remarks: Sequence[str] = (),
    *,
    fitting: FittingFacts | None = None,
    crossed: CrossValidationFacts | None = None,
    tuned_from: str | None = None,
) -> bytes:
    """Return the model card (Markdown): use, data, scores, thresholds, limits.

    Args:
        corpus: What was learned from.
        rules_sha256: What labelled it.
        chosen: How it was trained.
        thresholds: Tuned on validation or out of fold.
        scores: Threshold policy to the scores of the test side, or of all folds.
        remarks: Sentences of the classifier's own.
        fitting: How a network came to its weights.
        crossed: The scores of each fold, after cross-validation.
        tuned_from: The version whose model this is, if its thresholds were tuned again.
    """
    tuned = thresholds.tuned()

    def _averaged(policy: str, name: str) -> str:
        if crossed is None:
            return f"{scores[policy].averages()[name]:.4f}"
        found = crossed.scores[policy][name]
        return f"{found.mean:.4f} ± {found.standard_deviation:.4f}"

    policies = _markdown(
        ["thresholds", "micro F1", "macro F1", "weighted F1", "exact match"],
        (
            [policy, *(_averaged(policy, name) for name in _CARD_SCORES)]
            for policy in scores
        ),
    )
    per_label = _markdown(
        [
            *("label", "precision", "recall", "F1"),
            "headlines" if crossed else "test headlines",
            "own threshold",
        ],
        (
            [
                row.label,
                f"{row.precision:.3f}",
                f"{row.recall:.3f}",
                f"{row.f1:.3f}",
                str(row.support),
                _own_threshold(row.label, threshold, tuned),
            ]
            for row, threshold in zip(
                scores["micro"].per_label, tuned.per_label, strict=True
            )
        ),
    )
    return _CARD.format(
        classifier=chosen.classifier,
        text_view=chosen.text_view,
        headlines=f"{corpus.headlines:,}",
        origin=corpus.origin,
        sha256=corpus.sha256,
        rules=rules_sha256,
        thresholds=_thresholds(thresholds),
        scored=_CROSSED.format(folds=crossed.folds) if crossed else _SCORED,
        policies=policies,
        how=_HOW_CROSSED if crossed else "",
        per_label=per_label,
        again=_again(fitting, tuned_from),
        more=_MORE_CROSSED if crossed else "",
        remarks=f"**Training.** {' '.join(remarks)}\n\n" if remarks else "",
    ).encode()


def _thresholds(facts: ThresholdFacts) -> str:
    """Return the card's paragraph on them."""
    name = facts.objective.upper()
    what = f"the best {name}"
    if facts.minimum_precision is not None:
        what = f"the lowest with a precision of {facts.minimum_precision:g} or more"
    said = (
        f"**Thresholds**, tuned on {facts.headlines:,} {facts.tuned_on} headlines for"
        f" {what} there: {facts.micro:.2f} for the micro average, {facts.macro:.2f} for"
        " the macro average, and one for each label with at least"
        f" {facts.minimum_positives} positives there."
    )
    if facts.unreached:
        names = ", ".join(facts.unreached)
        said += f" No threshold has that precision for {names}: the best {name} there."
    return textwrap.fill(said, _WIDTH)


_WIDTH = 88
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

{thresholds}

{remarks}{scored}

{policies}

Per label, under the `micro` threshold{how}:

{per_label}

## Again

{again}

`config.toml` beside this file holds every setting of the training,
`test_scores.json` every score, `thresholds.csv` the curve of
`threshold_sweep.svg`.{more}
"""

_SCORED = "## Scores on the untouched test headlines, against the rules"

_CROSSED = """\
## Scores of cross-validation, against the rules

Mean ± standard deviation of {folds} folds. A model that had not learned from a fold was
asked of it, and scored under thresholds that were tuned on the other folds. The model
that is served learned from every headline: none is left to score itself on."""

_HOW_CROSSED = " of the other folds, all folds together"

_MORE_CROSSED = """ Each fold's scores are in `fold_scores.csv` and
`fold_label_scores.csv`; `history.csv` is of the model that is served, whose validation
headlines are among those that it learned from."""


_THEN = """;
`rocktag thresholds {}` then tuned it again"""


def _again(fitting: FittingFacts | None, tuned_from: str | None) -> str:
    """Return how the same model is trained once more, or why it cannot be."""
    if fitting and fitting.interrupted_in_epoch:
        return (
            f"The training was interrupted in epoch {fitting.interrupted_in_epoch}: no"
            "\ncommand gives this very model again."
        )
    given = fitting.given_vectors if fitting else None
    glove = f" --glove {shlex.quote(given.origin)}" if given else ""
    then = _THEN.format(tuned_from) if tuned_from else ""
    return (
        f"    rocktag --config <this folder>/config.toml train{glove}\n\n"
        "on the same headlines, with the packages that `manifest.json` lists and on the"
        f"\nsame kind of CPU, gives the same model{then}."
    )


def _own_threshold(label: str, threshold: float, thresholds: TunedThresholds) -> str:
    shared = label == NO_TOPIC or label in thresholds.fallback
    return "-" if shared else f"{threshold:.2f}"


def _markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
