"""What the jobs look for that somebody should look at, and when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from rocktag.config import Settings
from rocktag.db import Connection, Database, alerts, failures, headlines
from rocktag.db.alerts import AlertKind
from rocktag.db.run_metrics import LabelMetric
from rocktag.text import counted


def tell_drift(
    connection: Connection,
    version: str,
    run_id: int,
    judged: Sequence[LabelMetric],
    *,
    may_close: bool,
) -> None:
    """Raise an alert where labels drift, or close it where one may and none does.

    Any run raises it, only `audit` closes it: a quiet quarter of an hour proves nothing
    against a bad day, and the two jobs do not undo each other's alerts in turn.

    Args:
        connection: A write transaction.
        version: The name of the version that tagged.
        run_id: The run that looked.
        judged: Its labels; where headlines were too few, nothing is said of drift.
        may_close: Whether an alert closes where there is none.
    """
    drifted = [metric.label for metric in judged if metric.drifted]
    if drifted:
        message = (
            f"the tags of {version} drift from its training for {', '.join(drifted)};"
            f" see run_label_metric of run {run_id}, and train again"
        )
        alerts.raise_alert(connection, "drift", version, message, run_id=run_id)
    elif may_close and any(metric.drifted is False for metric in judged):
        alerts.close_alert(connection, "drift", version)


def tell_failed_headlines(
    connection: Connection, version: str, model_version_id: int, run_id: int
) -> None:
    """Raise an alert while there are headlines that a version cannot tag."""
    count = failures.count(connection, model_version_id)
    if not count:
        alerts.close_alert(connection, "failed_headlines", version)
        return
    message = (
        f"{counted(count, 'headline')} cannot be tagged by {version};"
        " see: rocktag failed list, then: rocktag failed retry"
    )
    alerts.raise_alert(connection, "failed_headlines", version, message, run_id=run_id)


def tell_stale_feed(database: Database, settings: Settings, run_id: int) -> None:
    """Raise an alert while the feed that `pull` reads has brought nothing for too long.

    A source that has never had a headline is none that went silent. Files are read when
    somebody reads them: their sources are not watched.

    Raises:
        StoreError: The database refuses.
    """
    source, hours = settings.source, settings.alert.stale_hours
    watched = source.feed if source is not None and hours else None
    kinds: tuple[AlertKind] = ("stale_feed",)

    def look(connection: Connection) -> None:
        alerts.close_others(connection, kinds, watched)
        newest = watched and headlines.newest(connection, watched)
        if not (watched and newest):
            return
        if datetime.now(UTC) - newest <= timedelta(hours=hours):
            alerts.close_alert(connection, "stale_feed", watched)
            return
        message = (
            f"no new headline of {watched} has come in since {newest:%Y-%m-%d %H:%M}"
            f" UTC, for more than {counted(hours, 'hour')}; see whether its table"
            " still grows"
        )
        alerts.raise_alert(connection, "stale_feed", watched, message, run_id=run_id)

    database.transact(look)
