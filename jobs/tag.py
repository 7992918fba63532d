"""tag: give every pending headline the labels of the chosen model."""

from __future__ import annotations

import logging
import time

from rocktag.auditing import judge
from rocktag.db import runs
from rocktag.db.models import CHAMPION
from rocktag.db.runs import RunRecord
from rocktag.runtime import Runtime
from rocktag.tagging import enqueue_all, tag_pending

logger = logging.getLogger(f"rocktag.{__name__}")


def run(runtime: Runtime, record: RunRecord) -> None:
    """Tag until nothing is pending, and record what was seen.

    Raises:
        StoreError: The database refuses, or there is no champion.
        ArtifactError: The chosen model must not be used.
    """
    if runtime.settings.tag.model != CHAMPION:
        logger.warning(
            "tag.model is %s: its labels are stored, but the views show the champion's",
            runtime.settings.tag.model,
        )
    tagger = runtime.tagger()
    version = runtime.registered(tagger)
    with runtime.database.write() as connection:
        runs.set_model(connection, record.run_id, version, tagger.policy)
    enqueue_all(runtime.database, version)
    begun = time.monotonic()
    tally = tag_pending(
        runtime.database,
        tagger,
        version,
        record,
        runtime.settings.tag,
        should_stop=runtime.stopping.is_set,
    )
    metrics = tally.metrics(seconds=time.monotonic() - begun)
    judged = judge(
        tally.label_metrics(),
        tagger.artifact.manifest,
        tagger.policy,
        runtime.settings.audit,
    )
    with runtime.database.write() as connection:
        runs.record_outcome(connection, record, metrics, judged)
