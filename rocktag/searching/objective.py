"""What a trial is: training without the test side, and its value on validation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from rocktag.config import TrainSettings
from rocktag.corpus import Corpus
from rocktag.encoders import Encoder
from rocktag.fitting import Progress, Task, assess
from rocktag.labeling import Rules
from rocktag.searching.plan import Objective
from rocktag.splits import Split
from rocktag.thresholds import sweep
from rocktag.training import labelled
from rocktag.types import Probabilities, Targets

Report: TypeAlias = Callable[[int, float], None]  # an epoch's number, its value

_SMALLEST = 1e-7  # a probability for the logarithm


@dataclass(frozen=True, slots=True)
class Learning:
    """The training and validation sides of a corpus; of the test side nothing.

    Attributes:
        titles: Those of both sides.
        targets: Theirs, by the rules.
        labels: The L labels.
        rows: Rows of `titles`; its test side is empty.
    """

    titles: Sequence[str]
    targets: Targets
    labels: Sequence[str]
    rows: Split

    @classmethod
    def of(cls, corpus: Corpus, rules: Rules, chosen: TrainSettings) -> Learning:
        """Split a corpus as training does, and drop the test side.

        Raises:
            TrainingError: The corpus is too small.
        """
        targets, rows = labelled(corpus, rules, chosen, lambda *_: None)
        kept = np.sort(np.concatenate([rows.train, rows.validation]))
        return cls(
            titles=[corpus.titles[row] for row in kept],
            targets=targets[kept],
            labels=rules.labels,
            rows=Split(
                train=np.searchsorted(kept, rows.train),
                validation=np.searchsorted(kept, rows.validation),
                test=np.array([], dtype=np.int64),
            ),
        )

    def value(
        self,
        settings: TrainSettings,
        objective: Objective,
        progress: Progress,
        report: Report,
        *,
        encoder: Encoder | None = None,
    ) -> float:
        """Train with some settings and return the objective on validation.

        Args:
            settings: Those of the trial.
            objective: What is wanted of them.
            progress: Told of every stage.
            report: Told the objective after each epoch, where there are epochs; what
                it raises ends the training.
            encoder: The pre-trained encoder of a transformer.

        Raises:
            TrainingError: The corpus cannot be learned from with these settings.
        """
        task = Task(
            titles=self.titles,
            targets=self.targets,
            labels=self.labels,
            rows=self.rows,
            settings=settings,
            checkpoints=None,
            encoder=encoder,
        )
        targets = self.targets[self.rows.validation]

        def watch(epoch: int, probabilities: Probabilities) -> None:
            report(epoch, measure(objective, targets, probabilities, self.labels))

        found = assess(task, progress, watch)
        return measure(objective, targets, found, self.labels)


def measure(
    objective: Objective,
    targets: Targets,
    probabilities: Probabilities,
    labels: Sequence[str],
) -> float:
    """Return the objective on N headlines: F1 under its own best threshold, or loss.

    The loss is the mean cross-entropy of the N x L decisions.

    >>> targets, said = np.int8([[1, 0], [0, 1]]), np.float32([[0.4, 0.1], [0.2, 0.3]])
    >>> measure("micro-f1", targets, said, ["tour", "live"])
    1.0
    >>> round(measure("validation-loss", targets, said, ["tour", "live"]), 4)
    0.6122
    """
    if objective == "validation-loss":
        right = np.where(targets == 1, probabilities, 1 - probabilities)
        return float(-np.log(np.maximum(right.astype(np.float64), _SMALLEST)).mean())
    curve = sweep(targets, probabilities, labels)
    scores = curve.micro_f1 if objective == "micro-f1" else curve.macro_f1
    return float(scores.max())
