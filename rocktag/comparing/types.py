"""The nouns of a comparison: what each model reaches, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rocktag.metrics import LabelScore


@dataclass(frozen=True, slots=True)
class Interval:
    """A score, and where it would lie on other headlines of the same kind.

    Attributes:
        value: On all headlines scored.
        low: Lower end of the 95 % bootstrap interval.
        high: Its upper end.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LabelIntervals:
    """How right one label is, and how sure that is.

    Attributes:
        label: Which one.
        support: How many headlines have it.
        precision: Share of the headlines given it that have it.
        recall: Share of those that have it that are given it.
        f1: Their harmonic mean.
    """

    label: str
    support: int
    precision: Interval
    recall: Interval
    f1: Interval


@dataclass(frozen=True, slots=True)
class Difference:
    """A score less the reference's, on the same headlines.

    Attributes:
        value: On all headlines scored.
        low: Lower end of the 95 % interval of the paired bootstrap.
        high: Its upper end.
        p_value: Two-sided, of no difference.
    """

    value: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One version in a comparison; scores by names such as "micro_f1".

    Attributes:
        version: `<classifier>/<version>`.
        classifier: Its kind.
        text_view: What it reads: raw or clean.
        from_people: Whether it learned from people, and so departs from the rules where
            they do.
        scores: Against the rules: micro_f1, micro_precision, micro_recall, macro_f1,
            macro_precision, macro_recall, subset_accuracy and hamming_loss.
        masked: Likewise, over the topics only, with the keywords hidden from it that
            gave the labels; None where it learned from headlines that are scored.
        gold: Against the human labels that no version has learned; None without any.
        differences: Score to its difference from the reference; empty for that.
        gold_differences: Likewise of `gold`.
        mcnemar_p_value: Of exact match, against the reference; None for that.
        training_seconds: As its manifest says.
        artifact_bytes: Of all its files together.
        headlines_per_second: That it tags in a process of its own; None if not asked.
        peak_megabytes: Of memory in that process; None if not asked.
    """

    version: str
    classifier: str
    text_view: str
    scores: Mapping[str, Interval]
    masked: Mapping[str, Interval] | None
    gold: Mapping[str, Interval] | None
    differences: Mapping[str, Difference]
    gold_differences: Mapping[str, Difference]
    mcnemar_p_value: float | None
    training_seconds: float | None
    artifact_bytes: int
    headlines_per_second: float | None
    peak_megabytes: float | None
    from_people: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Some versions on the same headlines, none of which any of them learned from.

    Attributes:
        rows: One a version.
        reference: The version the others are compared with, if any.
        policy: The thresholds they were scored under.
        labels: The L labels.
        headlines: How many were scored.
        corpus: Its origin, number of headlines and SHA-256.
        gold: The human-labelled file: its name as `file`, number of `headlines` that
            are scored, `sha256`, how many of them each version has `learned` from, of
            how many of the file each has `read` what people say, why those are
            `unscored`, and what the `rules` reach on the others; None without.
        per_label: Version to a row a label, against the rules.
    """

    rows: tuple[Row, ...]
    reference: str | None
    policy: str
    labels: tuple[str, ...]
    headlines: int
    corpus: Mapping[str, Any]
    gold: Mapping[str, Any] | None
    per_label: Mapping[str, tuple[LabelScore, ...]]

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as plain values, ready for JSON."""
        return asdict(self)
