"""audit: look at what was tagged and came in of late, and say what is wrong."""

from __future__ import annotations

from datetime import timedelta

from rocktag.alerting import tell_drift, tell_stale_feed
from rocktag.auditing import combine, judge
from rocktag.db import run_metrics, runs
from rocktag.db.runs import RunRecord
from rocktag.runtime import Runtime


def run(runtime: Runtime, record: RunRecord) -> None:
    """Add up the window's `tag` runs and compare them with the training.

    Raises:
        StoreError: The database refuses, or there is no champion.
        ArtifactError: The chosen model must not be used.
    """
    tell_stale_feed(runtime.database, runtime.settings, record.run_id)
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
        no_run_drifted = not any(metric.drifted for metric in seen)
        tell_drift(
            connection, tagger.name, record.run_id, judged, may_close=no_run_drifted
        )
