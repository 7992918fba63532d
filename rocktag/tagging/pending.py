"""Every pending headline of a database, a batch at a time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from rocktag.auditing import Tally
from rocktag.config import TagSettings
from rocktag.db import Database, queue, runs, write_back
from rocktag.db.runs import RunRecord
from rocktag.errors import TaggingError
from rocktag.tagging.batch import Batch
from rocktag.tagging.tagger import Tagger
from rocktag.text import counted

logger = logging.getLogger(__name__)

_FEW_FAILURES = 20  # of a run; so few say nothing about their share


def enqueue_all(
    database: Database,
    model_version_id: int,
    record: RunRecord,
    settings: TagSettings,
    *,
    on_step: Callable[[], None] = lambda: None,
) -> None:
    """Make pending what the version is to tag, and free what others left behind.

    Args:
        database: Where the headlines are.
        model_version_id: The key of the version.
        record: The run.
        settings: How often a headline is tried.
        on_step: Called after each transaction, of which a large queue takes many.

    Raises:
        StoreError: The database refuses.
    """
    while database.transact(lambda c: queue.enqueue(c, model_version_id)):
        on_step()
    released, given_up = database.transact(
        lambda c: write_back.release_expired(
            c,
            model_version_id,
            run_id=record.run_id,
            maximum_attempts=settings.maximum_attempts,
        )
    )
    if released or given_up:
        logger.warning(
            "freed %s of expired leases, gave up %d",
            counted(released, "headline"),
            given_up,
            extra={
                "event": "leases_expired",
                "counts": {"freed": released, "given_up": given_up},
            },
        )
    lost = database.transact(runs.close_lost)
    if lost:
        logger.warning(
            "closed %s, left behind by workers that are gone",
            counted(lost, "run"),
            extra={"event": "runs_lost", "counts": {"closed": lost}},
        )


def tag_pending(
    database: Database,
    tagger: Tagger,
    model_version_id: int,
    record: RunRecord,
    settings: TagSettings,
    *,
    should_stop: Callable[[], bool],
    after_batch: Callable[[Tally], None] = lambda _: None,
) -> Tally:
    """Tag until nothing is pending or `should_stop` says so, a batch at a time.

    Args:
        database: Where the headlines are.
        tagger: What to tag them with.
        model_version_id: The key of its version.
        record: The run; its counts grow.
        settings: Batch size, lease, attempts and how much may fail.
        should_stop: Asked between batches.
        after_batch: Handed what was counted so far.

    Returns:
        What was counted, for the audit.

    Raises:
        StoreError: The database refuses; what was claimed is given back.
        TaggingError: More fails than may.
    """
    tally = Tally(tagger.artifact.manifest)
    while not should_stop():
        begun = time.monotonic()
        batch = Batch(database, tagger, model_version_id, record, settings)
        claimed = batch.claim()
        if not claimed:
            break
        batch.work(claimed, tally)
        tally.batch_seconds.append(time.monotonic() - begun)
        _tell_batch(len(claimed), tally.batch_seconds[-1], record)
        _refuse_many_failures(record, settings)
        after_batch(tally)
    database.query(lambda c: runs.reload(c, record))
    return tally


def _tell_batch(claimed: int, seconds: float, record: RunRecord) -> None:
    logger.info(
        "tagged %s in %.2f s (%d so far, %d failed)",
        counted(claimed, "headline"),
        seconds,
        record.done,
        record.failed,
        extra={
            "event": "batch_tagged",
            "counts": {
                "claimed": claimed,
                "seconds": round(seconds, 3),
                "run_done": record.done,
                "run_failed": record.failed,
            },
        },
    )


def _refuse_many_failures(record: RunRecord, settings: TagSettings) -> None:
    share = record.failed / record.taken
    if record.failed >= _FEW_FAILURES and share > settings.maximum_failed_share:
        raise TaggingError(
            f"{record.failed:,} of {counted(record.taken, 'try', 'tries')} failed,"
            " more than"
            f" tag.maximum_failed_share ({settings.maximum_failed_share:.0%}); see:"
            " rocktag failed list"
        )
