"""Which model a worker uses: the champion, or the last good one before it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from rocktag.artifact import Published, publish
from rocktag.config import Settings
from rocktag.db import Database, models
from rocktag.errors import ArtifactError
from rocktag.runtime import Runtime, version_facts
from rocktag.training import Trained

REFUSED = "SELECT subject, times FROM open_alert WHERE kind = 'refused_champion'"


@pytest.fixture
def second(trained: Trained, models_dir: Path, published: Published) -> Published:
    """The same model once more, as another version."""
    time.sleep(1.05)  # a version is named by its second
    return publish(models_dir, trained.draft, training_seconds=1.0)


def _promote(database: Database, published: Published) -> None:
    facts = version_facts(published.manifest, published.manifest_sha256)
    with database.write() as connection:
        key = models.register(connection, facts)
        models.promote(connection, key, by="test", why="test")


def _runtime(database: Database, models_dir: Path, model: str = "champion") -> Runtime:
    values = {"models_dir": models_dir, "tag": {"model": model}}
    return Runtime(Settings.model_validate(values), database)


def _select(database: Database, statement: str) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def test_a_champion_that_fails_its_checks_is_refused_until_it_is_mended(
    database: Database, models_dir: Path, published: Published, second: Published
) -> None:
    good, bad = published.manifest.name, second.manifest.name
    _promote(database, published)
    runtime = _runtime(database, models_dir)
    assert runtime.tagger().name == good
    file = next(path for path in second.folder.iterdir() if path.suffix == ".skops")
    content = file.read_bytes()
    file.write_bytes(content[:-1] + b"?")
    _promote(database, second)
    assert runtime.has_other_model()
    assert runtime.tagger().name == good
    assert not runtime.has_other_model()  # it is not tried again and again
    assert _select(database, REFUSED) == [(bad, 1)]
    fresh = _runtime(database, models_dir)
    assert fresh.tagger().name == good
    assert _select(database, REFUSED) == [(bad, 2)]
    with pytest.raises(ArtifactError):
        _runtime(database, models_dir, bad).tagger()

    file.write_bytes(content)
    for each in (runtime, fresh):
        assert each.tagger().name == good
        each.forget_refusals()
        assert each.tagger().name == bad
    assert _select(database, REFUSED) == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_without_any_good_champion_the_first_fault_is_told(
    database: Database, models_dir: Path, published: Published
) -> None:
    _promote(database, published)
    (published.folder / "manifest.json").write_text("{}")
    with pytest.raises(ArtifactError, match=published.manifest.version):
        _runtime(database, models_dir).tagger()
    assert _select(database, REFUSED) == [(published.manifest.name, 1)]
