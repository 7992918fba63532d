"""What more headlines of people bring: the learning curve over their number.

Each fold's model learns from the first n of the other folds' headlines, in an order
drawn anew for each repetition: what it learns from with fewer it learns from with more,
too, so that a step of the curve is what the further headlines brought.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from rocktag.comparing.bootstrap import Resampled, mean_intervals, resample
from rocktag.config import EvaluationSettings
from rocktag.cross_validation import prefixed
from rocktag.errors import UsageError
from rocktag.evaluating.asking import by_rules
from rocktag.evaluating.crossing import CrossValidation
from rocktag.evaluating.folds import Choice
from rocktag.evaluating.scoring import facts_of
from rocktag.evaluating.types import Curve, Point, Said
from rocktag.fitting import Progress
from rocktag.splits import Indices
from rocktag.text import counted
from rocktag.types import rules_in_words


def learning_curve(
    crossing: CrossValidation,
    counts: Sequence[int],
    repeats: int,
    labels: str,
    settings: dict[str, Any],
    chosen: EvaluationSettings,
    progress: Progress,
) -> Iterator[Curve]:
    """Yield the curve after each point, with one more.

    Where nothing is drawn, with none and with all of the headlines, there is one
    repetition only.

    Args:
        crossing: The folds, and who trains.
        counts: How many headlines to learn from; more than there are is all of them.
        repeats: How often each number is drawn.
        labels: What is learned.
        settings: Of the trainings, to be shown.
        chosen: How the bootstrap draws.
        progress: Told of every stage.

    Raises:
        TrainingError: A corpus cannot be learned from.
        UsageError: There is no number, or people have read too few headlines.
    """
    if not counts:
        raise UsageError("no number of headlines to learn from; give --counts 50,100")
    beside = [len(crossing.beside(at)) for at in range(crossing.folds)]
    points: tuple[Point, ...] = ()
    rules = _drawn(by_rules(crossing.rules, crossing.gold), crossing, chosen)
    for count in sorted({min(count, max(beside)) for count in counts}):
        times = repeats if 0 < count < min(beside) else 1
        drawn = []
        for repeat in range(times):
            where = f"{counted(count, 'headline')}" + (
                f", draw {repeat + 1}" if times > 1 else ""
            )
            said = crossing.said(
                where,
                labels,
                _first(count, repeat, crossing.seed),
                prefixed(progress, where),
            )
            drawn.append(_drawn(said, crossing, chosen))
        points = (
            *points,
            Point(
                asked=count,
                learned=float(np.mean(np.minimum(count, beside))),
                scores=mean_intervals(drawn),
                repeats=tuple(one.values["micro_f1"] for one in drawn),
            ),
        )
        yield Curve(
            points=points,
            rules=rules.intervals(),
            rules_name=rules_in_words(crossing.rules.name),
            folds=crossing.folds,
            available=min(beside),
            gold=facts_of(crossing.gold),
            corpus={
                "origin": crossing.corpus.origin,
                "headlines": len(crossing.corpus.titles),
                "sha256": crossing.corpus.sha256,
            },
            settings=settings,
        )


def _first(count: int, repeat: int, seed: int) -> Choice:
    """Return what chooses the first headlines of a fold's order of its own."""

    def choose(beside: Indices, number: int) -> Indices:
        order = np.random.default_rng([seed, repeat, number]).permutation(beside)
        return np.sort(order[:count])

    return choose


def _drawn(
    said: Said, crossing: CrossValidation, chosen: EvaluationSettings
) -> Resampled:
    gold = crossing.gold
    counts = gold.count(said.decided, gold.labels)
    return resample(counts, resamples=chosen.resamples, seed=chosen.seed)
