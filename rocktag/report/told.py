"""What the page of a training tells, and on which headlines the model was scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rocktag.report.findings import Findings
from rocktag.report.learning import Epochs
from rocktag.types import Probabilities, Targets

if TYPE_CHECKING:
    from rocktag.verdicts import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All that the page of a training tells.

    Attributes:
        classifier: Which kind.
        facts: The manifest's fields, as far as training knows them.
        verdict: Thresholds, scores, and what they are of.
        findings: What was seen of the headlines.
        history: One row an epoch; none of a classifier that is fitted in one step.
        folds: The history of each fold, after cross-validation.
        card: The model card, Markdown.
    """

    classifier: str
    facts: Mapping[str, Any]
    verdict: Verdict
    findings: Findings
    history: Epochs
    folds: Sequence[Epochs]
    card: str

    @property
    def labels(self) -> Sequence[str]:
        """The L labels."""
        return self.verdict.labels

    @property
    def rule_labels(self) -> Sequence[str]:
        """Those that the rules serve."""
        return tuple(self.facts.get("rule_labels", ()))

    @property
    def scored(self) -> str:
        """What was scored, in a few words."""
        count = f"{self.verdict.test['micro'].headlines:,}"
        kind = "out-of-fold" if self.verdict.folds else "untouched test"
        return f"{count} {kind} headlines"

    @property
    def scored_against(self) -> str:
        """Whose labels the scores are against."""
        return "people" if self.facts.get("human") else "the rules"

    def examined(self) -> tuple[Targets, Probabilities]:
        """Return what was scored (N, L), all folds together."""
        sides = [scored for _, scored in self.verdict.held_out.examinations()]
        targets, probabilities = zip(*sides, strict=True)
        return np.concatenate(targets), np.concatenate(probabilities)


def listed(names: Sequence[str]) -> str:
    """Return names in a row.

    >>> listed(["art", "tour"]), listed([])
    ('art, tour', 'none')
    """
    return ", ".join(names) or "none"
