"""The nouns of an evaluation. M headlines that people read, K labels of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from rocktag.comparing.types import Difference, Interval, LabelIntervals
from rocktag.types import Targets

Margins: TypeAlias = npt.NDArray[np.float32]  # (M, K), probability less threshold
Kind: TypeAlias = Literal["rules", "version", "folds"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Said:
    """What rules or a model say of the headlines that people read.

    Attributes:
        name: Who says it.
        kind: Rules, a version as it is served, or models of folds, each of which is
            asked of the headlines that it did not learn from.
        labels: Which labels it learned, or gives: those of `train.labels`.
        decided: (M, K), as readers would say it.
        margins: How far each probability is over its threshold; None of rules.
        learned: How many of the headlines it learned from with the rules' labels.
        trainings: How many models were trained for it.
    """

    name: str
    kind: Kind
    labels: str
    decided: Targets
    margins: Margins | None = None
    learned: int = 0
    trainings: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A headline with decisions that people would not have made.

    Attributes:
        title: The headline.
        people: Its labels, as people say.
        disputed: Labels on which people differ.
        said: Its labels, as the model says; of those not scored too.
        wrong: How many decisions are wrong.
        worst: The wrong label that is farthest beyond its threshold, on either side.
        margin: How far, as probability; None where rules decided.
    """

    title: str
    people: tuple[str, ...]
    disputed: tuple[str, ...]
    said: tuple[str, ...]
    wrong: int
    worst: str
    margin: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A row of the table: what one reaches against people.

    Attributes:
        name: Who.
        kind: As `Said`.
        labels: As `Said`.
        learned: As `Said`.
        trainings: As `Said`.
        scores: micro_f1, micro_precision, micro_recall, macro_f1, macro_precision,
            macro_recall, subset_accuracy (the share of exact matches), hamming_loss.
        per_label: Each label that people or it gave.
        differences: Score to its difference from the reference; empty for that.
        mcnemar_p_value: Of exact match, against the reference; None for that.
        mistakes: The worst ones, if they were asked for.
    """

    name: str
    kind: Kind
    labels: str
    learned: int
    trainings: int
    scores: Mapping[str, Interval]
    per_label: tuple[LabelIntervals, ...]
    differences: Mapping[str, Difference]
    mcnemar_p_value: float | None
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Rules and models on the same headlines, scored against people.

    Attributes:
        rows: One each; the rules come first.
        reference: The name of the row that the others are compared with.
        policy: The thresholds that models were scored under.
        folds: Of cross-validation; None where versions answered as they are served.
        gold: What people said: `file`, `sha256`, number of `headlines`, of `labels`
            that they gave, of `disputed` decisions, which are not scored.
        resamples: Of the bootstrap.
        seed: Of the resamples.
    """

    rows: tuple[Scored, ...]
    reference: str
    policy: str
    folds: int | None
    gold: Mapping[str, Any]
    resamples: int
    seed: int

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as plain values, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What is reached with so many headlines of people to learn from.

    Attributes:
        asked: How many were to be learned from.
        learned: How many each fold's model could learn from, in the mean: a fold's own
            headlines are never among them.
        scores: As `Scored`, the mean over the repetitions.
        repeats: micro F1 of each repetition, with other headlines drawn.
    """

    asked: int
    learned: float
    scores: Mapping[str, Interval]
    repeats: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What more headlines of people bring.

    Attributes:
        points: By the number of headlines, those that are measured.
        rules: The scores of the rules alone on the same headlines.
        rules_name: Which rules.
        folds: Of cross-validation.
        available: How many headlines a fold's model can learn from at the least.
        gold: As of `Evaluation`.
        corpus: Its origin, number of headlines and SHA-256.
        settings: Of the trainings, without anything local.
    """

    points: tuple[Point, ...]
    rules: Mapping[str, Interval]
    rules_name: str
    folds: int
    available: int
    gold: Mapping[str, Any]
    corpus: Mapping[str, Any]
    settings: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as plain values, ready for JSON."""
        return asdict(self)
