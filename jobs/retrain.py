"""retrain: train anew where the database calls for it; only the gate promotes."""

from __future__ import annotations

from rocktag.db.runs import RunRecord
from rocktag.retraining import retrain
from rocktag.runtime import Runtime


def run(runtime: Runtime, record: RunRecord) -> None:
    """Look whether a training is called for, and if so wait for one to its end.

    Raises:
        StoreError: The database refuses.
        StoppedError: The worker ends.
        TrainingError: The training failed; nothing was changed.
    """
    retrain(runtime.database, runtime.settings, record, runtime.stopping.is_set)
