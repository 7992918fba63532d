"""The audit trail: one row per job run, from its start to its end.

A run says again and again that it is alive; one that has fallen silent is closed by
whoever notices. Its counts are added up in the transactions that they count.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    func,
    insert,
    select,
    update,
)

from rocktag.db.dialects import epoch_now
from rocktag.db.tables import run

_LOST = "lost: its process was killed, or could not reach the database any more"


@dataclass(slots=True)
class RunRecord:
    """A run that is going on; its job counts here what it does.

    Attributes:
        run_id: Its key.
        taken: Rows read, or headlines claimed.
        done: Headlines stored, or tagged.
        failed: Rows rejected, or headlines that could not be tagged.
        renew: What each heartbeat keeps alive beside the run, such as a claim.
        release: How what it holds is given back.
        goes_on: Whether the job wants another run at once.
    """

    run_id: int
    taken: int = 0
    done: int = 0
    failed: int = 0
    renew: Callable[[Connection], object] | None = None
    release: Callable[[Connection], object] | None = None
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class FoundRun:
    """A run of any time.

    Attributes:
        job: What ran.
        status: running, succeeded, failed or undone.
        model_version_id: The key of the version it used, if any.
    """

    job: str
    status: str
    model_version_id: int | None


def start(
    connection: Connection,
    job: str,
    *,
    tick: datetime | None = None,
    alive_seconds: float = 120,
) -> RunRecord:
    """Enter a run that begins now.

    Args:
        connection: A write transaction.
        job: Its name.
        tick: The moment of the schedule, of a job that runs once over all workers.
        alive_seconds: How long it may keep silent before it counts as lost.

    Raises:
        RefusedValueError: By the transaction, where another has entered that tick.
    """
    entered = connection.execute(
        insert(run).values(
            job=job,
            status="running",
            started_at=datetime.now(UTC),
            host=socket.gethostname(),
            process_id=os.getpid(),
            taken=0,
            done=0,
            failed=0,
            tick=tick,
            alive_until=epoch_now() + round(alive_seconds),
        )
    )
    return RunRecord(int(cast("Row[int]", entered.inserted_primary_key)[0]))


def has_tick(connection: Connection, job: str, tick: datetime) -> bool:
    """Tell whether a run was entered for this moment of the job's schedule."""
    same = select(run.c.id).where(run.c.job == job, run.c.tick == tick)
    return connection.execute(same).first() is not None


def add(
    connection: Connection,
    run_id: int,
    *,
    taken: int = 0,
    done: int = 0,
    failed: int = 0,
) -> None:
    """Count more work of a run, in the transaction that does it."""
    connection.execute(
        update(run)
        .where(run.c.id == run_id)
        .values(
            taken=run.c.taken + taken,
            done=run.c.done + done,
            failed=run.c.failed + failed,
        )
    )


def reload(connection: Connection, record: RunRecord) -> None:
    """Set the record's counts to what is stored."""
    counts = select(run.c.taken, run.c.done, run.c.failed).where(
        run.c.id == record.run_id
    )
    record.taken, record.done, record.failed = connection.execute(counts).one()


def renew(connection: Connection, record: RunRecord, alive_seconds: float) -> None:
    """Say that a run is alive, and keep alive what it holds.

    What it holds comes first: so do those who write it, and none waits for another.
    """
    renew_held = record.renew  # the run's own thread may take it away at any moment
    if renew_held is not None:
        renew_held(connection)
    connection.execute(
        update(run)
        .where(run.c.id == record.run_id)
        .values(alive_until=epoch_now() + round(alive_seconds))
    )


def find(connection: Connection, run_id: int) -> FoundRun | None:
    """Return what is known of a run, or None where there is no such run."""
    known = select(run.c.job, run.c.status, run.c.model_version_id)
    row = connection.execute(known.where(run.c.id == run_id)).first()
    return None if row is None else FoundRun(*row)


def mark_undone(connection: Connection, run_id: int) -> None:
    """Say that what a run wrote was taken back; audits pass over it."""
    connection.execute(update(run).where(run.c.id == run_id).values(status="undone"))


def is_silent() -> ColumnElement[bool]:
    """Return the condition for a run that has not been renewed for too long."""
    return and_(
        run.c.status == "running", func.coalesce(run.c.alive_until, 0) < epoch_now()
    )


def close_lost(connection: Connection) -> int:
    """Close as failed the runs that have fallen silent; return how many."""
    lost = connection.execute(
        update(run)
        .where(is_silent())
        .values(status="failed", finished_at=datetime.now(UTC), error=_LOST)
    )
    return lost.rowcount


def finish(
    connection: Connection, record: RunRecord, *, error: str | None = None
) -> None:
    """Close a run: it failed where there is an error, else it succeeded.

    Counts only grow: what a transaction has counted stays, also where its commit was
    never answered and the record does not know of it.
    """
    connection.execute(
        update(run)
        .where(run.c.id == record.run_id)
        .values(
            status="succeeded" if error is None else "failed",
            finished_at=datetime.now(UTC),
            error=error,
            taken=_at_least(run.c.taken, record.taken),
            done=_at_least(run.c.done, record.done),
            failed=_at_least(run.c.failed, record.failed),
        )
    )


def _at_least(stored: ColumnElement[int], count: int) -> ColumnElement[int]:
    return case((stored > count, stored), else_=count)


def set_model(
    connection: Connection, run_id: int, model_version_id: int, threshold_policy: str
) -> None:
    """Say which model and threshold policy a run uses."""
    connection.execute(
        update(run)
        .where(run.c.id == run_id)
        .values(model_version_id=model_version_id, threshold_policy=threshold_policy)
    )
