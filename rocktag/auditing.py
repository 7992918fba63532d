"""What a run did, in numbers: per run, per label, against the rules and the training.

Tagging adds up what it sees, batch by batch; nothing is read again from the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from rocktag.artifact import Manifest
from rocktag.config import AuditSettings
from rocktag.db.confirmed import Confirmed
from rocktag.db.run_metrics import LabelMetric
from rocktag.drift import (
    histogram,
    population_stability_index,
    two_proportion_p_value,
)
from rocktag.types import NO_TOPIC, Probabilities, Targets


@dataclass(slots=True)
class Tally:
    """Sums over the headlines of a run; arrays follow the L labels of the manifest."""

    manifest: Manifest
    headlines: int = 0
    without_topic: int = 0
    labels_given: int = 0  # topics; `n/a` is none
    as_the_rules: int = 0  # headlines with exactly the labels of the rules
    batch_seconds: list[float] = field(default_factory=list)
    assigned: npt.NDArray[np.int64] = field(init=False)
    probability: npt.NDArray[np.float64] = field(init=False)
    agreed: npt.NDArray[np.int64] = field(init=False)
    histograms: list[npt.NDArray[np.int64]] = field(init=False)

    def __post_init__(self) -> None:
        count = len(self.manifest.labels)
        self.assigned = np.zeros(count, dtype=np.int64)
        self.probability = np.zeros(count, dtype=np.float64)
        self.agreed = np.zeros(count, dtype=np.int64)
        self.histograms = [
            np.zeros(len(self._edges(label)) + 1, dtype=np.int64)
            for label in self.manifest.labels
        ]

    def add(
        self, probabilities: Probabilities, decided: Targets, by_rules: Targets
    ) -> None:
        """Count a batch: the model's probabilities and labels, and the rules' labels.

        All three are (N, L).
        """
        agrees = decided == by_rules
        topics = [label != NO_TOPIC for label in self.manifest.labels]
        topics_each = decided[:, topics].sum(axis=1)
        self.headlines += len(decided)
        self.without_topic += int((topics_each == 0).sum())
        self.labels_given += int(topics_each.sum())
        self.as_the_rules += int(agrees.all(axis=1).sum())
        self.assigned += decided.sum(axis=0, dtype=np.int64)
        self.probability += probabilities.sum(axis=0, dtype=np.float64)
        self.agreed += agrees.sum(axis=0)
        for column, label in enumerate(self.manifest.labels):
            counted = histogram(probabilities[:, column], self._edges(label))
            self.histograms[column] += counted

    def metrics(self, *, seconds: float) -> dict[str, float]:
        """Return the metrics of the run; shares only where there were headlines."""
        found: dict[str, float] = {"without_topic": self.without_topic}
        if self.headlines:
            found["labels_per_headline"] = self.labels_given / self.headlines
            found["rule_agreement"] = self.as_the_rules / self.headlines
            found["headlines_per_second"] = self.headlines / max(seconds, 1e-9)
        if self.batch_seconds:
            p50, p95 = np.quantile(self.batch_seconds, [0.5, 0.95])
            found |= {"p50_batch_seconds": p50, "p95_batch_seconds": p95}
        return found

    def label_metrics(self) -> list[LabelMetric]:
        """Return what was counted per label; nothing where there was no headline."""
        if not self.headlines:
            return []
        return [
            LabelMetric(
                label=label,
                headlines=self.headlines,
                assigned=int(self.assigned[column]),
                mean_probability=float(self.probability[column] / self.headlines),
                rule_agreement=float(self.agreed[column] / self.headlines),
                histogram=tuple(self.histograms[column].tolist()),
            )
            for column, label in enumerate(self.manifest.labels)
        ]

    def _edges(self, label: str) -> Sequence[float]:
        return self.manifest.reference.edges[label]


def judge(
    metrics: Iterable[LabelMetric],
    manifest: Manifest,
    threshold_policy: str,
    settings: AuditSettings,
) -> list[LabelMetric]:
    """Compare each label with the model's held-out headlines.

    Too few headlines say nothing, and under a threshold of the user's own the expected
    rate is not known: what cannot be said stays None.
    """
    rates = manifest.reference.rates.get(threshold_policy, {})
    return [
        _judged(metric, manifest, rates.get(metric.label), settings)
        for metric in metrics
    ]


def combine(metrics: Iterable[LabelMetric]) -> list[LabelMetric]:
    """Add up the metrics of several runs of one model version, per label."""
    by_label: dict[str, list[LabelMetric]] = defaultdict(list)
    for metric in metrics:
        by_label[metric.label].append(metric)
    return [_combined(label, parts) for label, parts in by_label.items()]


def with_people(
    metrics: Iterable[LabelMetric], found: Iterable[Confirmed]
) -> list[LabelMetric]:
    """Return the metrics with how many of the tags people have read and found right.

    A label that nobody was given of late has a row too, where people have read it.
    """
    by_label = {one.label: one for one in found}
    rows = [_with(metric, by_label.pop(metric.label, None)) for metric in metrics]
    return rows + [
        _with(LabelMetric(label=one.label, headlines=0, assigned=0), one)
        for one in by_label.values()
    ]


def _with(metric: LabelMetric, found: Confirmed | None) -> LabelMetric:
    if found is None:
        return metric
    return replace(
        metric,
        human_read=found.read,
        human_right=found.right,
        human_present=found.present,
        human_found=found.found,
    )


def people_metrics(
    so_far: Sequence[Confirmed], of_late: Sequence[Confirmed]
) -> dict[str, float]:
    """Return the metrics of an audit over all labels; none where people read nothing.

    `human_precision` is the share of the tags read that people found right,
    `human_recall` the share of the labels that were found where chance chose what is
    read; `of_late` is what they said within the audit's window.
    """
    found: dict[str, float] = {}
    for end, counted in (("", so_far), ("_of_late", of_late)):
        read, right = sum(one.read for one in counted), sum(o.right for o in counted)
        if read:
            found[f"human_read{end}"] = read
            found[f"human_precision{end}"] = right / read
        present = sum(one.present for one in counted)
        if present:
            found[f"human_present{end}"] = present
            found[f"human_recall{end}"] = sum(one.found for one in counted) / present
    return found


def _judged(
    metric: LabelMetric,
    manifest: Manifest,
    expected_rate: float | None,
    settings: AuditSettings,
) -> LabelMetric:
    judged = replace(metric, expected_rate=expected_rate)
    if metric.headlines < settings.minimum_headlines or metric.histogram is None:
        return judged
    reference = manifest.reference
    psi = population_stability_index(
        reference.histograms[metric.label], metric.histogram
    )
    p_value = None
    if expected_rate is not None:
        p_value = two_proportion_p_value(
            metric.assigned, metric.headlines, expected_rate, reference.headlines
        )
    # Bonferroni: one false alarm over all labels, not one over each.
    limit = settings.significance / len(manifest.labels)
    drifted = psi > settings.psi_alarm or (p_value is not None and p_value < limit)
    return replace(judged, psi=psi, rate_p_value=p_value, drifted=drifted)


def _combined(label: str, parts: Sequence[LabelMetric]) -> LabelMetric:
    headlines = sum(part.headlines for part in parts)
    histograms = [part.histogram for part in parts if part.histogram is not None]
    return LabelMetric(
        label=label,
        headlines=headlines,
        assigned=sum(part.assigned for part in parts),
        mean_probability=_mean(parts, "mean_probability", headlines),
        rule_agreement=_mean(parts, "rule_agreement", headlines),
        histogram=tuple(np.sum(histograms, axis=0).tolist()) if histograms else None,
    )


def _mean(parts: Sequence[LabelMetric], name: str, headlines: int) -> float | None:
    values = [(getattr(part, name), part.headlines) for part in parts]
    if not headlines or any(value is None for value, _ in values):
        return None
    return float(sum(value * weight for value, weight in values) / headlines)
