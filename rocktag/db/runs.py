"""The audit trail: one row per job run, its metrics, and its metrics per label."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import Connection, Row, insert, select, update

from rocktag.db.tables import run, run_label_metric, run_label_pair, run_metric


@dataclass(slots=True)
class RunRecord:
    """A run that is going on; its job counts here what it does.

    Attributes:
        run_id: Its key.
        taken: Rows read, or headlines claimed.
        done: Headlines stored, or tagged.
        failed: Rows rejected, or headlines that could not be tagged.
    """

    run_id: int
    taken: int = 0
    done: int = 0
    failed: int = 0


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

    @property
    def rate(self) -> float:
        """Share of the headlines that carry the label."""
        return self.assigned / self.headlines if self.headlines else 0.0


def start(connection: Connection, job: str) -> RunRecord:
    """Enter a run that begins now."""
    entered = connection.execute(
        insert(run).values(
            job=job,
            status="running",
            started_at=datetime.now(UTC),
            host=socket.gethostname(),
            process_id=os.getpid(),
            taken=0,
            done=0,
            failed=0,
        )
    )
    return RunRecord(int(cast("Row[int]", entered.inserted_primary_key)[0]))


def finish(
    connection: Connection, record: RunRecord, *, error: str | None = None
) -> None:
    """Close a run: it failed where there is an error, else it succeeded."""
    connection.execute(
        update(run)
        .where(run.c.id == record.run_id)
        .values(
            status="succeeded" if error is None else "failed",
            finished_at=datetime.now(UTC),
            error=error,
            taken=record.taken,
            done=record.done,
            failed=record.failed,
        )
    )


def set_model(
    connection: Connection, run_id: int, model_version_id: int, threshold_policy: str
) -> None:
    """Say which model and threshold policy a run uses."""
    connection.execute(
        update(run)
        .where(run.c.id == run_id)
        .values(model_version_id=model_version_id, threshold_policy=threshold_policy)
    )


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
    """Keep the metrics of a run."""
    if metrics:
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
    """Keep the metrics of a run per label."""
    if not metrics:
        return
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
            histogram=_split(row.histogram),
        )
        for row in rows
    ]


def _joined(histogram: Sequence[int] | None) -> str | None:
    return None if histogram is None else ";".join(map(str, histogram))


def _split(histogram: str | None) -> tuple[int, ...] | None:
    return None if histogram is None else tuple(map(int, histogram.split(";")))
