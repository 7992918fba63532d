"""Comparisons and tables made by hand: nothing is trained for them."""

from __future__ import annotations

from collections.abc import Mapping

from rocktag.comparing import Comparison, Difference, Interval, Row
from rocktag.comparing.counts import SCORES
from rocktag.experiments import DimensionRow, DimensionTable
from rocktag.metrics import LabelScore

LABELS = ("art", "tour", "n/a")
_KINDS = (
    ("adaboost", "clean"),
    ("logistic-regression", "raw"),
    ("cnn-bilstm", "raw"),
    ("transformer", "raw"),
)


def intervals(score: float) -> dict[str, Interval]:
    """Return the same score under every name, and what lies around it."""
    return {name: Interval(score, score - 0.02, score + 0.01) for name in SCORES}


def differences(by: float) -> dict[str, Difference]:
    """Return the same difference of every score."""
    p_value = 0.0004 if by < -0.02 else 0.3
    return {name: Difference(by, by - 0.01, by + 0.012, p_value) for name in SCORES}


def row(number: int, *, with_gold: bool = True) -> Row:
    """Return the row of a version; the first is the reference."""
    classifier, text_view = _KINDS[number % len(_KINDS)]
    score = 0.97 - 0.013 * number
    return Row(
        version=f"{classifier}/2026010{number}T000000Z-0123abcd",
        classifier=classifier,
        text_view=text_view,
        scores=intervals(score),
        masked=None if number == 1 else intervals(score - 0.5),
        gold=intervals(score - 0.25) if with_gold else None,
        differences=differences(-0.013 * number) if number else {},
        gold_differences=differences(0.01 * number) if number and with_gold else {},
        mcnemar_p_value=0.04 if number else None,
        training_seconds=25.5 * (number + 1),
        artifact_bytes=3_456_789 * (number + 1),
        headlines_per_second=20_000 / 7**number,
        peak_megabytes=None if number == 2 else 210.0,
    )


def comparison(versions: int = 4, *, with_gold: bool = True) -> Comparison:
    """Return a comparison of some versions."""
    rows = tuple(row(number, with_gold=with_gold) for number in range(versions))
    gold = {
        "file": "gold.csv",
        "headlines": 400,
        "sha256": "ab" * 32,
        "learned": {one.version: 12 for one in rows},
        "read": {one.version: 0 for one in rows},
        "unscored": None,
        "rules": intervals(0.73),
    }
    return Comparison(
        rows=rows,
        reference=rows[0].version,
        policy="micro",
        labels=LABELS,
        headlines=3_980,
        corpus={"origin": "rock.csv", "headlines": 20_000, "sha256": "cd" * 32},
        gold=gold if with_gold else None,
        per_label={one.version: _label_scores(one.scores) for one in rows},
    )


def _label_scores(scores: Mapping[str, Interval]) -> tuple[LabelScore, ...]:
    value = scores["micro_f1"].value
    return tuple(
        LabelScore(label, value, value, value - place / 10, 40 + place)
        for place, label in enumerate(LABELS)
    )


def dimensions(*sizes: int) -> DimensionTable:
    """Return a table of files of word vectors of these dimensions."""
    rows = tuple(
        DimensionRow(
            dimension=size,
            origin=f"glove.6B.{size}d.txt",
            micro_f1=0.9 + size / 10_000,
            micro_precision=0.91,
            micro_recall=0.89,
            macro_f1=0.8 + size / 10_000,
            macro_precision=0.81,
            macro_recall=0.79,
            vocabulary_coverage=0.934,
            token_coverage=0.985,
            epochs=12,
        )
        for size in sizes
    )
    return DimensionTable(
        rows=rows,
        files=3,
        corpus={"origin": "rock.csv", "headlines": 20_000, "sha256": "cd" * 32},
        test_headlines=4_000,
        settings={"classifier": "cnn-bilstm", "text_view": "raw", "seed": 1},
    )
