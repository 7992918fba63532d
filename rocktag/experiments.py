"""Experiments: the same training under one change at a time; nothing is published.

Source of Table 1: the original study, over the dimensions of GloVe 6B.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rocktag.config import Settings
from rocktag.corpus import Corpus
from rocktag.errors import UsageError
from rocktag.fitting import Progress, Vectors
from rocktag.labeling import Rules
from rocktag.metrics import score
from rocktag.report import dimensions_page
from rocktag.reporting import rows_csv
from rocktag.thresholds import decide
from rocktag.training import Learned, learn

THRESHOLD = 0.5  # the study's, for all labels
_SCORES = ("f1", "precision", "recall")


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionRow:
    """What one file of word vectors comes to: a row of the study's Table 1.

    Scores are of the test headlines under the threshold 0.5 for all labels.
    """

    dimension: int
    origin: str
    micro_f1: float
    micro_precision: float
    micro_recall: float
    macro_f1: float
    macro_precision: float
    macro_recall: float
    vocabulary_coverage: float
    token_coverage: float
    epochs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionTable:
    """Table 1, and what it was measured on.

    Attributes:
        rows: One a file, in the order given, of those that were trained on so far.
        files: How many there are in all.
        corpus: Its origin, number of headlines and SHA-256.
        test_headlines: That were scored.
        settings: Of the training, without anything local.
    """

    rows: tuple[DimensionRow, ...]
    files: int
    corpus: Mapping[str, Any]
    test_headlines: int
    settings: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {**asdict(self), "threshold": THRESHOLD}

    def csv(self) -> str:
        """Return the rows as CSV."""
        return rows_csv([asdict(row) for row in self.rows]).decode()

    def json(self) -> str:
        """Return all of it as JSON."""
        return json.dumps(self.as_dict(), indent=2) + "\n"

    def html(self) -> str:
        """Return all of it as a page."""
        return dimensions_page(self, threshold=THRESHOLD).decode()

    def metrics(self) -> dict[str, float]:
        """Return the scores and coverages under names such as "micro_f1_50d".

        Of a second file of the same dimension they end in "50d_2".
        """
        named: dict[str, float] = {}
        seen: list[int] = []
        for row in self.rows:
            seen.append(row.dimension)
            times = seen.count(row.dimension)
            end = f"{row.dimension}d" + (f"_{times}" if times > 1 else "")
            values = asdict(row)
            for name in values.keys() - {"dimension", "origin", "epochs"}:
                named[f"{name}_{end}"] = values[name]
        return named


def glove_dimensions(
    corpus: Corpus,
    rules: Rules,
    settings: Settings,
    files: Sequence[Vectors],
    progress: Callable[[int], Progress],
) -> Iterator[DimensionTable]:
    """Train one model on each file's vectors, with the same split and seed.

    Args:
        corpus: What to learn from.
        rules: What labels it.
        settings: How to train; its classifier must be a network.
        files: What reads each file.
        progress: Gives who is told of the training of a file, by its number from 0.

    Yields:
        The table after each file, with a row more.

    Raises:
        TrainingError: As training does.
        InputError: A file cannot be used.
        UsageError: There is no file, or the classifier takes no word vectors.
        KeyboardInterrupt: Also where a training would have kept its best weights.
    """
    if not files:
        raise UsageError("no file of word vectors to train on; give one or more")
    rows: tuple[DimensionRow, ...] = ()
    for number, vectors in enumerate(files):
        learned = learn(corpus, rules, settings, progress(number), vectors=vectors)
        rows = (*rows, _row(learned, rules))
        yield DimensionTable(
            rows=rows,
            files=len(files),
            corpus={
                "origin": corpus.origin,
                "headlines": len(corpus.titles),
                "sha256": corpus.sha256,
            },
            test_headlines=len(learned.sides.rows.test),
            settings=settings.publishable()["train"],
        )


def _row(learned: Learned, rules: Rules) -> DimensionRow:
    """Score the test side as it would be served."""
    fitting = learned.fitted.facts["fitting"]
    if fitting["interrupted_in_epoch"] is not None:
        raise KeyboardInterrupt  # a row of half a training says nothing
    targets, probabilities = learned.sides.of(learned.sides.rows.test)
    found = score(targets, decide(probabilities, THRESHOLD, rules.labels), rules.labels)
    given = fitting["given_vectors"]
    averages = found.averages()
    scores = {
        f"{average}_{name}": averages[f"{average}_{name}"]
        for average in ("micro", "macro")
        for name in _SCORES
    }
    return DimensionRow(
        dimension=given["dimension"],
        origin=given["origin"],
        vocabulary_coverage=given["vocabulary_coverage"],
        token_coverage=given["token_coverage"],
        epochs=fitting["epochs"],
        **scores,
    )
