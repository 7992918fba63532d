"""What a run did, in numbers: of the run, per label and per pair of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from rocktag.db.runs import RunRecord
from rocktag.db.tables import run, run_label_metric, run_label_pair, run_metric


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelMetric:
    """One label in one run; None where the run cannot know.

    Attributes:
        label: The label.
        headlines: Headlines looked at.
        assigned: Headlines of them that carry the label.
        overlap: Share of the assigned that carry another label too.
        mean_probability: Mean of the model's probability over the headlines.
        rule_agreement: Share of headlines on which model and keyword rule agree.
        expected_rate: Share of held-out headlines that carried it after training.
        psi: Population stability index of the probabilities over the frozen bins.
        rate_p_value: Of the two-proportion test of the rate against the expected one.
        drifted: Whether either says so.
        histogram: Headlines per frozen bin of probability.
        champion_rate: Share of those that the challenger tagged too which carry it.
        challenger_rate: Share of the same that the challenger gave it.
        challenger_agreement: Share of the same on which both decide alike.
        challenger_p_value: Of McNemar's test of the two.
        human_read: Headlines given it by the version that people have read so far.
        human_right: Those of them that have it, as people say.
        human_present: Headlines that have it, as people say who read them because
            chance chose them.
        human_found: Those of them that were given it.
    """

    label: str
    headlines: int
    assigned: int
    overlap: float | None = None
    mean_probability: float | None = None
    rule_agreement: float | None = None
    expected_rate: float | None = None
    psi: float | None = None
    rate_p_value: float | None = None
    drifted: bool | None = None
    histogram: tuple[int, ...] | None = None
    champion_rate: float | None = None
    challenger_rate: float | None = None
    challenger_agreement: float | None = None
    challenger_p_value: float | None = None
    human_read: int | None = None
    human_right: int | None = None
    human_present: int | None = None
    human_found: int | None = None

    @property
    def rate(self) -> float:
        """Share of the headlines that carry the label."""
        return self.assigned / self.headlines if self.headlines else 0.0


def record_outcome(
    connection: Connection,
    record: RunRecord,
    metrics: Mapping[str, float],
    labels: Sequence[LabelMetric],
) -> None:
    """Keep the metrics of a run that tagged or audited: its own, counts and labels'."""
    counts = {
        "claimed": record.taken,
        "tagged": record.done,
        "failed": record.failed,
        "drifted_labels": sum(metric.drifted is True for metric in labels),
    }
    record_metrics(connection, record.run_id, {**counts, **metrics})
    record_label_metrics(connection, record.run_id, labels)


def record_metrics(
    connection: Connection, run_id: int, metrics: Mapping[str, float]
) -> None:
    """Keep the metrics of a run, in place of those kept before."""
    if not metrics:
        return
    connection.execute(delete(run_metric).where(run_metric.c.run_id == run_id))
    connection.execute(
        insert(run_metric),
        [
            {"run_id": run_id, "name": name, "value": float(value)}
            for name, value in metrics.items()
        ],
    )


def record_label_metrics(
    connection: Connection, run_id: int, metrics: Sequence[LabelMetric]
) -> None:
    """Keep the metrics of a run per label, in place of those kept before."""
    if not metrics:
        return
    kept = run_label_metric.c.run_id == run_id
    connection.execute(delete(run_label_metric).where(kept))
    rows = [
        asdict(metric)
        | {
            "run_id": run_id,
            "rate": metric.rate,
            "histogram": _joined(metric.histogram),
        }
        for metric in metrics
    ]
    connection.execute(insert(run_label_metric), rows)


def record_label_pairs(
    connection: Connection, run_id: int, pairs: Mapping[tuple[str, str], int]
) -> None:
    """Keep how many headlines carry both labels of a pair."""
    if pairs:
        connection.execute(
            insert(run_label_pair),
            [
                {
                    "run_id": run_id,
                    "label": first,
                    "other_label": second,
                    "headlines": headlines,
                }
                for (first, second), headlines in pairs.items()
            ],
        )


def label_metrics_since(
    connection: Connection, model_version_id: int, window: timedelta
) -> list[LabelMetric]:
    """Return what the `tag` runs of a model version counted per label of late.

    Args:
        connection: A read transaction.
        model_version_id: The version that tagged.
        window: How far back a run may have started.
    """
    metric = run_label_metric.c
    rows = connection.execute(
        select(run_label_metric)
        .join(run, run.c.id == metric.run_id)
        .where(
            run.c.job == "tag",
            run.c.status != "undone",
            run.c.model_version_id == model_version_id,
            run.c.started_at >= datetime.now(UTC) - window,
        )
        .order_by(metric.run_id, metric.label)
    )
    return [
        LabelMetric(
            label=row.label,
            headlines=row.headlines,
            assigned=row.assigned,
            mean_probability=row.mean_probability,
            rule_agreement=row.rule_agreement,
            drifted=row.drifted,
            histogram=_split(row.histogram),
        )
        for row in rows
    ]


def _joined(histogram: Sequence[int] | None) -> str | None:
    return None if histogram is None else ";".join(map(str, histogram))


def _split(histogram: str | None) -> tuple[int, ...] | None:
    return None if histogram is None else tuple(map(int, histogram.split(";")))
