"""Invented headlines that wait for a champion, and what became of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import text

from rocktag.artifact import Published
from rocktag.db import Database, models, schema
from rocktag.ingest import store_rows
from rocktag.recording import recorded_run
from rocktag.runtime import version_facts
from rocktag.sampling import sample
from rocktag.tagging import open_tagger

_SEED = 11


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a database shows when the work is over.

    Attributes:
        headlines: That were there.
        lost: Headlines that are not done, or lack a label that the model gives them.
        doubled: Headlines with labels that the model does not give them or that another
            run wrote than the one that tagged them last.
        counted: Headlines tagged, as the runs have counted them.
        runs_lost: Runs closed because they had fallen silent.
        unfinished: Leases that are still held, and runs that still seem to run.
    """

    headlines: int
    lost: int
    doubled: int
    counted: int
    runs_lost: int
    unfinished: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """A database with headlines and a champion that has tagged none of them yet."""

    folder: Path
    database: Database
    published: Published

    @property
    def environment(self) -> dict[str, str]:
        """The settings that a worker needs to find all this."""
        return {
            "ROCKTAG_DATABASE_URL": self.database.secret_url,
            "ROCKTAG_MODELS_DIR": str(self.published.folder.parents[1]),
        }

    def select(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self.database.read() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    def count(self, what: str) -> int:
        """Return how many rows `FROM what` has."""
        return int(self.select(f"SELECT count(*) FROM {what}")[0][0])  # noqa: S608

    def done(self) -> int:
        """Return how many headlines are tagged."""
        return self.count("tagging WHERE status = 'done'")

    def outcome(self) -> Outcome:
        """Return what became of the headlines, held against a tagging in one go."""
        due, written = self._due_labels(), self._written_labels()
        done = {key for (key,) in self.select(_DONE)}
        mixed = {key for (key,) in self.select(_MIXED)}
        ((counted,),) = self.select("SELECT sum(done) FROM run WHERE job = 'tag'")
        return Outcome(
            headlines=len(due),
            lost=sum(
                key not in done or due[key] - written[key] != set() for key in due
            ),
            doubled=len(mixed | {key for key in written if written[key] - due[key]}),
            counted=int(counted),
            runs_lost=self.count("run WHERE status = 'failed' AND error LIKE 'lost:%'"),
            unfinished=self.unfinished(),
        )

    def unfinished(self) -> int:
        """Return how many leases are held and how many runs seem to run."""
        held = "tagging WHERE status = 'leased' OR claimed_by IS NOT NULL"
        return self.count(held) + self.count("run WHERE status = 'running'")

    def half_written(self) -> int:
        """Return how many headlines have labels without being done, or the reverse."""
        tagged = {key for (key,) in self.select(_DONE)}
        due, written = self._due_labels(), self._written_labels()
        return sum(
            written[key] != (labels if key in tagged else set())
            for key, labels in due.items()
        )

    def _due_labels(self) -> dict[int, set[str]]:
        """Return the labels that the champion gives each headline."""
        name = self.published.manifest.name
        tagger = open_tagger(self.published.folder.parents[1], name, "micro")
        rows = self.select("SELECT id, title FROM headline ORDER BY id")
        _, decided = tagger.tag([title for _, title in rows])
        return {
            key: {tagger.labels[column] for column in np.flatnonzero(row)}
            for (key, _), row in zip(rows, decided, strict=True)
        }

    def _written_labels(self) -> defaultdict[int, set[str]]:
        written = defaultdict(set)
        for key, label in self.select("SELECT headline_id, label FROM headline_label"):
            written[key].add(label)
        return written


_DONE = "SELECT headline_id FROM tagging WHERE status = 'done'"
_MIXED = (
    "SELECT DISTINCT t.headline_id FROM tagging t JOIN headline_label l"
    " ON l.headline_id = t.headline_id AND l.model_version_id = t.model_version_id"
    " WHERE t.run_id <> l.run_id"
)


@contextmanager
def open_backlog(
    folder: Path, url: str, published: Published, size: int
) -> Iterator[Backlog]:
    """Make the tables in an empty database, with a champion and invented headlines."""
    database = Database(url)
    schema.upgrade(database)
    facts = version_facts(published.manifest, published.manifest_sha256)
    with database.write() as connection:
        key = models.register(connection, facts)
        models.promote(connection, key, by="benchmark", why="it is the only one")
    with recorded_run(database, "ingest") as record:
        rows = sample(size, seed=_SEED)
        store_rows(database, rows, origin="invented", batch_size=5_000, record=record)
    yield Backlog(folder, database, published)
    database.close()
