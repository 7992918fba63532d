"""shadow: let the challenger tag the same headlines, after the champion has."""

from __future__ import annotations

import time

from rocktag.auditing import judge
from rocktag.db import models, queue, run_metrics, runs
from rocktag.db.runs import RunRecord
from rocktag.runtime import Runtime
from rocktag.tagging import enqueue_all, tag_pending


def is_called_for(runtime: Runtime) -> bool:
    """Tell whether there is a challenger.

    Raises:
        StoreError: The database refuses.
    """
    return runtime.has_challenger()


def run(runtime: Runtime, record: RunRecord) -> None:
    """Tag until nothing is pending, the champion has work, or the time is over.

    No view shows what it writes, for they look at champions only. Its failures and its
    drift raise no alert: nobody reads its tags yet.

    Raises:
        StoreError: The database refuses.
        ArtifactError: The challenger must not be used.
        TaggingError: Too many headlines cannot be tagged.
    """
    tagger = runtime.challenger()
    if tagger is None:
        return
    settings = runtime.settings
    version = runtime.registered(tagger)
    runtime.database.transact(
        lambda c: runs.set_model(c, record.run_id, version, tagger.policy)
    )
    enqueue_all(
        runtime.database, version, record, settings.tag, on_step=runtime.vitals.beat
    )
    begun = time.monotonic()
    tally = tag_pending(
        runtime.database,
        tagger,
        version,
        record,
        settings.tag,
        should_stop=lambda: _should_stop(runtime, begun),
        after_batch=lambda _: runtime.vitals.beat(),
    )
    metrics = tally.metrics(seconds=time.monotonic() - begun)
    manifest = tagger.artifact.manifest
    judged = judge(tally.label_metrics(), manifest, tagger.policy, settings.audit)
    runtime.database.transact(
        lambda c: run_metrics.record_outcome(c, record, metrics, judged)
    )


def _should_stop(runtime: Runtime, begun: float) -> bool:
    return (
        runtime.stopping.is_set()
        or runtime.reload_asked
        or time.monotonic() - begun > runtime.settings.challenger.maximum_seconds
        or _champion_has_work(runtime)
    )


def _champion_has_work(runtime: Runtime) -> bool:
    """Tell whether what tags for the views has anything to tag: it goes first."""
    name = runtime.chosen()
    with runtime.database.read() as connection:
        key = models.key(connection, name)
        return key is not None and queue.is_waited_for(connection, key)
