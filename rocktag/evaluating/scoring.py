"""From what each says to one table, in which all are scored on the same decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rocktag.comparing import Gold
from rocktag.comparing.bootstrap import (
    Resampled,
    label_intervals,
    mcnemar,
    resample,
)
from rocktag.comparing.counts import Counts
from rocktag.config import EvaluationSettings
from rocktag.errors import UsageError
from rocktag.evaluating.mistakes import worst_mistakes
from rocktag.evaluating.types import Evaluation, Said, Scored


def evaluate(
    sayings: Sequence[Said],
    gold: Gold,
    chosen: EvaluationSettings,
    *,
    policy: str,
    folds: int | None = None,
    reference: str | None = None,
    mistakes: int = 0,
) -> Evaluation:
    """Score what each says of the headlines that people read.

    Args:
        sayings: What each says, at least one.
        gold: What people say.
        chosen: How the bootstrap draws.
        policy: The thresholds that models decided under.
        folds: Of cross-validation, if there was one.
        reference: Whom the others are compared with; by default the first.
        mistakes: How many of the worst ones of each are kept.

    Raises:
        UsageError: The reference is none of them.
    """
    counts = {one.name: gold.count(one.decided, gold.labels) for one in sayings}
    first = reference if reference is not None else sayings[0].name
    if first not in counts:
        raise UsageError(
            f"the reference {first} is not among those evaluated, which are"
            f" {', '.join(counts)}; name one of them"
        )
    drawn = {
        name: resample(found, resamples=chosen.resamples, seed=chosen.seed)
        for name, found in counts.items()
    }
    return Evaluation(
        rows=tuple(
            _row(
                one,
                gold,
                counts[one.name],
                drawn[one.name],
                drawn[first] if one.name != first else None,
                chosen,
                mistakes,
            )
            for one in sayings
        ),
        reference=first,
        policy=policy,
        folds=folds,
        gold=facts_of(gold),
        resamples=chosen.resamples,
        seed=chosen.seed,
    )


def facts_of(gold: Gold) -> dict[str, Any]:
    """Return where human labels are from, and how many there are."""
    return {
        "file": gold.file,
        "sha256": gold.sha256,
        "headlines": len(gold.titles),
        "labels": int(np.asarray((gold.targets * gold.scored).any(axis=0)).sum()),
        "disputed": int((~gold.scored).sum()),
    }


def _row(
    one: Said,
    gold: Gold,
    counts: Counts,
    own: Resampled,
    reference: Resampled | None,
    chosen: EvaluationSettings,
    mistakes: int,
) -> Scored:
    return Scored(
        name=one.name,
        kind=one.kind,
        labels=one.labels,
        learned=one.learned,
        trainings=one.trainings,
        scores=own.intervals(),
        per_label=label_intervals(
            counts, gold.labels, resamples=chosen.resamples, seed=chosen.seed
        ),
        differences=own.less(reference) if reference else {},
        mcnemar_p_value=mcnemar(own.exact, reference.exact) if reference else None,
        mistakes=worst_mistakes(one, gold, mistakes),
    )
