"""What docs/operating.md promises: the grants are enough, the unit is sound."""

from __future__ import annotations

import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from rocktag.db.engine import with_driver
from tests.e2e.conftest import World

ROOT = Path(__file__).parents[2]
ROLE = "rocktag_worker"


@pytest.fixture
def role(backend: str, empty_url: str, world: World) -> Iterator[str]:
    """The database's URL for a role that has just the documented grants."""
    name = f"{ROLE}_{uuid.uuid4().hex[:8]}"
    owner = create_engine(with_driver(empty_url), isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        for statement in _documented(backend):
            connection.execute(text(statement.replace(ROLE, name)))
    yield (
        make_url(empty_url)
        .set(username=name, password="change me")
        .render_as_string(hide_password=False)
    )
    drop = (
        f"DROP OWNED BY {name}; DROP ROLE" if backend == "postgresql" else "DROP USER"
    )
    with owner.connect() as connection:
        connection.execute(text(f"{drop} {name}"))
    owner.dispose()


def _documented(backend: str) -> list[str]:
    """Return the statements of the page for a kind of database."""
    page = (ROOT / "docs" / "operating.md").read_text()
    postgresql, mysql = re.findall(r"```sql\n(.*?)```", page, flags=re.DOTALL)
    block = postgresql if backend == "postgresql" else mysql
    return [part.strip() for part in block.split(";") if part.strip()]


@pytest.mark.parametrize("backend", ["postgresql", "mysql"], indirect=True)
def test_the_worker_needs_no_more_than_the_documented_grants(
    world: World, role: str, backend: str
) -> None:
    world.add(300)
    result = world.rocktag("worker", "--once", ROCKTAG_DATABASE_URL=role)
    assert result.code == 0, result.stderr
    assert world.select("SELECT status, count(*) FROM tagging GROUP BY status") == [
        ("done", 300)
    ]
    stranger = create_engine(with_driver(role))
    for statement in (
        "DROP TABLE run_label_pair",
        "DELETE FROM headline",
        "UPDATE rocktag_schema SET version_num = '0001'",
        "INSERT INTO model_alias_event SELECT * FROM model_alias_event",
    ):
        with pytest.raises(SQLAlchemyError), stranger.begin() as connection:
            connection.execute(text(statement))
    stranger.dispose()


def test_systemd_finds_no_fault_in_the_unit() -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd here")
    found = subprocess.run(
        [program, "verify", ROOT / "deploy" / "rocktag.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")
