"""What tests share: a clean environment, real databases, a small trained model."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from rocktag.artifact import Published, publish
from rocktag.config import Settings
from rocktag.corpus import gather
from rocktag.db import Database, schema
from rocktag.db.engine import with_driver
from rocktag.labeling import keyword_rules
from rocktag.sampling import sample
from rocktag.training import Trained, train

BACKENDS = ("sqlite", "postgresql", "mysql")
_ADMIN_URLS = {
    "postgresql": ("ROCKTAG_TEST_POSTGRES_URL", "postgresql://127.0.0.1:5432/test"),
    "mysql": ("ROCKTAG_TEST_MYSQL_URL", "mysql://root@127.0.0.1:3306/test"),
}
# What a test left open, what it made, and a schema as a new database has it.
_EMPTY_POSTGRESQL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    """DO $$ DECLARE made record; BEGIN
      FOR made IN SELECT nspname FROM pg_namespace
        WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'
      LOOP EXECUTE format('DROP SCHEMA %I CASCADE', made.nspname); END LOOP;
    END $$""",
    "CREATE SCHEMA public",
    "GRANT USAGE ON SCHEMA public TO PUBLIC",
)


def pytest_configure() -> None:
    """Let tests interrupt what they start, though a shell's `&` has SIGINT ignored."""
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
def postgresql_url() -> Iterator[str]:
    """The URL of a database for all tests of this process; made once, it takes long."""
    url, drop = _made("postgresql")
    yield url
    _administer(*drop)


@pytest.fixture
def empty_url(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The URL of a database without tables, for one test."""
    match backend:
        case "sqlite":
            yield f"sqlite:///{tmp_path / 'rocktag.db'}"
        case "postgresql":
            url = str(request.getfixturevalue("postgresql_url"))
            _administer(url, "ROCKTAG_TEST_POSTGRES_URL", *_EMPTY_POSTGRESQL)
            yield url
        case _:
            url, drop = _made(backend)
            yield url
            _administer(*drop)


@pytest.fixture
def empty_database(empty_url: str) -> Iterator[Database]:
    """A database without tables."""
    database = Database(empty_url)
    yield database
    database.close()


@pytest.fixture
def database(empty_database: Database) -> Database:
    """A database with rocktag's tables and nothing in them."""
    schema.upgrade(empty_database)
    return empty_database


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that is not there yet, where any database will do."""
    return f"sqlite:///{tmp_path / 'rocktag.db'}"


@pytest.fixture(scope="session")
def trained() -> Trained:
    """A real model: a decision tree on 3,000 invented headlines, in about a second."""
    titles = (headline.title for headline in sample(3_000, seed=1))
    settings = Settings.model_validate({"train": {"classifier": "decision-tree"}})
    corpus = gather(titles, "invented")
    return train(corpus, keyword_rules(), settings, lambda *_: None)


@pytest.fixture(scope="session")
def network_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a network that is fitted in seconds."""
    small = {
        "maximum_length": 12,
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
def trained_network(network_settings: Settings) -> Trained:
    """A real, tiny network on 600 invented headlines."""
    corpus = gather((item.title for item in sample(600, seed=1)), "invented")
    return train(corpus, keyword_rules(), network_settings, lambda *_: None)


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    """A folder for models, empty."""
    return tmp_path / "models"


@pytest.fixture
def published(trained: Trained, models_dir: Path) -> Published:
    """The model, published in a folder of the test's own."""
    return publish(models_dir, trained.draft, training_seconds=trained.seconds)


def _made(backend: str) -> tuple[str, tuple[str, str, str]]:
    """Make a database; return its URL, and what ends it."""
    variable, default = _ADMIN_URLS[backend]
    admin_url = os.environ.get(variable, default)
    name = f"rocktag_test_{uuid.uuid4().hex[:12]}"
    _administer(admin_url, variable, f"CREATE DATABASE {name}")
    force = " WITH (FORCE)" if backend == "postgresql" else ""
    url = admin_url.rsplit("/", 1)[0] + f"/{name}"
    return url, (admin_url, variable, f"DROP DATABASE {name}{force}")


def _administer(admin_url: str, variable: str, *statements: str) -> None:
    """Run statements that no transaction may hold; skip where no server answers."""
    server = create_engine(with_driver(admin_url), isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
    except SQLAlchemyError as error:
        name = server.url.render_as_string(hide_password=True)
        pytest.skip(f"{name} cannot be used: {error}; set {variable}")
    finally:
        server.dispose()
