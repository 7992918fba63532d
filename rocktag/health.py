"""How the worker is doing: for a person, a probe, a page of metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rocktag.db import Database, health, models, queue
from rocktag.db.health import LastRun, OpenAlert
from rocktag.text import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What can be seen from outside.

    Attributes:
        model: The version that tags, None while there is none.
        runs: The newest run of each job.
        waiting: Headlines that are to be tagged, or are in work.
        oldest_waiting: When the oldest new one of them came in.
        failed: Headlines that cannot be tagged.
        overdue_leases: Headlines whose worker let the lease run out.
        silent_runs: Runs whose worker has fallen silent.
        alerts: What is open.
    """

    model: str | None
    runs: tuple[LastRun, ...]
    waiting: int = 0
    oldest_waiting: datetime | None = None
    failed: int = 0
    overdue_leases: int = 0
    silent_runs: int = 0
    alerts: tuple[OpenAlert, ...] = ()

    def problems(self, *, within_seconds: float | None = None) -> tuple[str, ...]:
        """Return what is wrong, each in a line; nothing where all is well.

        Args:
            within_seconds: How long ago the last run of `tag` may have begun.
        """
        return tuple(self._problems(within_seconds))

    def _problems(self, within_seconds: float | None) -> Iterator[str]:
        if self.model is None:
            yield "there is no champion; run: rocktag train"
        for alert in self.alerts:
            yield f"{alert.kind} {alert.subject}: {alert.message}"
        if self.overdue_leases:
            held = counted(self.overdue_leases, "headline is", "headlines are")
            yield f"{held} held by workers that are gone"
        if self.silent_runs:
            silent = counted(self.silent_runs, "run is", "runs are")
            yield f"{silent} silent: the worker of each is gone"
        if within_seconds is not None:
            yield from self._late(within_seconds)

    def _late(self, within_seconds: float) -> Iterator[str]:
        begun = [run.started_at for run in self.runs if run.job == "tag"]
        if not begun:
            yield "the job tag has never run"
            return
        ago = (datetime.now(UTC) - max(begun)).total_seconds()
        if ago > within_seconds:
            yield f"the job tag last began {ago:,.0f} seconds ago; is a worker running?"


def look(database: Database, jobs: Sequence[str], chosen: str) -> Health:
    """Return how the worker is doing.

    Args:
        database: Where it works.
        jobs: The names of its jobs.
        chosen: champion, or the version that tags.

    Raises:
        StoreError: The database refuses.
    """
    with database.read() as connection:
        is_champion = chosen == models.CHAMPION
        name = models.champion(connection) if is_champion else chosen
        key = None if name is None else models.key(connection, name)
        counts = {} if key is None else queue.count_by_status(connection, key)
        return Health(
            model=name,
            runs=tuple(health.last_runs(connection, jobs)),
            waiting=0 if key is None else queue.waiting(connection, key),
            oldest_waiting=None
            if key is None
            else health.oldest_waiting(connection, key),
            failed=counts.get("failed", 0),
            overdue_leases=health.overdue_leases(connection),
            silent_runs=health.silent_runs(connection),
            alerts=tuple(health.open_alerts(connection)),
        )
