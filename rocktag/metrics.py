"""How well predicted labels agree with the targets, in the field's usual scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from rocktag.errors import TrainingError
from rocktag.types import Targets

_Average: TypeAlias = Literal["micro", "macro", "weighted", "samples"]


@dataclass(frozen=True, slots=True)
class Average:
    """Precision, recall and F1, averaged in one way."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class LabelScore:
    """Precision, recall and F1 of one label.

    Attributes:
        label: Which label.
        precision: Share of the predictions that are right.
        recall: Share of the positives that are found.
        f1: Their harmonic mean.
        support: How many headlines carry the label.
    """

    label: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of predictions; an undefined one, such as 0 of 0, is 0.

    Attributes:
        micro: Over all N x L decisions at once.
        macro: The mean over all L labels, each of equal weight.
        weighted: The mean over the labels, each with its support as weight.
        samples: The mean over the headlines.
        subset_accuracy: Share of headlines with every label right.
        hamming_loss: Share of the N x L decisions that are wrong.
        per_label: One row a label, in the labels' order.
        headlines: N.
    """

    micro: Average
    macro: Average
    weighted: Average
    samples: Average
    subset_accuracy: float
    hamming_loss: float
    per_label: tuple[LabelScore, ...]
    headlines: int

    def averages(self) -> dict[str, float]:
        """Return the scores over all labels under flat names such as "micro_f1"."""
        flat: dict[str, float] = {}
        for average in ("micro", "macro", "weighted", "samples"):
            for name, value in asdict(getattr(self, average)).items():
                flat[f"{average}_{name}"] = value
        flat["subset_accuracy"] = self.subset_accuracy
        flat["hamming_loss"] = self.hamming_loss
        return flat

    def as_dict(self) -> dict[str, Any]:
        """Return the averages and the rows per label, ready for JSON."""
        rows = [asdict(row) for row in self.per_label]
        return {**self.averages(), "headlines": self.headlines, "per_label": rows}


def score(targets: Targets, predictions: Targets, labels: Sequence[str]) -> Scores:
    """Score predictions (N, L) against targets (N, L); N at least 1, L at least 2.

    >>> import numpy as np
    >>> right, wrong = np.int8([[1, 0], [0, 1]]), np.int8([[1, 0], [1, 0]])
    >>> score(right, wrong, ["tour", "n/a"]).micro
    Average(precision=0.5, recall=0.5, f1=0.5)

    Raises:
        TrainingError: There is no headline to score.
    """
    if not len(targets):
        raise TrainingError("no headline to score on; give a corpus with some")
    from sklearn.metrics import accuracy_score, hamming_loss

    return Scores(
        micro=_average(targets, predictions, "micro"),
        macro=_average(targets, predictions, "macro"),
        weighted=_average(targets, predictions, "weighted"),
        samples=_average(targets, predictions, "samples"),
        subset_accuracy=float(accuracy_score(targets, predictions)),
        hamming_loss=float(hamming_loss(targets, predictions)),
        per_label=_per_label(targets, predictions, labels),
        headlines=len(targets),
    )


def _average(targets: Targets, predictions: Targets, average: _Average) -> Average:
    from sklearn.metrics import precision_recall_fscore_support

    precision, recall, f1, _ = precision_recall_fscore_support(
        targets, predictions, average=average, zero_division=0
    )
    return Average(float(precision), float(recall), float(f1))


def _per_label(
    targets: Targets, predictions: Targets, labels: Sequence[str]
) -> tuple[LabelScore, ...]:
    from sklearn.metrics import precision_recall_fscore_support

    columns = precision_recall_fscore_support(
        targets, predictions, average=None, zero_division=0
    )
    return tuple(
        LabelScore(label, float(precision), float(recall), float(f1), int(support))
        for label, precision, recall, f1, support in zip(labels, *columns, strict=True)
    )
