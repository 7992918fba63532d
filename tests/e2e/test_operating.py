"""What docs/operating.md promises: the grants are enough, the unit is sound."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from rocktag.cli import main
from rocktag.config import Settings
from rocktag.db import alerts
from rocktag.db.annotations import Reading, append
from rocktag.db.engine import with_driver
from rocktag.training import Trained
from tests.e2e.conftest import World
from tests.e2e.test_retrain import one_round
from tests.e2e.test_retrain import options as retraining
from tests.versions import another, crowned
from tests.web_hooks import web_hook

ROOT = Path(__file__).parents[2]
ROLE = "rocktag_worker"


@pytest.fixture
def role(backend: str, database_url: str, world: World) -> Iterator[str]:
    """The database's URL for a role that has just the documented grants."""
    with _made(ROLE, backend, database_url, _documented(backend)) as url:
        yield url


@pytest.fixture
def annotator(backend: str, database_url: str, world: World) -> Iterator[str]:
    """The database's URL for a role that has just what an annotator is given."""
    grants = _documented(f"annotator {backend}")
    with _made("rocktag_annotator", backend, database_url, grants) as url:
        yield url


@contextmanager
def _made(
    role: str, backend: str, database_url: str, grants: list[str]
) -> Iterator[str]:
    """Make a role under a name of its own; yield the database's URL for it."""
    name = f"{role}_{uuid.uuid4().hex[:8]}"
    owner = create_engine(with_driver(database_url), isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        for statement in grants:
            connection.execute(text(statement.replace(role, name)))
    yield (
        make_url(database_url)
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
    """Return the statements of the page for a kind of database or of role."""
    page = (ROOT / "docs" / "operating.md").read_text()
    kinds = (
        *("postgresql", "mysql", "retrain"),
        *("annotator postgresql", "annotator mysql"),
    )
    blocks = re.findall(r"```sql\n(.*?)```", page, flags=re.DOTALL)
    block = dict(zip(kinds, blocks, strict=True))[backend]
    return [part.strip() for part in block.split(";") if part.strip()]


@pytest.mark.parametrize("backend", ["postgresql", "mysql"], indirect=True)
def test_the_worker_needs_no_more_than_the_documented_grants(
    world: World, role: str, backend: str
) -> None:
    world.add(300)
    with world.database.write() as connection:
        read = connection.execute(text("SELECT id, title FROM headline")).all()
        words = {"tour": True, "announce": False}
        readings = [Reading(row.id, row.title, words) for row in read[:50]]
        append(connection, readings, "ada")
        for subject in ("pull", "train"):  # nothing succeeds in `train`: it stays
            alerts.raise_alert(connection, "failed_run", subject, "the disk is full")
    with web_hook() as inbox:
        result = world.rocktag(
            "worker", "--once", ROCKTAG_DATABASE_URL=role, ROCKTAG_HOOK__URL=inbox.url
        )
    assert result.code == 0, result.stderr
    assert "train" in {post["subject"] for post in inbox.posts}
    assert world.count("alert WHERE open_key IS NOT NULL AND notified_at IS NULL") == 0
    assert world.select("SELECT status, count(*) FROM tagging GROUP BY status") == [
        ("done", 300)
    ]
    assert world.count("headline_label WHERE verdict") == 50
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


@pytest.mark.parametrize("backend", ["postgresql", "mysql"], indirect=True)
def test_a_worker_that_retrains_needs_just_one_grant_more(
    world: World, role: str, database_url: str, trained: Trained
) -> None:
    folder = world.published.folder.parents[1]
    worse = crowned(world.database, another(trained, folder, "worse", micro=0.0))
    world.add(1_200, seed=12)
    (grant,) = _documented("retrain")
    owner = create_engine(with_driver(database_url), isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        name = make_url(role).username
        connection.execute(text(grant.replace(ROLE, str(name))))
    owner.dispose()
    one_round(world, *retraining(every_days=1e-5), ROCKTAG_DATABASE_URL=role)
    ((champion,),) = world.select("SELECT model_version FROM champion")
    assert champion not in (worse, world.published.manifest.name)


@pytest.mark.parametrize("backend", ["postgresql", "mysql"], indirect=True)
def test_an_annotator_needs_no_more_than_the_documented_grants(
    world: World, annotator: str
) -> None:
    world.add(60)
    world.rocktag.well("worker", "--once")
    read = world.rocktag.folder / "read.csv"
    world.rocktag.well("annotate", "export", read, ROCKTAG_DATABASE_URL=annotator)
    read.write_text(read.read_text().replace(",,,", ",tour,,"))
    command = ("annotate", "import", read, "--annotator", "ada", "--only-known")
    result = world.rocktag(*command, ROCKTAG_DATABASE_URL=annotator)
    assert result.code == 0, result.stderr
    assert world.count("annotation") > 0
    said = world.count("annotation")
    world.rocktag.well(
        "annotate", "agreement", "--json", ROCKTAG_DATABASE_URL=annotator
    )
    stranger = create_engine(with_driver(annotator))
    for statement in (
        "DELETE FROM annotation",
        "UPDATE annotation SET present = NOT present",
        "UPDATE headline_label SET probability = 1",
        "DELETE FROM tagging",
    ):
        with pytest.raises(SQLAlchemyError), stranger.begin() as connection:
            connection.execute(text(statement))
    stranger.dispose()
    assert world.count("annotation") == said


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


def test_the_image_copies_what_there_is_and_runs_commands_that_there_are() -> None:
    lines = (ROOT / "deploy" / "Dockerfile").read_text().splitlines()
    copied = [
        part
        for line in lines
        if line.startswith("COPY ") and "--from" not in line
        for part in line.split()[1:-1]
    ]
    admitted = (ROOT / ".dockerignore").read_text().splitlines()
    for path in copied:
        assert (ROOT / path).exists(), path
        assert f"!{path}" in admitted, path
    (install,) = (line for line in lines if "/bin/pip install" in line)
    extras = re.findall(r"\.\[(.+)\]", install)[0].split(",")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(extras) <= project["optional-dependencies"].keys()
    commands = [
        json.loads(line[line.index("[") :]) for line in lines if "CMD [" in line
    ]
    assert [command[0] for command in commands] == ["rocktag", "worker"]
    _assert_commands([commands[0][1:], commands[1]])


def test_compose_starts_workers_after_the_tables_and_lets_them_end_in_time() -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
    services = compose["services"]
    _assert_commands([services["tables"]["command"], services["worker"]["command"]])
    assert services["worker"]["depends_on"] == {
        "tables": {"condition": "service_completed_successfully"}
    }
    unit = (ROOT / "deploy" / "rocktag.service").read_text()
    patience = re.findall(r"TimeoutStopSec=(\d+)", unit)
    patience += re.findall(r"(\d+)s", services["worker"]["stop_grace_period"])
    shutdown_timeout = Settings().worker.shutdown_timeout
    assert len(patience) == 2
    assert all(int(seconds) > shutdown_timeout for seconds in patience)
    for mount in services["worker"]["volumes"]:
        assert (ROOT / "deploy" / mount.split(":")[0]).exists()
    assert "ROCKTAG_DATABASE_URL" in services["worker"]["environment"]


def _assert_commands(commands: list[list[str]]) -> None:
    """Check that rocktag has each command, with its options, by asking for help."""
    for command in commands:
        assert main([*command, "--help"]) == 0, command
