"""audit: look at all that was tagged of late, and say which labels drift."""

from __future__ import annotations

from datetime import timedelta

from rocktag.auditing import combine, judge
from rocktag.db import runs
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
        seen = runs.label_metrics_since(
            connection, version, timedelta(hours=settings.window_hours)
        )
        judged = judge(combine(seen), tagger.artifact.manifest, tagger.policy, settings)
        record.taken = record.done = max((m.headlines for m in judged), default=0)
        runs.record_outcome(connection, record, {}, judged)
