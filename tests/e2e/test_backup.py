"""The backups of docs/operating.md, taken and restored with the programs it names."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

from rocktag.db.engine import with_driver
from tests.e2e.conftest import World


@pytest.fixture
def restored(backend: str, database_url: str, tmp_path: Path) -> Iterator[URL]:
    """Where a copy can be restored to: an empty database on the same server."""
    url = make_url(database_url)
    if backend == "sqlite":
        yield url.set(database=str(tmp_path / "restored.db"))
        return
    name = f"rocktag_test_{uuid.uuid4().hex[:12]}"
    server = create_engine(with_driver(database_url), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield url.set(database=name)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name}"))
    server.dispose()


def run(program: str, *arguments: str, stdin: Path | None = None) -> None:
    """Run a program to its good end; skip where it is not installed."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"no {program} here")
    given = stdin.open("rb") if stdin else None
    ended = subprocess.run(
        [path, *arguments], stdin=given, capture_output=True, text=True, check=False
    )
    if given:
        given.close()
    assert ended.returncode == 0, ended.stderr


def copy(url: URL, target: URL, folder: Path) -> None:
    """Take a backup as the page says, and restore it."""
    dump = folder / "rocktag.dump"
    there = [f"--host={url.host}", f"--user={url.username}", f"--port={url.port}"]
    match url.get_backend_name():
        case "sqlite":
            run("sqlite3", str(url.database), f".backup {target.database}")
        case "postgresql":
            source, restored = (
                one.render_as_string(hide_password=False) for one in (url, target)
            )
            run("pg_dump", "--format=custom", f"--file={dump}", source)
            run("pg_restore", "--exit-on-error", f"--dbname={restored}", str(dump))
        case "mysql":
            options = ("--single-transaction", f"--result-file={dump}")
            run("mariadb-dump", *there, *options, str(url.database))
            run("mariadb", *there, str(target.database), stdin=dump)


def test_a_backup_is_whole_and_a_worker_goes_on_with_it(
    world: World, restored: URL, tmp_path: Path
) -> None:
    world.add(200, seed=1)
    world.rocktag.well("worker", "--once")
    world.add(100, seed=2)
    world.execute(  # a batch was in work when the copy was taken
        "INSERT INTO tagging (model_version_id, headline_id, status, attempt,"
        " priority, claimed_by, lease_until)"
        " SELECT min(v.id), max(h.id), 'leased', 1, 0, 'gone', 0"
        " FROM model_version v CROSS JOIN headline h"
    )
    copy(
        make_url(world.rocktag.environment["ROCKTAG_DATABASE_URL"]), restored, tmp_path
    )
    there = restored.render_as_string(hide_password=False)
    for command in (("db", "check"), ("worker", "--drain")):
        ended = world.rocktag(*command, ROCKTAG_DATABASE_URL=there)
        assert ended.code == 0, ended.stderr
    engine = create_engine(with_driver(there))
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT status, count(*) FROM tagging GROUP BY status")
        ).all()
    engine.dispose()
    assert [tuple(row) for row in rows] == [("done", 300)]
