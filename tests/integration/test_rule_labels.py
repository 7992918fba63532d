"""Labels that the keyword rules serve, from titles through the worker to SQL."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from sqlalchemy import select

from jobs import JOBS
from rocktag.artifact import Published, publish
from rocktag.config import Settings
from rocktag.corpus import gather
from rocktag.db import Database, models
from rocktag.db.tables import headline, headline_label
from rocktag.ingest import store_rows
from rocktag.labeling import keyword_rules
from rocktag.recording import recorded_run
from rocktag.running import run_job
from rocktag.runtime import Runtime, version_facts
from rocktag.sampling import sample
from rocktag.training import Trained, train
from rocktag.types import NO_TOPIC
from tests.once import Once


@pytest.fixture(scope="module")
def rare(once: Once) -> Trained:
    """A tree on 800 invented headlines whose rare labels the rules serve."""
    settings = Settings.model_validate(
        {"train": {"classifier": "decision-tree", "rules_below": 25}}
    )
    corpus = gather((item.title for item in sample(800, seed=4)), "invented")
    return once.trained(
        "rare-served-by-rules",
        lambda: train(corpus, keyword_rules(), settings, lambda *_: None),
    )


def tagged(database: Database, published: Published) -> dict[str, dict[str, str]]:
    """Tag invented headlines; return title to label to what served it."""
    facts = version_facts(published.manifest, published.manifest_sha256)
    with database.write() as connection:
        version = models.register(connection, facts)
        models.promote(connection, version, by="test", why="test")
    with recorded_run(database, "ingest") as record:
        rows = sample(1_000, seed=11)
        store_rows(database, rows, origin="invented", batch_size=500, record=record)
    models_dir = published.folder.parents[1]
    settings = Settings.model_validate({"models_dir": models_dir})
    assert run_job("tag", JOBS["tag"], Runtime(settings, database)) is None
    return _served(database)


def _served(database: Database) -> dict[str, dict[str, str]]:
    label = headline_label.c
    found: dict[str, dict[str, str]] = defaultdict(dict)
    with database.read() as connection:
        for row in connection.execute(
            select(headline.c.title, label.label, label.served_by).join(
                headline_label, label.headline_id == headline.c.id
            )
        ):
            found[row.title][row.label] = row.served_by
    return found


def test_the_worker_writes_labels_of_the_rules_as_theirs_and_the_others_as_the_models(
    database: Database, rare: Trained, models_dir: Path
) -> None:
    published = publish(models_dir, rare.draft, training_seconds=1)
    by_rules = set(published.manifest.rule_labels)
    found = tagged(database, published)
    for title, labels in found.items():
        theirs = {label for label, served_by in labels.items() if served_by == "rules"}
        assert theirs == keyword_rules().label(title) & by_rules
        assert by_rules.isdisjoint(labels.keys() - theirs)
    given = {label for labels in found.values() for label in labels}
    assert len(given & by_rules) > 1
    assert NO_TOPIC in given - by_rules


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_model_that_serves_every_label_itself_writes_all_as_its_own(
    database: Database, published: Published
) -> None:
    found = tagged(database, published)
    assert {by for labels in found.values() for by in labels.values()} == {"model"}
