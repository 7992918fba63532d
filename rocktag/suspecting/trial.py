"""How good suspects are: whether people find the errors where the readers doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rocktag.suspecting.judging import Judged
from rocktag.types import ALIASES, Flags, HumanLabels

_FIRST = 50  # suspects


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Suspects against people, over labels of headlines that both have.

    Attributes:
        headlines: That people read and readers judged.
        labels: Of them, given or not, that are scored; `n/a` is not, nor are those of
            which two mean the same to people.
        errors: Labels on which people disagree with the rules.
        average_precision: Of the suspects' order; `errors / labels` by chance.
        precision_at_50: Errors among the first 50; of fewer where there are fewer.
        auc: Probability that an error is more suspect than what is right; 0.5 by
            chance.
    """

    headlines: int
    labels: int
    errors: int
    average_precision: float | None
    precision_at_50: float | None
    auc: float | None


def trial(judged: Judged, people: HumanLabels, labels: tuple[str, ...]) -> Trial:
    """Score the order of all labels by credibility; None where nothing can be scored.

    Args:
        judged: The headlines with the rules' labels.
        people: What people say of headlines.
        labels: What the columns of `people` stand for.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score

    row_of = {title: row for row, title in enumerate(judged.titles)}
    pairs = [
        (row, row_of[title])
        for row, title in enumerate(people.titles)
        if title in row_of
    ]
    theirs, ours = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    columns = [labels.index(label) for label in judged.labels]
    known = people.known[theirs][:, columns] & ~_is_one_of_two(judged.labels)
    wrong = (people.targets[theirs][:, columns] != judged.targets[ours])[known]
    doubt = 1 - judged.quality[ours][known]
    errors = int(wrong.sum())
    is_scored = 0 < errors < wrong.size
    worst = np.argsort(-doubt, kind="stable")[:_FIRST]
    return Trial(
        headlines=len(ours),
        labels=int(wrong.size),
        errors=errors,
        average_precision=float(average_precision_score(wrong, doubt))
        if is_scored
        else None,
        precision_at_50=float(wrong[worst].mean()) if wrong.size else None,
        auc=float(roc_auc_score(wrong, doubt)) if is_scored else None,
    )


def _is_one_of_two(labels: Sequence[str]) -> Flags:
    """Return which labels (K,) people give under one name with another of them."""
    doubled = {
        name for alias, name in ALIASES.items() if alias in labels and name in labels
    }
    return np.array([ALIASES.get(label, label) in doubled for label in labels])
