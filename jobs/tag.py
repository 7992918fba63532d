"""tag: give every pending headline the labels of the chosen model."""

from __future__ import annotations

import logging
import time

from rocktag.alerting import tell_drift, tell_failed_headlines
from rocktag.auditing import Tally, judge
from rocktag.db import Connection, run_metrics, runs
from rocktag.db.models import CHAMPION
from rocktag.db.runs import RunRecord
from rocktag.runtime import Runtime
from rocktag.tagging import enqueue_all, tag_pending

logger = logging.getLogger(f"rocktag.{__name__}")

_SECONDS_BETWEEN_RECORDS = 30.0  # a killed run loses no more of its statistics


def run(runtime: Runtime, record: RunRecord) -> None:
    """Tag until nothing is pending, and record what was seen.

    Where another model or another configuration is to be used meanwhile, the run ends
    and asks for another one.

    Raises:
        StoreError: The database refuses, or there is no champion.
        ArtifactError: The chosen model must not be used.
        TaggingError: Too many headlines cannot be tagged.
    """
    settings = runtime.settings
    if settings.tag.model != CHAMPION:
        logger.warning(
            "tag.model is %s: its labels are stored, but the views show the champion's",
            settings.tag.model,
        )
    tagger = runtime.tagger()
    version = runtime.registered(tagger)
    runtime.database.transact(
        lambda c: runs.set_model(c, record.run_id, version, tagger.policy)
    )
    enqueue_all(
        runtime.database, version, record, settings.tag, on_step=runtime.vitals.beat
    )
    begun = recorded = time.monotonic()
    counted = 0

    def keep(tally: Tally, *, is_last: bool = False) -> None:
        manifest, policy, name = tagger.artifact.manifest, tagger.policy, tagger.name
        metrics = tally.metrics(seconds=time.monotonic() - begun)
        judged = judge(tally.label_metrics(), manifest, policy, settings.audit)

        def write(connection: Connection) -> None:
            run_metrics.record_outcome(connection, record, metrics, judged)
            if is_last and not record.goes_on:  # else the next run tags with another
                tell_failed_headlines(connection, name, version, record.run_id)
                tell_drift(connection, name, record.run_id, judged, may_close=False)

        runtime.database.transact(write)

    def after_batch(tally: Tally) -> None:
        nonlocal recorded, counted
        runtime.vitals.count_batch(
            headlines=tally.headlines - counted, seconds=tally.batch_seconds[-1]
        )
        counted = tally.headlines
        if time.monotonic() - recorded >= _SECONDS_BETWEEN_RECORDS:
            keep(tally)
            recorded = time.monotonic()

    def should_stop() -> bool:
        if runtime.stopping.is_set():
            record.goes_on = False
            return True
        record.goes_on = runtime.reload_asked or runtime.has_other_model()
        return record.goes_on

    tally = tag_pending(
        runtime.database,
        tagger,
        version,
        record,
        settings.tag,
        should_stop=should_stop,
        after_batch=after_batch,
    )
    keep(tally, is_last=True)
