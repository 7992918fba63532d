"""audit: look at what was tagged and came in of late, and say what is wrong."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from rocktag.alerting import tell_drift, tell_stale_feed
from rocktag.auditing import combine, judge, people_metrics, with_people
from rocktag.challenging import Contest, beside, compare
from rocktag.config import AuditSettings
from rocktag.db import aliases, models, pairs, run_metrics, runs
from rocktag.db.confirmed import confirmed
from rocktag.db.runs import RunRecord
from rocktag.labeling import keyword_rules
from rocktag.runtime import Runtime

logger = logging.getLogger(f"rocktag.{__name__}")


def run(runtime: Runtime, record: RunRecord) -> None:
    """Add up the window's `tag` runs; compare with training, challenger and people.

    Raises:
        StoreError: The database refuses, or there is no champion.
        ArtifactError: The chosen model must not be used.
    """
    tell_stale_feed(runtime.database, runtime.settings, record.run_id)
    settings = runtime.settings.audit
    tagger = runtime.tagger()
    version = runtime.registered(tagger)
    contest = _contest(runtime, version)
    with runtime.database.write() as connection:
        runs.set_model(connection, record.run_id, version, tagger.policy)
        seen = run_metrics.label_metrics_since(
            connection, version, timedelta(hours=settings.window_hours)
        )
        judged = judge(combine(seen), tagger.artifact.manifest, tagger.policy, settings)
        record.taken = record.done = max((m.headlines for m in judged), default=0)
        so_far = confirmed(connection, version)
        of_late = confirmed(connection, version, since=_since(settings))
        compared = beside(judged, contest) if contest else judged
        run_metrics.record_outcome(
            connection,
            record,
            {
                **(contest.metrics() if contest else {}),
                **people_metrics(so_far, of_late),
            },
            with_people(compared, so_far),
        )
        no_run_drifted = not any(metric.drifted for metric in seen)
        tell_drift(
            connection, tagger.name, record.run_id, judged, may_close=no_run_drifted
        )


def _since(settings: AuditSettings) -> datetime:
    """Return when the window began."""
    return datetime.now(UTC) - timedelta(hours=settings.window_hours)


def _contest(runtime: Runtime, version: int) -> Contest | None:
    """Compare the version that tags with the challenger, if both have tagged enough."""
    settings = runtime.settings
    since = _since(settings.audit)
    with runtime.database.read() as connection:
        name = aliases.challenger(connection)
        key = None if name is None else models.key(connection, name)
        if name is None or key is None or key == version:
            return None
        found = pairs.tagged_by_both(
            connection,
            version,
            key,
            since=since,
            limit=settings.challenger.compared_headlines,
        )
    if len(found) < settings.audit.minimum_headlines:
        logger.info("too few headlines to compare with %s: %d", name, len(found))
        return None
    contest = compare(found, keyword_rules(), settings.challenger.significance)
    logger.log(
        logging.WARNING if contest.significant else logging.INFO,
        "champion and challenger %s: %s",
        name,
        contest.verdict(),
        extra={
            "event": "challenger_compared",
            "counts": {
                "headlines": contest.headlines,
                "significant_labels": len(contest.significant),
            },
        },
    )
    return contest
