"""Champion and challenger on the same headlines: how they differ, and whether surely.

Each label is tested by itself; by Bonferroni's correction one false alarm is as likely
over all labels as `challenger.significance` says. The keyword rules are no judge of who
is right, only of who is nearer to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rocktag.db.pairs import Pair
from rocktag.db.run_metrics import LabelMetric
from rocktag.labeling import Rules
from rocktag.paired import mcnemar_p_value
from rocktag.text import counted
from rocktag.types import Flags, Targets


@dataclass(frozen=True, slots=True)
class LabelContest:
    """One label, on the headlines that both have tagged.

    Attributes:
        label: The label.
        champion_rate: Share that the champion gives it.
        challenger_rate: Share that the challenger gives it.
        agreement: Share on which both decide alike.
        p_value: Of McNemar's test.
        is_significant: Whether the difference is more than chance.
    """

    label: str
    champion_rate: float
    challenger_rate: float
    agreement: float
    p_value: float
    is_significant: bool


@dataclass(frozen=True, slots=True)
class Contest:
    """What came of comparing the two.

    Attributes:
        headlines: That both have tagged.
        same: Share with the same labels by both.
        champion_as_rules: Share with exactly the labels of the keyword rules.
        challenger_as_rules: Likewise by the challenger.
        rules_p_value: That both are equally often as the rules.
        is_nearer: champion or challenger, where one is nearer to the rules by more than
            chance; else None.
        labels: A row a label.
    """

    headlines: int
    same: float
    champion_as_rules: float
    challenger_as_rules: float
    rules_p_value: float
    is_nearer: str | None
    labels: tuple[LabelContest, ...]

    @property
    def significant(self) -> tuple[str, ...]:
        """The labels that one of them gives more often by more than chance."""
        return tuple(one.label for one in self.labels if one.is_significant)

    def metrics(self) -> dict[str, float]:
        """Return what is kept with the run that compared them."""
        return {
            "challenger_headlines": self.headlines,
            "challenger_same": self.same,
            "challenger_significant_labels": len(self.significant),
            "champion_as_rules": self.champion_as_rules,
            "challenger_as_rules": self.challenger_as_rules,
            "challenger_rules_p_value": self.rules_p_value,
        }

    def verdict(self) -> str:
        """Return it in words."""
        nearer = (
            f"; the {self.is_nearer} is nearer to the rules" if self.is_nearer else ""
        )
        if not self.significant:
            what = "no label differs by more than chance"
        else:
            what = f"they differ by more than chance for {', '.join(self.significant)}"
        return (
            f"{what}; on {self.same:.1%} of {counted(self.headlines, 'headline')} they"
            f" agree entirely{nearer}"
        )


def compare(pairs: Sequence[Pair], rules: Rules, significance: float) -> Contest:
    """Compare what both say of N headlines, at least one.

    Args:
        pairs: The champion's labels first.
        rules: The yardstick.
        significance: Of all tests together.
    """
    seen = {label for pair in pairs for label in pair.first | pair.second}
    labels = (*rules.labels, *sorted(seen - set(rules.labels)))
    champion = _matrix([pair.first for pair in pairs], labels)
    challenger = _matrix([pair.second for pair in pairs], labels)
    by_rules = np.zeros_like(champion)
    by_rules[:, : len(rules.labels)] = rules.label_matrix(
        [pair.title for pair in pairs]
    )
    right = (champion == by_rules).all(axis=1)
    other_right = (challenger == by_rules).all(axis=1)
    p_value = _p_value(right, other_right)
    nearer = "champion" if right.sum() > other_right.sum() else "challenger"
    return Contest(
        headlines=len(pairs),
        same=float((champion == challenger).all(axis=1).mean()),
        champion_as_rules=float(right.mean()),
        challenger_as_rules=float(other_right.mean()),
        rules_p_value=p_value,
        is_nearer=nearer if p_value < significance else None,
        labels=tuple(
            _of_label(
                label,
                champion[:, column] == 1,
                challenger[:, column] == 1,
                significance / len(labels),
            )
            for column, label in enumerate(labels)
        ),
    )


def beside(metrics: Iterable[LabelMetric], contest: Contest) -> list[LabelMetric]:
    """Return an audit's rows with what the contest found of each label."""
    rows = {metric.label: metric for metric in metrics}
    for one in contest.labels:
        row = rows.get(one.label) or LabelMetric(
            label=one.label, headlines=0, assigned=0
        )
        rows[one.label] = replace(
            row,
            champion_rate=one.champion_rate,
            challenger_rate=one.challenger_rate,
            challenger_agreement=one.agreement,
            challenger_p_value=one.p_value,
        )
    return list(rows.values())


def _of_label(
    label: str, champion: Flags, challenger: Flags, limit: float
) -> LabelContest:
    p_value = _p_value(champion, challenger)
    return LabelContest(
        label=label,
        champion_rate=float(champion.mean()),
        challenger_rate=float(challenger.mean()),
        agreement=float((champion == challenger).mean()),
        p_value=p_value,
        is_significant=p_value < limit,
    )


def _p_value(first: Flags, second: Flags) -> float:
    return mcnemar_p_value(int((first & ~second).sum()), int((second & ~first).sum()))


def _matrix(given: Sequence[frozenset[str]], labels: Sequence[str]) -> Targets:
    """Return label sets as a matrix (N, L) of 0 and 1."""
    columns = {label: column for column, label in enumerate(labels)}
    matrix = np.zeros((len(given), len(labels)), dtype=np.int8)
    for row, found in enumerate(given):
        matrix[row, [columns[label] for label in found]] = 1
    return matrix
