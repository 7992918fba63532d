"""pull: copy headlines from the user's own table that are new or were edited."""

from __future__ import annotations

from rocktag.alerting import tell_stale_feed
from rocktag.db.runs import RunRecord
from rocktag.ingest import pull
from rocktag.runtime import Runtime


def run(runtime: Runtime, record: RunRecord) -> None:
    """Copy from `[source]`; without that section there is nothing to do.

    Raises:
        StoreError: One of the two databases refuses.
    """
    source = runtime.settings.source
    if source is not None:
        batch_size = runtime.settings.ingest.batch_size
        pull(
            runtime.database,
            source,
            batch_size,
            record,
            on_batch=runtime.vitals.beat,
        )
    tell_stale_feed(runtime.database, runtime.settings, record.run_id)
