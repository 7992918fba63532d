"""What each rule's votes come to: a bad rule is known by its harvest.

Of a rule's votes those count on which the headline's label is as it says, and is
doubted. How often that is, is compared with all headlines whose label is as it says:
rare labels are doubted more often, and their rules are not worse for it.

Two lifts are told. A rule that errs now and then is doubted by both readers. One that
always errs teaches its mistake to whoever reads its words; only who reads without them
still doubts it. Rules are listed by the geometric mean of both.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rocktag.labeling import CastVote, Rules
from rocktag.suspecting.judging import Judged
from rocktag.suspecting.quality import DOUBTED_BELOW, Quality
from rocktag.types import HumanLabels, Targets

# Votes with the label's own share, added to each rule's: one of few votes is not at the
# top for a single doubt.
_PRIOR_VOTES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """What one rule's votes come to.

    Attributes:
        label: What it votes on.
        function: Its full name.
        vote: What it says: present or absent.
        votes: On how many headlines.
        doubted: On how many of them the label is as it says, and is doubted.
        share: Of its votes that are doubted.
        lift: That share by the label's, each a little smoothed.
        hidden_lift: Likewise by who read with words hidden; None where nobody did.
        precision: Share of its votes that people agree with; None where nobody read.
        support: How many votes `precision` is of.
    """

    label: str
    function: str
    vote: str
    votes: int
    doubted: int
    share: float
    lift: float
    hidden_lift: float | None
    precision: float | None
    support: int

    @property
    def suspicion(self) -> float:
        """The geometric mean of the lifts."""
        if self.hidden_lift is None:
            return self.lift
        return math.sqrt(self.lift * self.hidden_lift)


@dataclass(frozen=True, slots=True, eq=False)
class _Votes:
    """A rule's votes: which rows it votes on, and what it says."""

    label: str
    is_for: bool
    rows: npt.NDArray[np.int64]


def harvest(
    judged: Judged, rules: Rules, people: HumanLabels | None = None
) -> list[Harvest]:
    """Return a row for each rule that votes, the most suspect of all first.

    Args:
        judged: The headlines.
        rules: What labelled them.
        people: What people say of headlines, in the order of the rules' labels.
    """
    read = {} if people is None else _by_function(map(rules.votes_cast, people.titles))
    found = []
    for function, votes in _by_function(judged.cast).items():
        column = judged.labels.index(votes.label)
        own = judged.targets[votes.rows, column] == votes.is_for
        doubted = own & (judged.quality[votes.rows, column] < DOUBTED_BELOW)
        hidden = judged.hidden_quality
        precision, support = _agreement(read.get(function), people, rules)
        found.append(
            Harvest(
                label=votes.label,
                function=function,
                vote="present" if votes.is_for else "absent",
                votes=len(votes.rows),
                doubted=int(doubted.sum()),
                share=float(doubted.mean()),
                lift=_lift(votes, judged.targets, judged.quality, column),
                hidden_lift=None
                if hidden is None
                else _lift(votes, judged.targets, hidden, column),
                precision=precision,
                support=support,
            )
        )
    return sorted(found, key=lambda row: (-row.suspicion, row.function))


def _by_function(cast: Iterable[Sequence[CastVote]]) -> dict[str, _Votes]:
    """Return each rule's votes, by its full name, on headlines (N,)."""
    rows: dict[str, list[int]] = {}
    sides: dict[str, tuple[str, bool]] = {}
    for row, votes in enumerate(cast):
        for vote in votes:
            sides[vote.function] = (vote.label, vote.is_for)
            listed = rows.setdefault(vote.function, [])
            if not listed or listed[-1] != row:  # a keyword may stand there twice
                listed.append(row)
    return {
        function: _Votes(*side, np.array(rows[function], dtype=np.int64))
        for function, side in sides.items()
    }


def _lift(votes: _Votes, targets: Targets, quality: Quality, column: int) -> float:
    """Return how much more often a rule's votes are doubted than all of its label."""
    same = targets[:, column] == votes.is_for
    doubted = same & (quality[:, column] < DOUBTED_BELOW)
    average = (int(doubted.sum()) + 1) / (int(same.sum()) + 2)
    own = int(doubted[votes.rows].sum()) + _PRIOR_VOTES * average
    return float(own / (len(votes.rows) + _PRIOR_VOTES) / average)


def _agreement(
    votes: _Votes | None, people: HumanLabels | None, rules: Rules
) -> tuple[float | None, int]:
    """Return precision and support of a rule's votes on what people read."""
    if votes is None or people is None:
        return None, 0
    column = rules.labels.index(votes.label)
    known = votes.rows[people.known[votes.rows, column]]
    agreed = people.targets[known, column] == votes.is_for
    return float(agreed.mean()) if len(known) else None, len(known)
