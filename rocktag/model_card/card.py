"""The card as a whole: use, data, limits, scores, thresholds, how to have it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rocktag.artifact.facts import CorpusFacts, ThresholdFacts
from rocktag.config import TrainSettings
from rocktag.metrics import LabelScore, Scores
from rocktag.model_card import again, yardsticks
from rocktag.model_card.described import Described
from rocktag.model_card.markdown import paragraph, table
from rocktag.text import counted
from rocktag.types import NO_TOPIC, SchemeName, rules_in_words


def render(
    facts: Mapping[str, Any],
    chosen: TrainSettings,
    scores: Mapping[str, Scores],
    files: Mapping[str, bytes],
) -> bytes:
    """Return the model card (Markdown).

    Args:
        facts: The manifest's fields, as a draft has them.
        chosen: How it was trained.
        scores: Threshold policy to the scores of the test side, or of all folds.
        files: Name to content of the artifact's other files.
    """
    described = Described.model_validate(facts)
    parts = (
        f"# {chosen.classifier} on {chosen.text_view} text",
        _USE,
        *_about(described),
        yardsticks.section(described),
        *_scores(described, scores),
        *again.sections(described, files),
    )
    return ("\n\n".join(parts) + "\n").encode()


def _about(facts: Described) -> Iterator[str]:
    """Yield the paragraphs on data, limits, thresholds and training."""
    yield _data(facts)
    yield _LIMITS[facts.rules]
    yield paragraph(_thresholds(facts.thresholds))
    if facts.remarks:
        yield paragraph(f"**Training.** {' '.join(facts.remarks)}")


def _data(facts: Described) -> str:
    corpus = facts.corpus
    sides = (
        f"{corpus.training:,} to learn from, {corpus.validation:,} for validation,"
        f" {corpus.test:,} for the test"
    )
    if facts.cross_validation and not facts.human:
        sides = f"It learned from all; {corpus.validation:,} were its validation too"
    return paragraph(
        f"**Data.** {counted(corpus.headlines, 'distinct headline')} from"
        f" {corpus.origin}"
        f" (SHA-256 {corpus.sha256}), labelled by {rules_in_words(facts.rules)}"
        f" (SHA-256 {facts.rules_sha256}); nobody read them. {sides}.{_read(facts)}"
    )


def _read(facts: Described) -> str:
    """Return what was learned from people, if anything was."""
    human = facts.human
    if human is None:
        return ""
    return (
        f" Besides, {counted(human.headlines, 'headline')} that people read"
        f" ({counted(human.decisions, 'decision')} they agree on); thresholds and"
        " scores are of"
        f" those, each said by a model of {counted(human.folds, 'fold')} that had not"
        " learned from"
        " it. A stacker weighs what the model says with what the rules say."
    )


def _thresholds(facts: ThresholdFacts) -> str:
    name = facts.objective.upper()
    what = f"the best {name}"
    if facts.minimum_precision is not None:
        what = f"the lowest with a precision of {facts.minimum_precision:g} or more"
    said = (
        f"**Thresholds**, tuned on {facts.headlines:,} {facts.tuned_on} headlines for"
        f" {what} there: {facts.micro:.2f} for the micro average, {facts.macro:.2f} for"
        " the macro average, and one for each label with at least"
        f" {counted(facts.minimum_positives or 1, 'positive')} there."
    )
    if facts.unreached:
        names = ", ".join(facts.unreached)
        said += f" No threshold has that precision for {names}: the best {name} there."
    return said


def _scores(facts: Described, scores: Mapping[str, Scores]) -> Iterator[str]:
    """Yield the section with the scores against the rules."""
    crossed = facts.cross_validation
    if crossed and facts.human:
        yield _CROSSED_PEOPLE.format(folds=crossed.folds)
    else:
        yield _CROSSED.format(folds=crossed.folds) if crossed else _SCORED
    yield table(
        ["thresholds", *_CARD_SCORES.values()],
        ([policy, *_averages(facts, scores, policy)] for policy in scores),
    )
    how = " of the other folds, all folds together" if crossed else ""
    yield f"Per label, under the `micro` threshold{how}:"
    yield _per_label(facts, scores["micro"].per_label)


def _averages(
    facts: Described, scores: Mapping[str, Scores], policy: str
) -> Iterator[str]:
    for name in _CARD_SCORES:
        if facts.cross_validation is None:
            yield f"{scores[policy].averages()[name]:.4f}"
        else:
            found = facts.cross_validation.scores[policy][name]
            yield f"{found.mean:.4f} ± {found.standard_deviation:.4f}"


def _per_label(facts: Described, rows: Sequence[LabelScore]) -> str:
    scored = "headlines" if facts.cross_validation else "test headlines"
    header = ["label", "all headlines", scored, "precision", "recall", "F1"]
    return table(
        [*header, "own threshold", "given by"],
        (
            [
                row.label,
                _count(facts.corpus, row.label),
                f"{row.support:,}",
                *(f"{value:.3f}" for value in (row.precision, row.recall, row.f1)),
                _own_threshold(row.label, threshold, facts.thresholds),
                "rules" if row.label in facts.rule_labels else "model",
            ]
            for row, threshold in zip(rows, facts.thresholds.per_label, strict=True)
        ),
    )


def _count(corpus: CorpusFacts, label: str) -> str:
    return f"{corpus.labels[label]:,}" if corpus.labels else "-"


def _own_threshold(label: str, threshold: float, facts: ThresholdFacts) -> str:
    shared = label == NO_TOPIC or label in facts.fallback
    return "-" if shared else f"{threshold:.2f}"


_CARD_SCORES = {
    "micro_f1": "micro F1",
    "macro_f1": "macro F1",
    "weighted_f1": "weighted F1",
    "subset_accuracy": "exact match",
}

_USE = """\
**Use.** Topic labels for headlines of the rock and music press, by `rocktag worker` and
`rocktag tag`. Not for other subjects or languages, nor for decisions about people."""

_LIMITS: dict[SchemeName, str] = {
    "keywords": """\
**Limits.** The labels it learned are keywords that stand in the headline. High scores
against the rules say that it finds those keywords again, not that a reader would agree.
Where the rules err, so does it: "has passed away" is no `death` to them, "not a single
person" is a `single`.""",
    "topics": """\
**Limits.** The labels it learned are votes of hand-written functions over the words of
the headline. High scores against the rules say that it agrees with those, not that a
reader would. Where the rules err, so does it.""",
}

_SCORED = "## Scores on the untouched test headlines, against the rules"

_CROSSED_PEOPLE = """\
## Scores against people, out of fold

Mean ± standard deviation of {folds} folds of the headlines that people read. A model
that had not learned from a fold was asked of it, and scored under thresholds that were
tuned on the other folds. A label that nobody gave counts 0 in the macro average."""

_CROSSED = """\
## Scores of cross-validation, against the rules

Mean ± standard deviation of {folds} folds. A model that had not learned from a fold was
asked of it, and scored under thresholds that were tuned on the other folds. The model
that is served learned from every headline: none is left to score itself on."""
