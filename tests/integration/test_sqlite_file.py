"""A SQLite file comes and goes while rocktag has it open."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rocktag.db import Database, schema
from rocktag.errors import UnavailableError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A SQLite file with rocktag's tables, its name in need of escaping in a URI."""
    path = tmp_path / "rock 100%?.db"
    path.write_bytes(b"")
    database = Database(_url(path))
    schema.upgrade(database)
    database.close()
    return path


@pytest.fixture
def opened(file: Path) -> Iterator[Database]:
    """The database as a worker holds it: used once, kept open."""
    database = Database(_url(file), must_exist=True)
    _marked(database)
    yield database
    database.close()


def test_a_missing_file_is_not_made_unless_asked_for(tmp_path: Path) -> None:
    missing = tmp_path / "missing.db"
    with pytest.raises(UnavailableError, match="rocktag db upgrade make it"):
        _marked(Database(_url(missing), must_exist=True))
    assert not missing.exists()
    schema.upgrade(Database(_url(missing)))
    assert missing.exists()


def test_a_deleted_file_is_missed_and_not_made_again(
    opened: Database, file: Path
) -> None:
    _remove(file)
    for _ in range(2):
        with pytest.raises(UnavailableError):
            _marked(opened)
    assert not file.exists()


def test_a_replaced_file_is_used_from_the_next_transaction_on(
    opened: Database, file: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "backup.db"
    shutil.copyfile(file, copy)
    backup = Database(_url(copy))
    _mark(backup, 1)
    backup.close()
    _remove(file)
    copy.rename(file)
    assert _marked(opened) == 1
    _mark(opened, 2)
    fresh = Database(_url(file))
    assert _marked(fresh) == 2
    fresh.close()


def test_a_file_that_stays_keeps_its_connection(opened: Database) -> None:
    with opened.read() as connection:
        first = connection.connection.dbapi_connection
    with opened.read() as connection:
        assert connection.connection.dbapi_connection is first


def _url(file: Path) -> str:
    return f"sqlite:///{file}".replace("%", "%25").replace("?", "%3F")


def _mark(database: Database, mark: int) -> None:
    with database.write() as connection:
        connection.exec_driver_sql(f"PRAGMA user_version={mark}")


def _marked(database: Database) -> int:
    with database.read() as connection:
        return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def _remove(file: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
