"""Cross-validation on what people read: no model is asked of what it learned from.

The headlines that people read are dealt to folds, those with the same words to one.
For each fold a model learns from a corpus without any of them and, where its settings
say so, from what people say of the other folds' headlines.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rocktag.comparing import Gold
from rocktag.corpus import Corpus, without
from rocktag.cross_validation import prefixed
from rocktag.errors import UsageError
from rocktag.evaluating.folds import Choice, Served, Trainer
from rocktag.evaluating.types import Margins, Said
from rocktag.fitting import Progress
from rocktag.labeling import Rules
from rocktag.splits import Indices, beside, parts
from rocktag.text import counted, split_key
from rocktag.types import Targets


@dataclass(frozen=True, kw_only=True)
class CrossValidation:
    """How a model is examined on what people read, without having read it.

    Attributes:
        gold: What people say.
        corpus: What the rules label to learn from.
        rules: What labels it.
        train: Trains a model.
        folds: How many.
        seed: The same seed gives the same folds.
    """

    gold: Gold
    corpus: Corpus
    rules: Rules
    train: Trainer
    folds: int
    seed: int

    @cached_property
    def dealt(self) -> list[Indices]:
        """The rows of each fold, stratified by label, the same words together.

        Raises:
            UsageError: People have read too few headlines for so many folds.
        """
        gold = self.gold
        keys = [split_key(title) for title in gold.titles]
        if len(set(keys)) < 2 * self.folds:
            raise UsageError(
                f"{gold.file} has {counted(len(set(keys)), 'different headline')}, too"
                " few for"
                f" {counted(self.folds, 'fold')}; give more of them, or take fewer"
                " folds"
            )
        targets = gold.targets * gold.scored
        return parts(keys, targets, folds=self.folds, seed=self.seed)

    def beside(self, number: int) -> Indices:
        """Return the rows of all folds but one."""
        return beside(self.dealt[number], len(self.gold.titles))

    @cached_property
    def unread(self) -> Corpus:
        """The corpus without headlines that have the words of any that people read.

        It is the same for each fold, and so is what rests on nothing else.

        Raises:
            TrainingError: Nothing is left.
        """
        return without(self.corpus, self.gold.titles)

    def titles(self, rows: Indices) -> list[str]:
        """Return the titles of some rows of what people read."""
        return [self.gold.titles[row] for row in rows.tolist()]

    def said(self, name: str, labels: str, choice: Choice, progress: Progress) -> Said:
        """Return what models say of the fold that each did not learn from.

        Without human labels one training does for all folds: the corpus has no headline
        of any.

        Args:
            name: What the row of the table is called.
            labels: What it says is learned.
            choice: Which headlines of other folds are learned from with human labels.
            progress: Told of every stage of every fold.

        Raises:
            TrainingError: A fold's corpus cannot be learned from.
            UsageError: There are too few headlines for so many folds.
        """
        gold = self.gold
        decided: Targets = np.zeros(gold.targets.shape, dtype=np.int8)
        margins: Margins = np.zeros(gold.targets.shape, dtype=np.float32)
        model: Served | None = None
        trainings = 0
        for number, rows in enumerate(self.dealt):
            chosen = choice(self.beside(number), number)
            if model is None or len(chosen):
                told = prefixed(progress, f"fold {number + 1} of {self.folds}")
                human = gold.human(self.rules.labels, chosen) if len(chosen) else None
                model = self.train(self.unread, human, told)
                trainings += 1
            decided[rows], margins[rows] = model.answers(self.titles(rows), gold)
        return Said(
            name=name,
            kind="folds",
            labels=labels,
            decided=decided,
            margins=margins,
            trainings=trainings,
        )
