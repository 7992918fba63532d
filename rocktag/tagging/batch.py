"""One claim: taken, tagged outside any transaction, written under its fence."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence

import numpy as np

from rocktag.auditing import Tally
from rocktag.config import TagSettings
from rocktag.db import Connection, Database, runs, taggings, write_back
from rocktag.db.runs import RunRecord
from rocktag.db.taggings import Claimed
from rocktag.db.write_back import AssignedLabel
from rocktag.errors import RefusedValueError, StoreError
from rocktag.labeling import rules_of
from rocktag.tagging.isolation import Tagged, isolate
from rocktag.tagging.tagger import Tagger

logger = logging.getLogger(__name__)


class Batch:
    """Headlines that a run has claimed, until they are written or given back."""

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
        """Take the next pending headlines; from now on the run's heartbeat holds them.

        Raises:
            StoreError: The database refuses.
        """
        claimed = self._database.transact(self._take)
        self._record.taken += len(claimed)
        self._record.renew, self._record.release = self._renew, self._release
        return claimed

    def work(self, claimed: Sequence[Claimed], tally: Tally) -> None:
        """Tag what was claimed and write it, or give it back.

        Raises:
            StoreError: The database refuses; what is not written is given back.
        """
        try:
            tagged, errors = isolate(self._tagger, claimed)
            self._fail(errors)
            self._write(tagged, tally)
        except BaseException:
            self._give_back()
            raise
        finally:
            self._record.renew = self._record.release = None

    def _take(self, connection: Connection) -> list[Claimed]:
        claimed = taggings.claim(
            connection,
            self._version,
            claim_id=self._claim_id,
            limit=self._settings.batch_size,
            lease_seconds=self._settings.lease_seconds,
        )
        runs.add(connection, self._record.run_id, taken=len(claimed))
        return claimed

    def _write(self, tagged: Tagged, tally: Tally) -> None:
        """Write a batch at once; one with a value that is refused half by half."""
        if not tagged.items:
            return
        rows = {item.headline_id: row for row, item in enumerate(tagged.items)}
        labels = {key: self._assigned(tagged, row) for key, row in rows.items()}

        def complete(connection: Connection) -> set[int]:
            written = write_back.complete(
                connection,
                self._version,
                claim_id=self._claim_id,
                run_id=self._record.run_id,
                labels=labels,
            )
            runs.add(connection, self._record.run_id, done=len(written))
            return written

        try:
            written = self._database.transact(complete)
        except RefusedValueError as error:
            if len(tagged.items) == 1:
                self._fail({tagged.items[0].headline_id: str(error)})
                return
            for half in tagged.halves():
                self._write(half, tally)
            return
        self._record.done += len(written)
        self._count(tally, tagged, [rows[key] for key in sorted(written)])

    def _fail(self, errors: dict[int, str]) -> None:
        if not errors:
            return

        def fail(connection: Connection) -> set[int]:
            failed = write_back.fail(
                connection,
                self._version,
                claim_id=self._claim_id,
                run_id=self._record.run_id,
                errors=errors,
                maximum_attempts=self._settings.maximum_attempts,
            )
            runs.add(connection, self._record.run_id, failed=len(failed))
            return failed

        self._record.failed += len(self._database.transact(fail))

    def _assigned(self, tagged: Tagged, row: int) -> list[AssignedLabel]:
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

    def _count(self, tally: Tally, tagged: Tagged, rows: Sequence[int]) -> None:
        """Add the written rows to the tally, beside what its rules say."""
        if rows:
            titles = [tagged.items[row].title for row in rows]
            rules = rules_of(self._tagger.artifact.manifest.rules)
            by_rules = rules.label_matrix(titles, self._tagger.labels)
            tally.add(tagged.probabilities[rows], tagged.decided[rows], by_rules)

    def _renew(self, connection: Connection) -> None:
        taggings.renew(
            connection, self._version, self._claim_id, self._settings.lease_seconds
        )

    def _release(self, connection: Connection) -> None:
        taggings.release(connection, self._version, self._claim_id)

    def _give_back(self) -> None:
        try:
            with self._database.write() as connection:
                self._release(connection)
        except StoreError as error:
            # The lease will run out by itself; the first error is the one to tell.
            logger.warning(
                "a claim could not be given back: %s",
                error,
                extra={"event": "claim_not_given_back"},
            )
