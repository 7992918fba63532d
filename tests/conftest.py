"""What tests share: a clean environment, real databases, a small trained model."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest

from rocktag.artifact import Published, publish
from rocktag.config import Settings
from rocktag.corpus import gather
from rocktag.db import Database
from rocktag.labeling import keyword_rules
from rocktag.sampling import sample
from rocktag.training import Trained, train
from tests import databases
from tests.databases import Made
from tests.figures import undrawn
from tests.once import Once
from tests.restored import MariaDB, PostgreSQL
from tests.restoring import Restored

BACKENDS = ("sqlite", "postgresql", "mysql")


def pytest_configure() -> None:
    """Let tests interrupt what they start, though a shell's `&` has SIGINT ignored.

    And trust no authority: MariaDB's driver would read them all for each connection,
    which takes longer than a small test, and no test asks one.
    """
    os.environ.setdefault("SSL_CERT_FILE", os.devnull)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the developer's own shell must not reach a test."""
    for name in os.environ:
        if name.startswith("ROCKTAG_") and not name.startswith("ROCKTAG_TEST_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real headlines, which is not part of the project."""
    folder = Path(os.environ.get("ROCKTAG_DATA", "../shared/data"))
    if not (folder / "rock_headlines.csv").is_file():
        pytest.skip(f"no real headlines in {folder}; set ROCKTAG_DATA")
    return folder.resolve()


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn."""
    return str(request.param)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Made]:
    """A database for all tests of this process."""
    made = databases.make("postgresql")
    yield made
    made.end()


@pytest.fixture
def empty_url(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The URL of a database without tables, for one test."""
    match backend:
        case "sqlite":
            yield f"sqlite:///{tmp_path / 'rocktag.db'}"
        case "postgresql":
            url = request.getfixturevalue("postgresql").url
            databases.empty_postgresql(url)
            yield url
        case _:
            made = databases.make(backend)
            yield made.url
            made.end()


@pytest.fixture
def empty_database(empty_url: str) -> Iterator[Database]:
    """A database without tables."""
    database = Database(empty_url)
    yield database
    database.close()


@pytest.fixture(scope="session")
def migrated_file(once: Once) -> Path:
    """A SQLite file with what migrations made, to be copied."""
    return once("migrated", lambda: databases.migrated_file(once.folder))


@pytest.fixture(scope="session")
def restored_postgresql() -> Iterator[Restored]:
    """A database of PostgreSQL with what migrations made, for all tests in turn."""
    made = PostgreSQL()
    yield made
    made.end()


@pytest.fixture(scope="session")
def restored_mysql() -> Iterator[Restored]:
    """A database of MariaDB with what migrations made, for all tests in turn."""
    made = MariaDB()
    yield made
    made.end()


@pytest.fixture
def database_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The URL of a database with rocktag's tables and nothing in them."""
    if backend == "sqlite":
        file = tmp_path / "rocktag.db"
        copyfile(request.getfixturevalue("migrated_file"), file)
        return f"sqlite:///{file}"
    restored: Restored = request.getfixturevalue(f"restored_{backend}")
    if backend == "mysql" and request.node.get_closest_marker("writers_at_once"):
        restored.make_anew()
    else:
        restored.restore()
    return restored.url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with rocktag's tables and nothing in them."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that is not there yet, where any database will do."""
    return f"sqlite:///{tmp_path / 'rocktag.db'}"


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """What makes a thing once for all processes of a test run."""
    own = tmp_path_factory.getbasetemp()
    return Once(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


@pytest.fixture(name="undrawn")
def _undrawn() -> Iterator[None]:
    """Draw no figures in a test that looks at none; its fixtures are made before."""
    with undrawn():
        yield


@pytest.fixture(scope="session")
def trained(once: Once) -> Trained:
    """A real model: a decision tree on 3,000 invented headlines, in some seconds."""
    titles = (headline.title for headline in sample(3_000, seed=1))
    settings = Settings.model_validate({"train": {"classifier": "decision-tree"}})
    return once.trained(
        "tree",
        lambda: train(
            gather(titles, "invented"), keyword_rules(), settings, lambda *_: None
        ),
    )


@pytest.fixture(scope="session")
def network_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a network that is fitted in seconds."""
    small = {
        "maximum_length": 8,
        "embedding_dimension": 12,
        "filters": 12,
        "lstm_units": 6,
        "dense_units": 12,
        "epochs": 4,
        "batch_size": 16,
        "learning_rate": 0.02,
    }
    return Settings.model_validate(
        {
            "models_dir": tmp_path_factory.mktemp("networks"),
            "train": {"classifier": "cnn-bilstm", "cnn_bilstm": small},
        }
    )


@pytest.fixture(scope="session")
def trained_network(network_settings: Settings, once: Once) -> Trained:
    """A real, tiny network on 600 invented headlines."""
    titles = (item.title for item in sample(600, seed=1))
    return once.trained(
        "network",
        lambda: train(
            gather(titles, "invented"),
            keyword_rules(),
            network_settings,
            lambda *_: None,
        ),
    )


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    """A folder for models, empty."""
    return tmp_path / "models"


@pytest.fixture
def published(trained: Trained, models_dir: Path) -> Published:
    """The model, published in a folder of the test's own."""
    return publish(models_dir, trained.draft, training_seconds=trained.seconds)
