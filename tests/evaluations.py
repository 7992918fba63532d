"""What people and models say of a few headlines, made by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rocktag.comparing import Gold
from rocktag.config import EvaluationSettings
from rocktag.evaluating import Curve, Evaluation, Said, evaluate
from rocktag.evaluating.types import Point
from rocktag.types import Targets
from tests.comparisons import intervals

LABELS = ("album", "tour", "n/a")
CHOSEN = EvaluationSettings(resamples=100)


def matrix(rows: Sequence[Sequence[int]]) -> Targets:
    """Return rows of 0 and 1 as an array."""
    return np.array(rows, dtype=np.int8)


def gold_of(targets: Targets, scored: object = None) -> Gold:
    """Return what people say of as many headlines as there are rows."""
    return Gold(
        file="gold.csv",
        sha256="ab" * 32,
        titles=tuple(f"Headline {number}" for number in range(len(targets))),
        labels=LABELS,
        targets=targets,
        scored=np.ones(targets.shape, dtype=bool)
        if scored is None
        else np.asarray(scored, dtype=bool),
    )


def said_of(decided: Targets, name: str = "topic rules") -> Said:
    """Return rules that decided so."""
    return Said(name=name, kind="rules", labels="topics", decided=decided)


def evaluation() -> Evaluation:
    """Return an evaluation of rules and a model, the model with a mistake."""
    targets = matrix([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]])
    decided = matrix([[1, 0, 0], [0, 1, 0], [0, 1, 0], [1, 1, 0]])
    model = Said(
        name="adaboost/1",
        kind="version",
        labels="topics",
        decided=decided,
        margins=(decided * 0.5 - 0.25).astype(np.float32),
        learned=3,
    )
    sayings = [said_of(targets), model]
    return evaluate(sayings, gold_of(targets), CHOSEN, policy="micro", mistakes=5)


def curve() -> Curve:
    """Return a learning curve of three points."""
    return Curve(
        points=tuple(
            Point(
                asked=count,
                learned=count,
                scores=intervals(0.8 + count / 10_000),
                repeats=(0.8, 0.81),
            )
            for count in (0, 100, 320)
        ),
        rules=intervals(0.85),
        rules_name="topic rules",
        folds=5,
        available=320,
        gold={"file": "gold.csv", "sha256": "ab", "headlines": 400, "disputed": 2},
        corpus={"origin": "rock.csv", "headlines": 20_000, "sha256": "cd" * 32},
        settings={
            "classifier": "adaboost",
            "labels": "topics",
            "text_view": "raw",
            "seed": 7,
        },
    )
