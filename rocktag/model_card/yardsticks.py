"""The card's three yardsticks: the rules, the rules' keywords hidden, and people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from rocktag.artifact.yardsticks import IntervalFacts, YardstickFacts
from rocktag.model_card.described import Described
from rocktag.model_card.markdown import item, paragraph, table
from rocktag.text import counted

_SCORES = {
    "micro_f1": "micro F1",
    "micro_precision": "micro precision",
    "micro_recall": "micro recall",
    "macro_f1": "macro F1",
}
_Row: TypeAlias = tuple[str, int, Mapping[str, IntervalFacts]]


def section(facts: Described) -> str:
    """Return how good the model is by each yardstick, or why nobody knows."""
    found = facts.yardsticks
    parts = [_HEADING, *([_measured(found)] if found else []), *_missing(facts)]
    return "\n\n".join(parts)


def _measured(found: YardstickFacts) -> str:
    rows = table(
        ["measured against", "headlines", *_SCORES.values()],
        (
            [what, f"{headlines:,}", *(_interval(scores, name) for name in _SCORES)]
            for what, headlines, scores in _rows(found)
        ),
    )
    how = (
        "Under the `micro` threshold; in brackets the 95 % interval of"
        f" {counted(found.resamples, 'resample')} of the headlines."
    )
    return "\n\n".join([paragraph(how), rows, *_notes(found)])


def _rows(found: YardstickFacts) -> Iterator[_Row]:
    yield "the rules", found.rules.headlines, found.rules.scores
    if masked := found.masked:
        yield "the same, keywords hidden", masked.headlines, masked.scores
    if gold := found.gold:
        yield f"people ({gold.file})", gold.headlines, gold.scores
        yield "people: the rules themselves", gold.headlines, gold.rules


def _notes(found: YardstickFacts) -> Iterator[str]:
    """Yield what a reader must know to read the table's rows."""
    if found.masked:
        yield paragraph(_MASKED)
    if gold := found.gold:
        learned = (
            f" The model learned from {gold.learned:,} of these headlines or was tuned"
            " on them, under the rules' labels."
            if gold.learned
            else ""
        )
        yield paragraph(f"{_GOLD.format(sha256=gold.sha256)}{learned}")


def _missing(facts: Described) -> list[str]:
    """Return a list of what was not measured, and why."""
    found = facts.yardsticks
    if found is None:
        return [item(_NONE_TUNED if facts.tuned_from else _NONE)]
    why = [
        *([] if found.masked else [_NOT_MASKED]),
        *([] if found.gold else [_NO_GOLD]),
    ]
    return ["\n".join(map(item, why))] if why else []


def _interval(scores: Mapping[str, IntervalFacts], name: str) -> str:
    """Return a score as people read it, or a dash for one that makes no sense here."""
    found = scores.get(name)
    if found is None:
        return "-"
    return f"{found.value:.4f} ({found.low:.4f} to {found.high:.4f})"


_HEADING = "## Three yardsticks"
_MASKED = (
    "Keywords hidden: every word that can give a label is replaced by another, so that"
    " this is what the model knows beyond keywords; `n/a` is left out."
)
_GOLD = (
    "People: headlines that people read and labelled (SHA-256 {sha256}). Labels that"
    " they disagree on do not count, nor does `n/a`; `vocalist` counts as `singer` and"
    " `play` as `perform`. This row is nearest to what a reader will think of the tags."
)
_NOT_MASKED = (
    "With the keywords hidden: not measured. After cross-validation no headline is left"
    " that the model did not learn from."
)
_NO_GOLD = (
    "Against people: not measured. `evaluation.gold` named no file of human labels."
    " Where people read 400 headlines, the rules that this model learned from reached"
    " micro F1 0.73."
)
_NONE = (
    "Only what stands below was measured. `rocktag compare` measures a version with the"
    " keywords hidden, and with `--gold FILE` against people."
)
_NONE_TUNED = (
    "Not measured under these thresholds, which were tuned without the headlines."
    " `rocktag compare` measures a version against the rules, with the keywords hidden,"
    " and with `--gold FILE` against people."
)
