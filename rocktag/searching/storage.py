"""Optuna's own tables in the user's database, beside rocktag's.

Optuna would read its revision from `alembic_version`, which is rocktag's: it is told
not to.
"""

from __future__ import annotations

import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import optuna
from optuna.storages import RDBStorage
from optuna.storages._rdb.models import BaseModel
from optuna.trial import FrozenTrial, TrialState

from rocktag.db import Database, guests
from rocktag.searching.plan import State, Trial

_HEARTBEAT = 20  # seconds
SILENCE = 60  # seconds without one, after which a trial of another host is dead
_MARK = "study_directions"  # a table that only Optuna has

_STATES: dict[TrialState, State] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}


def storage_in(database: Database) -> RDBStorage:
    """Return Optuna's storage in the database, its tables made if they are not there.

    Raises:
        StoreError: The user has other tables of such names.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    guests.refuse_other_tables(database, set(BaseModel.metadata.tables), _MARK)
    with experimental():
        return RDBStorage(
            # It formats the URL: a brace of ours is not meant for that.
            database.secret_url.replace("{", "{{").replace("}", "}}"),
            engine_kwargs=database.engine_options,
            skip_compatibility_check=True,  # alembic_version is rocktag's
            heartbeat_interval=_HEARTBEAT,
            grace_period=SILENCE,
        )


@contextmanager
def experimental() -> Iterator[None]:
    """Use what Optuna may still rename; its major release is pinned."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield


def trial_of(found: FrozenTrial) -> Trial:
    """Return what Optuna knows of a trial as one of ours."""
    remark = str(found.user_attrs.get("remark", ""))
    # Who breaks a trial off says why; a killed process cannot, nor when that was.
    is_killed = found.state == TrialState.FAIL and not remark
    took = None if is_killed else found.duration
    return Trial(
        number=found.number,
        state="killed" if is_killed else _STATES[found.state],
        value=found.value if found.state == TrialState.COMPLETE else None,
        parameters=dict(found.params),
        seconds=took.total_seconds() if took is not None else None,
        remark=remark,
        method=str(found.user_attrs.get("method", "")),
    )


def this_process() -> str:
    """Return how the others know this process."""
    return f"{os.getpid()} on {socket.gethostname()}"


def is_gone(owner: str) -> bool:
    """Tell whether a process surely lives no more: only of this host one can."""
    number, _, host = owner.partition(" on ")
    if host != socket.gethostname() or not number.isdecimal():
        return False
    if int(number) == os.getpid():
        return True  # we have begun no trial yet: it had our number
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
