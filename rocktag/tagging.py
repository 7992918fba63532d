"""Tagging: titles to labels, and every pending headline of a database.

Knows neither training nor the kind of a model: an artifact gives labels, thresholds
and one function from titles to probabilities.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rocktag.artifact import Artifact, load
from rocktag.artifact.litert_file import THREADS
from rocktag.auditing import Tally
from rocktag.config import TagSettings
from rocktag.db import Database, taggings, write_back
from rocktag.db.runs import RunRecord
from rocktag.db.taggings import Claimed
from rocktag.db.write_back import AssignedLabel
from rocktag.errors import StoreError
from rocktag.labeling import keyword_rules
from rocktag.thresholds import decide
from rocktag.types import Probabilities, Targets, Thresholds

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tagger:
    """A model with the thresholds it serves under.

    Attributes:
        artifact: The checked model.
        policy: micro, macro, per-label or a number.
        thresholds: (L,), what the policy means for this model.
    """

    artifact: Artifact
    policy: str
    thresholds: Thresholds

    @property
    def labels(self) -> tuple[str, ...]:
        """The L labels, in the order of every matrix's columns."""
        return self.artifact.manifest.labels

    def tag(self, titles: Sequence[str]) -> tuple[Probabilities, Targets]:
        """Return the probabilities and the labels of N titles, both (N, L)."""
        probabilities = self.artifact.predict(titles)
        return probabilities, decide(probabilities, self.thresholds, self.labels)


def open_tagger(
    models_dir: Path,
    name: str,
    policy: str | float,
    *,
    expected_sha256: str | None = None,
    threads: int = THREADS,
) -> Tagger:
    """Load a model version and settle its thresholds.

    Args:
        models_dir: Where models are published.
        name: `<classifier>/<version>`.
        policy: micro, macro, per-label or a number.
        expected_sha256: Of its manifest, where the database knows it.
        threads: That a network computes with.

    Raises:
        ArtifactError: The artifact must not be used.
        UsageError: There is no such policy.
    """
    artifact = load(models_dir, name, expected_sha256=expected_sha256, threads=threads)
    thresholds = artifact.manifest.thresholds.tuned().under(policy)
    return Tagger(artifact, str(policy), thresholds)


def enqueue_all(database: Database, model_version_id: int) -> None:
    """Make every headline pending that the version has never met, and free old leases.

    Raises:
        StoreError: The database refuses.
    """
    after: int | None = 0
    while after is not None:
        with database.write() as connection:
            after = taggings.enqueue(connection, model_version_id, after)
    with database.write() as connection:
        released = taggings.release_expired(connection, model_version_id)
    if released:
        logger.warning("freed %d headlines of expired leases", released)


def tag_pending(
    database: Database,
    tagger: Tagger,
    model_version_id: int,
    record: RunRecord,
    settings: TagSettings,
    *,
    should_stop: Callable[[], bool],
) -> Tally:
    """Tag until nothing is pending or `should_stop` says so, a batch at a time.

    Args:
        database: Where the headlines are.
        tagger: What to tag them with.
        model_version_id: The key of its version.
        record: The run; its counts grow.
        settings: Batch size, lease and attempts.
        should_stop: Asked between batches.

    Returns:
        What was counted, for the audit.

    Raises:
        StoreError: The database refuses; what was claimed is given back.
    """
    tally = Tally(tagger.artifact.manifest)
    while not should_stop():
        begun = time.monotonic()
        batch = _Batch(database, tagger, model_version_id, record, settings)
        claimed = batch.claim()
        if not claimed:
            break
        batch.work(claimed, tally)
        tally.batch_seconds.append(time.monotonic() - begun)
        logger.info(
            "tagged %d headlines in %.2f s (%d so far, %d failed)",
            len(claimed),
            tally.batch_seconds[-1],
            record.done,
            record.failed,
            extra={"event": "batch_tagged", "count": len(claimed)},
        )
    return tally


class _Batch:
    """One claim: taken, tagged outside any transaction, written under its fence."""

    def __init__(
        self,
        database: Database,
        tagger: Tagger,
        model_version_id: int,
        record: RunRecord,
        settings: TagSettings,
    ) -> None:
        self._database = database
        self._tagger = tagger
        self._version = model_version_id
        self._record = record
        self._settings = settings
        self._claim_id = f"run {record.run_id} {uuid.uuid4().hex}"

    def claim(self) -> list[Claimed]:
        with self._database.write() as connection:
            claimed = taggings.claim(
                connection,
                self._version,
                claim_id=self._claim_id,
                limit=self._settings.batch_size,
                lease_seconds=self._settings.lease_seconds,
            )
        self._record.taken += len(claimed)
        return claimed

    def work(self, claimed: Sequence[Claimed], tally: Tally) -> None:
        try:
            self._tag_and_write(claimed, tally)
        except BaseException:
            self._give_back()
            raise

    def _tag_and_write(self, claimed: Sequence[Claimed], tally: Tally) -> None:
        tagged, errors = _isolate(self._tagger, claimed)
        rows = {item.headline_id: row for row, item in enumerate(tagged.items)}
        with self._database.write() as connection:
            written = write_back.complete(
                connection,
                self._version,
                claim_id=self._claim_id,
                run_id=self._record.run_id,
                labels={key: self._assigned(tagged, row) for key, row in rows.items()},
            )
            failed = write_back.fail(
                connection,
                self._version,
                claim_id=self._claim_id,
                run_id=self._record.run_id,
                errors=errors,
                maximum_attempts=self._settings.maximum_attempts,
            )
        self._record.done += len(written)
        self._record.failed += len(failed)
        self._count(tally, tagged, [rows[key] for key in sorted(written)])

    def _assigned(self, tagged: _Tagged, row: int) -> list[AssignedLabel]:
        manifest = self._tagger.artifact.manifest
        return [
            AssignedLabel(
                label=manifest.labels[column],
                probability=float(tagged.probabilities[row, column]),
                threshold=float(self._tagger.thresholds[column]),
                served_by=manifest.served_by(manifest.labels[column]),
            )
            for column in np.flatnonzero(tagged.decided[row])
        ]

    def _count(self, tally: Tally, tagged: _Tagged, rows: Sequence[int]) -> None:
        """Add the written rows to the tally, beside what the keyword rules say."""
        if rows:
            titles = [tagged.items[row].title for row in rows]
            by_rules = keyword_rules().label_matrix(titles, self._tagger.labels)
            tally.add(tagged.probabilities[rows], tagged.decided[rows], by_rules)

    def _give_back(self) -> None:
        try:
            with self._database.write() as connection:
                taggings.release(connection, self._version, self._claim_id)
        except StoreError as error:
            # The lease will run out by itself; the first error is the one to tell.
            logger.warning("a claim could not be given back: %s", error)


@dataclass(frozen=True, slots=True)
class _Tagged:
    """Headlines with their probabilities and labels, both (N, L)."""

    items: tuple[Claimed, ...]
    probabilities: Probabilities
    decided: Targets


def _isolate(
    tagger: Tagger, items: Sequence[Claimed]
) -> tuple[_Tagged, dict[int, str]]:
    """Tag what can be tagged; halve a batch that fails until each culprit stands alone.

    Returns:
        The tagged ones, and headline key to error for the others.
    """
    try:
        probabilities, decided = tagger.tag([item.title for item in items])
    except Exception as error:
        # Any title may break a model in any way; it must stop nobody else's.
        if len(items) == 1:
            message = f"{type(error).__name__}: {error}"
            logger.warning("headline %d fails: %s", items[0].headline_id, message)
            return _nothing_tagged(tagger), {items[0].headline_id: message}
        middle = len(items) // 2
        first, first_errors = _isolate(tagger, items[:middle])
        second, second_errors = _isolate(tagger, items[middle:])
        return _joined(first, second), first_errors | second_errors
    return _Tagged(tuple(items), probabilities, decided), {}


def _nothing_tagged(tagger: Tagger) -> _Tagged:
    shape = (0, len(tagger.labels))
    return _Tagged((), np.zeros(shape, np.float32), np.zeros(shape, np.int8))


def _joined(first: _Tagged, second: _Tagged) -> _Tagged:
    return _Tagged(
        first.items + second.items,
        np.concatenate([first.probabilities, second.probabilities]),
        np.concatenate([first.decided, second.decided]),
    )
