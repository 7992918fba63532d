"""What the end-to-end tests share: rocktag as a process, and a look into its data."""

from __future__ import annotations

import gc
import json
import logging
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from rocktag.artifact import Published
from rocktag.cli import main
from rocktag.db import Database, models
from rocktag.ingest import store_rows
from rocktag.recording import recorded_run
from rocktag.runtime import version_facts
from rocktag.sampling import sample, write_csv
from tests.e2e import forked

_PATIENCE = 200  # seconds until a process counts as stuck, on a machine with other work


@dataclass(frozen=True, slots=True)
class Result:
    """How a process ended."""

    code: int
    stdout: str
    stderr: str

    @classmethod
    def of(cls, code: int, stdout: bytes, stderr: bytes) -> Result:
        """Return it with what was written as text."""
        return cls(
            code, stdout.decode(errors="replace"), stderr.decode(errors="replace")
        )

    def object(self) -> dict[str, Any]:
        """Return the one JSON object that standard output must be."""
        assert self.code == 0, self.stderr
        assert self.stdout.count("\n") == 1, self.stdout
        found = json.loads(self.stdout)
        assert isinstance(found, dict)
        return found


@dataclass(frozen=True, slots=True)
class Rocktag:
    """`python -m rocktag` in a folder and an environment of its own."""

    folder: Path
    environment: dict[str, str]

    def __call__(
        self, *arguments: str | bytes | Path, stdin: bytes = b"", **variables: str
    ) -> Result:
        """Run a command to its end."""
        environment = {**self.environment, **variables}
        if stdin or any(name.startswith("PYTHON") for name in variables):
            return self._run_anew(environment, *arguments, stdin=stdin)
        words = [os.fsdecode(argument) for argument in arguments]
        ended = forked.run(words, self.folder, environment, _PATIENCE)
        return Result.of(ended.code, ended.stdout, ended.stderr)

    def well(self, *arguments: str | Path, **variables: str) -> Result:
        """Run a command that must succeed."""
        result = self(*arguments, stdin=b"", **variables)
        assert result.code == 0, result.stderr
        return result

    def start(self, *arguments: str | Path, **variables: str) -> subprocess.Popen[str]:
        """Start a command and return while it runs; its log goes to `worker.log`."""
        with (self.folder / "worker.log").open("ab") as log:
            return subprocess.Popen(
                self.command(*arguments),
                cwd=self.folder,
                env={**self.environment, **variables},
                stdout=log,
                stderr=log,
                text=True,
            )

    def _run_anew(
        self, environment: dict[str, str], *arguments: str | bytes | Path, stdin: bytes
    ) -> Result:
        """Run a command to its end in a process that must import everything itself."""
        ended = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=environment,
            input=stdin,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
        return Result.of(ended.returncode, ended.stdout, ended.stderr)

    def command(self, *arguments: str | bytes | Path) -> list[str | bytes | Path]:
        """Return the whole command line."""
        return [sys.executable, "-m", "rocktag", *arguments]


@dataclass(frozen=True, slots=True)
class World:
    """A database with headlines and a champion, and rocktag set up to work on it."""

    rocktag: Rocktag
    database: Database
    published: Published

    def add(self, count: int, seed: int = 11) -> None:
        """Store invented headlines."""
        rows = sample(count, seed=seed)
        with recorded_run(self.database, "ingest") as record:
            store_rows(
                self.database, rows, origin="invented", batch_size=5_000, record=record
            )

    def select(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self.database.read() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    def count(self, what: str) -> int:
        """Return how many rows `FROM what` has."""
        return int(self.select(f"SELECT count(*) FROM {what}")[0][0])

    def execute(self, statement: str) -> None:
        """Change something behind rocktag's back."""
        with self.database.write() as connection:
            connection.execute(text(statement))


def clean_environment(**variables: str) -> dict[str, str]:
    """Return the environment without rocktag's settings, plus the given variables."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ROCKTAG_")
    }
    return {**kept, "COLUMNS": "200", **variables}


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait until a condition holds; fail if it never does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"in vain waited for {what}"
        time.sleep(0.02)


@pytest.fixture
def rocktag(tmp_path: Path, sqlite_url: str, models_dir: Path) -> Rocktag:
    """The command line on a SQLite file that is not there yet."""
    return _rocktag(tmp_path, sqlite_url, models_dir)


@pytest.fixture
def rocktag_everywhere(tmp_path: Path, empty_url: str, models_dir: Path) -> Rocktag:
    """The command line on each kind of database in turn, without tables."""
    return _rocktag(tmp_path, empty_url, models_dir)


@pytest.fixture
def world(
    tmp_path: Path, database_url: str, database: Database, published: Published
) -> World:
    """Each kind of database in turn, with a champion and no headline."""
    facts = version_facts(published.manifest, published.manifest_sha256)
    with database.write() as connection:
        key = models.register(connection, facts)
        models.promote(connection, key, by="test", why="test")
    rocktag = _rocktag(tmp_path, database_url, published.folder.parents[1])
    return World(rocktag, database, published)


@pytest.fixture(scope="session")
def _settled() -> None:
    """Leave modules out of later collections: each would take a fifth of a second."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def call(
    _settled: None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[Callable[..., Result]]:
    """The command line within this process, where a process of its own adds nothing."""
    monkeypatch.chdir(tmp_path)
    reading, writing = os.pipe()
    os.close(writing)
    monkeypatch.setattr("sys.stdin", os.fdopen(reading))
    root, ours = logging.getLogger(), logging.getLogger("rocktag")
    handlers, levels = list(root.handlers), (root.level, ours.level)

    def run(*arguments: str) -> Result:
        code = main(arguments)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    yield run
    sys.stdin.close()
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()  # a command leaves its connection to the end of its process
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


@pytest.fixture
def headlines(rocktag: Rocktag) -> Path:
    """A file of 1,500 invented headlines."""
    return sample_file(rocktag)


def sample_file(rocktag: Rocktag, name: str = "sample.csv", count: int = 1500) -> Path:
    """Write a file of invented headlines, as `rocktag sample --seed 3` does."""
    path = rocktag.folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        write_csv(sample(count, seed=3), file)
    return path


def _rocktag(folder: Path, url: str, models_dir: Path) -> Rocktag:
    return Rocktag(
        folder,
        clean_environment(ROCKTAG_DATABASE_URL=url, ROCKTAG_MODELS_DIR=str(models_dir)),
    )
