"""What a model is taught: headlines of the rules, some with words hidden, of people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rocktag.comparing.masking import masked
from rocktag.config.classifiers import is_network
from rocktag.fitting import Read, Task
from rocktag.labeling import Rules
from rocktag.people.confidence import confidence
from rocktag.splits import Indices, Split
from rocktag.types import HumanLabels, Targets


def with_lessons(
    task: Task,
    rules: Rules,
    human: HumanLabels,
    by_rules: Targets,
    folds: Sequence[Indices],
) -> Task:
    """Return the task with soft targets and more headlines to learn from.

    The corpus' N headlines stay the first; after them come copies of some, with the
    words hidden that the rules go by. Validation and test stay as they are. A network
    learns the rules' labels as they are: it is tuned to people's after, and so its long
    first part is the same whatever people say, and is not repeated for each fold of an
    evaluation.

    Args:
        task: Of the corpus, with the rules' labels.
        rules: What gave them.
        human: What people say of M headlines that are not in the corpus.
        by_rules: (M, L), what the rules say of those.
        folds: Of those, the rows of each.
    """
    chosen = task.settings
    hidden = _drawn(task.rows.train, chosen.human.hidden_share, chosen.seed)
    copies = masked([task.titles[row] for row in hidden.tolist()], rules)
    targets = np.vstack([task.targets, task.targets[hidden]])
    added = np.arange(len(task.titles), len(targets), dtype=np.int64)
    train = np.concatenate([task.rows.train, added])
    soft = None
    if not is_network(chosen.classifier):
        soft = confidence(by_rules, human).soften(targets)
    said = np.where(human.known, human.targets, by_rules).astype(np.int8)
    return replace(
        task,
        titles=[*task.titles, *copies],
        targets=targets,
        soft=soft,
        rows=Split(train, task.rows.validation, task.rows.test),
        read=Read(human.titles, said, folds),
    )


def some(human: HumanLabels, rows: Indices) -> HumanLabels:
    """Return what people say of some of the headlines."""
    titles = tuple(human.titles[row] for row in rows.tolist())
    return HumanLabels(titles, human.targets[rows], human.known[rows])


def _drawn(rows: Indices, share: float, seed: int) -> Indices:
    """Return a share of rows, drawn by chance, in order."""
    generator = np.random.default_rng(seed)
    return rows[generator.random(len(rows)) < share]
