"""Database servers of one's own: on a free port, with data in a folder that goes away.

They are there to be killed, so they listen on 127.0.0.1 only and ask for no password.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError

from rocktag.db.engine import with_driver

_PATIENCE = 60.0  # seconds until a server that does not answer counts as broken
_POSTGRESQL = "/usr/lib/postgresql/*/bin"


class MissingServerError(Exception):
    """This machine has not what it takes to run such a server."""


class PrivateServer(ABC):
    """A server that is started, killed and started again.

    Attributes:
        url: Of a database on it, whose owner is who connects.
    """

    url: str
    _account: str  # runs it where we are root: PostgreSQL refuses root
    _kill_signal: signal.Signals

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self._port = int(free.getsockname()[1])
        if self._user is not None:
            shutil.chown(folder, self._user)
        self._make_data()

    def start(self) -> None:
        """Start it and return once it answers."""
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - a server found by us
                self._command(), stdout=log, stderr=log, cwd="/", user=self._user
            )
        engine = create_engine(with_driver(self.url))
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                engine.connect().close()
                break
            except SQLAlchemyError:
                if time.monotonic() > end or self._process.poll() is not None:
                    raise
                time.sleep(0.05)
        engine.dispose()

    def kill(self) -> None:
        """End it at once: transactions that are open are lost, clients cut off."""
        if self._process is not None:
            self._process.send_signal(self._kill_signal)
            self._process.wait(_PATIENCE)
            self._process = None

    @property
    def _user(self) -> str | None:
        return self._account if os.geteuid() == 0 else None

    def _run(self, *command: str | Path) -> None:
        subprocess.run(  # noqa: S603 - a program found by us
            command, check=True, capture_output=True, cwd="/", user=self._user
        )

    @abstractmethod
    def _make_data(self) -> None:
        """Make the folder of its data."""

    @abstractmethod
    def _command(self) -> list[str | Path]:
        """Return what starts it."""


class PostgreSQL(PrivateServer):
    """Killed by SIGQUIT, as `pg_ctl stop -m immediate` does it."""

    _account = "postgres"
    _kill_signal = signal.SIGQUIT

    def _make_data(self) -> None:
        self._programs = _newest(_POSTGRESQL)
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"
        options = (
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-sync",
        )
        self._run(self._programs / "initdb", "--pgdata", self._data, *options)

    def _command(self) -> list[str | Path]:
        options = ["-h", "127.0.0.1", "-p", str(self._port), "-k", str(self._folder)]
        return [self._programs / "postgres", "-D", self._data, *options]


class MariaDB(PrivateServer):
    """Killed by SIGKILL."""

    _account = "mysql"
    _kill_signal = signal.SIGKILL

    def _make_data(self) -> None:
        installer = _found("mariadb-install-db", "mysql_install_db")
        self._program = _found("mariadbd", "mysqld")
        self.url = f"mysql://root@127.0.0.1:{self._port}/test"
        self._run(
            installer,
            "--no-defaults",
            f"--datadir={self._data}",
            "--auth-root-authentication-method=normal",
        )

    def _command(self) -> list[str | Path]:
        return [
            self._program,
            "--no-defaults",
            f"--datadir={self._data}",
            f"--socket={self._folder / 'socket'}",
            f"--port={self._port}",
            "--bind-address=127.0.0.1",
            "--character-set-server=utf8mb4",
        ]


SERVERS: dict[str, type[PrivateServer]] = {"postgresql": PostgreSQL, "mysql": MariaDB}


@contextmanager
def private_server(backend: str) -> Iterator[PrivateServer]:
    """Run a server until the block ends.

    Args:
        backend: postgresql or mysql, which is MariaDB here.

    Raises:
        MissingServerError: Its programs are not installed.
    """
    # Not below a test's own folder: the server's account may not enter that.
    with tempfile.TemporaryDirectory(prefix="rocktag-server-") as folder:
        server = SERVERS[backend](Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.kill()


def _newest(pattern: str) -> Path:
    """Return the folder of the newest PostgreSQL's programs."""
    folders = sorted(Path("/").glob(pattern.lstrip("/")), key=_version)
    if (on_path := shutil.which("initdb")) is not None:
        folders.append(Path(on_path).parent)
    if not folders:
        raise MissingServerError(f"no initdb on PATH or in {pattern}")
    return folders[-1]


def _version(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdecimal() else 0


def _found(*names: str) -> Path:
    """Return the first of the programs that is installed."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    for name in names:
        if (found := shutil.which(name, path=path)) is not None:
            return Path(found)
    raise MissingServerError(f"no {' or '.join(names)} on PATH or in /usr/sbin")
