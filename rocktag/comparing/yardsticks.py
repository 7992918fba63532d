"""What one model reaches by three yardsticks, for its manifest and its model card.

Against the rules on headlines that it did not learn from; on the same with the keywords
hidden that gave the labels; and against people, where a file of theirs is configured.
All under the `micro` thresholds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from rocktag.artifact.loading import Predictor
from rocktag.artifact.predictions import HeldOut, OutOfFold, ReadByPeople
from rocktag.artifact.provenance import Provenance, keys_of
from rocktag.comparing.answers import decided_out_of_fold
from rocktag.comparing.bootstrap import resample
from rocktag.comparing.counts import MASKED_SCORES, SCORES, Counts, count
from rocktag.comparing.gold import Gold
from rocktag.comparing.masking import masked
from rocktag.config import EvaluationSettings
from rocktag.labeling import Rules
from rocktag.objectives import Objective
from rocktag.thresholds import TunedThresholds, decide
from rocktag.types import NO_TOPIC, Targets

_POLICY = "micro"
_READ = "read in the database, out of fold"  # where the name of a file stands


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A model that was trained just now, and what is known of it.

    Attributes:
        predict: Titles to probabilities (n, L), as it will be served.
        thresholds: As it will be served under.
        held_out: What it says of headlines that it did not learn from.
        test_titles: Those of them that are its test side; none after cross-validation.
        provenance: Which headlines it learned from.
        minimum_positives: For a threshold of a label's own, as it was tuned.
    """

    predict: Predictor
    thresholds: TunedThresholds
    held_out: HeldOut
    test_titles: Sequence[str]
    provenance: Provenance
    minimum_positives: int

    def decided(self, titles: Sequence[str], labels: Sequence[str]) -> Targets:
        """Return the labels (n, L) of titles."""
        thresholds = self.thresholds.under(_POLICY)
        return decide(self.predict(titles), thresholds, labels)


def yardsticks(
    asked: Asked, rules: Rules, chosen: EvaluationSettings, gold: Gold | None = None
) -> dict[str, Any]:
    """Return the manifest's facts on what a model reaches.

    Args:
        asked: The model.
        rules: What labelled its headlines.
        chosen: How the bootstrap draws.
        gold: Headlines with human labels, if there are any.
    """
    hidden = _with_keywords_hidden(asked, rules)
    return {
        "resamples": chosen.resamples,
        "seed": chosen.seed,
        "rules": _yardstick(_against_rules(asked, rules), chosen),
        "masked": _yardstick(hidden, chosen, MASKED_SCORES) if hidden else None,
        "gold": _gold(asked, rules, chosen, gold),
    }


def _gold(
    asked: Asked, rules: Rules, chosen: EvaluationSettings, gold: Gold | None
) -> dict[str, Any] | None:
    if isinstance(asked.held_out, ReadByPeople):
        return _out_of_fold(asked, asked.held_out, rules, chosen)
    return _against_people(asked, rules, chosen, gold) if gold else None


def _out_of_fold(
    asked: Asked, held_out: ReadByPeople, rules: Rules, chosen: EvaluationSettings
) -> dict[str, Any]:
    """Return what people say of the headlines that it learned from, out of fold."""
    of_people = held_out.of_people
    averaged = np.asarray(held_out.human_targets.any(axis=0))
    decided = decided_out_of_fold(
        of_people, rules.labels, _POLICY, Objective(), asked.minimum_positives
    )
    by_model = count(held_out.human_targets, decided, averaged=averaged)
    by_rules = count(held_out.human_targets, held_out.human_rules, averaged=averaged)
    return {
        **_yardstick(by_model, chosen),
        "file": _READ,
        "sha256": hashlib.sha256(held_out.human_targets.tobytes()).hexdigest(),
        "learned": 0,
        "rules": _intervals(by_rules, chosen, SCORES),
    }


def _against_rules(asked: Asked, rules: Rules) -> Counts:
    held_out = asked.held_out
    if isinstance(held_out, OutOfFold):
        decided = decided_out_of_fold(
            held_out, rules.labels, _POLICY, Objective(), asked.minimum_positives
        )
        return count(held_out.out_of_fold_targets, decided)
    thresholds = asked.thresholds.under(_POLICY)
    decided = decide(held_out.test_probabilities, thresholds, rules.labels)
    return count(held_out.test_targets, decided)


def _with_keywords_hidden(asked: Asked, rules: Rules) -> Counts | None:
    """Count on the test side; after cross-validation there is none."""
    if isinstance(asked.held_out, OutOfFold):
        return None
    topics = [at for at, label in enumerate(rules.labels) if label != NO_TOPIC]
    decided = asked.decided(masked(asked.test_titles, rules), rules.labels)
    return count(asked.held_out.test_targets[:, topics], decided[:, topics])


def _against_people(
    asked: Asked, rules: Rules, chosen: EvaluationSettings, gold: Gold
) -> dict[str, Any]:
    labels = rules.labels
    counts = gold.count(asked.decided(gold.titles, labels), labels)
    by_rules = gold.count(rules.label_matrix(gold.titles), labels)
    learned = np.isin(keys_of(gold.titles), asked.provenance.learned)
    return {
        **_yardstick(counts, chosen),
        "file": gold.file,
        "sha256": gold.sha256,
        "learned": int(learned.sum()),
        "rules": _intervals(by_rules, chosen, SCORES),
    }


def _yardstick(
    counts: Counts, chosen: EvaluationSettings, names: Sequence[str] = SCORES
) -> dict[str, Any]:
    return {
        "headlines": len(counts.rows),
        "scores": _intervals(counts, chosen, names),
    }


def _intervals(
    counts: Counts, chosen: EvaluationSettings, names: Sequence[str]
) -> dict[str, Any]:
    drawn = resample(counts, resamples=chosen.resamples, seed=chosen.seed)
    return {
        name: asdict(interval)
        for name, interval in drawn.intervals().items()
        if name in names
    }
