"""audit: look at all that was tagged of late, and say which labels drift."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from rocktag.auditing import combine, judge
from rocktag.db import Connection, alerts, run_metrics, runs
from rocktag.db.run_metrics import LabelMetric
from rocktag.db.runs import RunRecord
from rocktag.runtime import Runtime


def run(runtime: Runtime, record: RunRecord) -> None:
    """Add up the window's `tag` runs and compare them with the training.

    Raises:
        StoreError: The database refuses, or there is no champion.
        ArtifactError: The chosen model must not be used.
    """
    settings = runtime.settings.audit
    tagger = runtime.tagger()
    version = runtime.registered(tagger)
    with runtime.database.write() as connection:
        runs.set_model(connection, record.run_id, version, tagger.policy)
        seen = run_metrics.label_metrics_since(
            connection, version, timedelta(hours=settings.window_hours)
        )
        judged = judge(combine(seen), tagger.artifact.manifest, tagger.policy, settings)
        record.taken = record.done = max((m.headlines for m in judged), default=0)
        run_metrics.record_outcome(connection, record, {}, judged)
        _tell_drift(connection, tagger.name, record.run_id, judged)


def _tell_drift(
    connection: Connection, version: str, run_id: int, judged: Sequence[LabelMetric]
) -> None:
    drifted = [metric.label for metric in judged if metric.drifted]
    if drifted:
        message = (
            f"the tags of {version} drift from its training for {', '.join(drifted)};"
            f" see run_label_metric of run {run_id}, and train again"
        )
        alerts.raise_alert(connection, "drift", version, message, run_id=run_id)
    elif any(metric.drifted is False for metric in judged):
        alerts.close_alert(connection, "drift", version)
