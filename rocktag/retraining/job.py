"""One tick of the job `retrain`: looked at, trained where called for, kept."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from rocktag.config import Settings
from rocktag.db import Connection, Database, models, run_metrics, runs
from rocktag.db.runs import RunRecord
from rocktag.db.trainings import TRAINED
from rocktag.errors import TrainingError
from rocktag.retraining.calls import Situation, called_for, look
from rocktag.retraining.training_process import Retrained, run_training
from rocktag.text import counted

logger = logging.getLogger(__name__)


def retrain(
    database: Database,
    settings: Settings,
    record: RunRecord,
    is_stopping: Callable[[], bool],
) -> None:
    """Train anew where that is called for; what comes of it is kept with the run.

    Args:
        database: Where headlines and runs are.
        settings: Those of the training, too.
        record: The run.
        is_stopping: Whether the worker ends: then the training does.

    Raises:
        StoreError: The database refuses.
        StoppedError: The worker ends.
        TrainingError: The training failed; nothing was changed.
    """
    situation = look(database, settings.models_dir, record.run_id)
    why = called_for(situation, settings.retrain)
    metrics = _seen(situation, why)
    _keep(database, record, metrics)
    if why is None:
        logger.info(
            "no training is called for: %s",
            counted(situation.new_headlines, "new headline"),
            extra={"event": "retrain_not_called_for"},
        )
        return
    logger.info("a training begins: %s", why, extra={"event": "retrain_begins"})
    begun = time.monotonic()
    try:
        found = run_training(settings, why=why, is_stopping=is_stopping)
    except TrainingError:
        _keep(database, record, {**metrics, TRAINED: 0.0})
        raise
    metrics |= {
        TRAINED: 1.0,
        "promoted": float(found.is_champion),
        "training_seconds": time.monotonic() - begun,
    }
    _keep(database, record, metrics)
    database.transact(lambda c: _name_model(c, settings, record, found))
    _tell(found)


def _seen(situation: Situation, why: str | None) -> dict[str, float]:
    days = situation.days_since_training(datetime.now(UTC))
    return {
        "called_for": float(why is not None),
        "new_headlines": float(situation.new_headlines),
        "open_drift": float(situation.has_drift),
        **({} if days is None else {"days_since_training": days}),
    }


def _keep(database: Database, record: RunRecord, metrics: dict[str, float]) -> None:
    database.transact(lambda c: run_metrics.record_metrics(c, record.run_id, metrics))


def _name_model(
    connection: Connection, settings: Settings, record: RunRecord, found: Retrained
) -> None:
    key = models.key(connection, found.version)
    if key is not None:
        runs.set_model(connection, record.run_id, key, str(settings.tag.threshold))


def _tell(found: Retrained) -> None:
    if found.is_champion:
        logger.info(
            "%s was trained and is the champion now",
            found.version,
            extra={"event": "retrained"},
        )
        return
    logger.warning(
        "%s was trained, the champion stays: %s",
        found.version,
        "; ".join(found.reasons) or "see the table run, job gate",
        extra={"event": "retrain_refused"},
    )
