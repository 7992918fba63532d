"""What labelling functions do to a corpus, and how right they are where people read it.

Source of the terms: Snorkel's LFAnalysis. Functions of one label are compared with each
other only: what they say of different labels cannot conflict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rocktag.labeling.topics import ABSENT, ABSTAIN, PRESENT, TopicRules, Votes
from rocktag.types import HumanLabels, Targets


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionRow:
    """One function on N headlines, and on those of them that people labelled.

    Attributes:
        label: What it votes on.
        name: What it looks for.
        vote: What it says where it fires.
        coverage: Share of the headlines on which it votes.
        overlap: Share on which another function of the label votes too.
        conflict: Share on which one of those says the opposite.
        precision: Share of its votes that people agree with; None where it has none,
            or nobody read.
        recall: Share of the headlines of which people say the same that it votes on;
            None likewise.
        support: How many votes `precision` is of.
    """

    label: str
    name: str
    vote: str
    coverage: float
    overlap: float
    conflict: float
    precision: float | None = None
    recall: float | None = None
    support: int = 0


def function_rows(
    rules: TopicRules,
    titles: Sequence[str],
    people: HumanLabels | None = None,
) -> list[FunctionRow]:
    """Return a row for each function.

    Args:
        rules: The functions.
        titles: N headlines, for coverage, overlap and conflict.
        people: What people say of headlines, in the order of the rules' labels.
    """
    votes = rules.votes(titles)
    on_read = rules.votes(people.titles if people else ())
    labels = [function.written.label for function in rules.functions]
    rows = []
    for column, function in enumerate(rules.functions):
        same = [at for at, label in enumerate(labels) if label == labels[column]]
        others = votes[:, [at for at in same if at != column]]
        precision = recall = None
        support = 0
        if people is not None:
            label = rules.labels.index(labels[column])
            known = people.known[:, label]
            precision, recall, support = _agreement(
                on_read[known, column], people.targets[known, label], function.vote
            )
        rows.append(
            FunctionRow(
                label=labels[column],
                name=function.written.name,
                vote=function.written.vote,
                **_shares(votes[:, column], others),
                precision=precision,
                recall=recall,
                support=support,
            )
        )
    return rows


def _shares(own: Votes, others: Votes) -> dict[str, float]:
    """Return coverage, overlap and conflict of a function (N,) beside others (N, k)."""
    fires = own != ABSTAIN
    opposite = np.where(own == PRESENT, ABSENT, PRESENT)[:, None]
    beside = fires & (others != ABSTAIN).any(axis=1)
    against = fires & (others == opposite).any(axis=1)
    whole = max(len(own), 1)
    return {
        "coverage": float(fires.sum() / whole),
        "overlap": float(beside.sum() / whole),
        "conflict": float(against.sum() / whole),
    }


def _agreement(
    own: Votes, target: Targets, vote: int
) -> tuple[float | None, float | None, int]:
    """Return precision, recall and support of votes (M,) against people (M,)."""
    fires = own != ABSTAIN
    said = target == vote
    right = int((fires & said).sum())
    support, positives = int(fires.sum()), int(said.sum())
    return (
        right / support if support else None,
        right / positives if positives else None,
        support,
    )
