"""The worker's port: metrics, is it alive, is it ready; on a real database."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from jobs import JOBS
from rocktag.config import Settings
from rocktag.db import Database, alerts, models
from rocktag.errors import UsageError
from rocktag.exposing import exposed, lookout
from rocktag.exposing.lookout import Lookout, Sight
from rocktag.recording import recorded_run
from rocktag.runtime import Runtime
from rocktag.worker import run_once
from tests.conftest import BACKENDS
from tests.e2e.conftest import World, wait_until
from tests.e2e.test_worker import end, log_of, runtime_of

PAGE = Path(__file__).parents[2] / "docs" / "operating.md"


@pytest.fixture
def backend() -> str:
    """SQLite, unless a test asks for others."""
    return "sqlite"


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _get(port: int, path: str, method: str = "GET") -> tuple[int, str]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as client:
        client.request(method, path)
        answer = client.getresponse()
        return answer.status, answer.read().decode()


def _metrics(port: int) -> dict[tuple[str, ...], float]:
    """Return name and label values, in the order of the labels' names, to value."""
    status, page = _get(port, "/metrics")
    assert status == 200
    return {
        (sample.name, *(sample.labels[key] for key in sorted(sample.labels))): (
            sample.value
        )
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


@contextmanager
def _exposed(runtime: Runtime) -> Iterator[int]:
    port = _free_port()
    http = runtime.settings.http.model_copy(update={"port": port})
    runtime.settings = runtime.settings.model_copy(update={"http": http})
    with exposed(runtime, tuple(JOBS)):
        yield port


def _runtime(database: Database, **tag: object) -> Runtime:
    return Runtime(Settings.model_validate({"tag": tag}), database)


def test_a_real_worker_is_scraped_while_it_tags_and_says_that_it_is_alive_and_ready(
    world: World,
) -> None:
    world.add(8_000)
    port = _free_port()
    options = (f"http.port={port}", "tag.batch_size=50", "schedule.tag=every 1 seconds")
    process = world.rocktag.start(
        *(part for option in options for part in ("--set", option)), "worker"
    )
    try:
        tagged = ("rocktag_headlines_tagged_total",)
        wait_until(lambda: "/metrics" in log_of(world), "the port")
        wait_until(lambda: _metrics(port)[tagged] >= 100, "the first batches")
        first = _metrics(port)
        assert (_get(port, "/healthz"), _get(port, "/readyz")) == ((200, "ok\n"),) * 2
        wait_until(lambda: _metrics(port)[tagged] > first[tagged], "more batches")
        assert first[("rocktag_database_up",)] == 1
        assert first[("rocktag_batches_total",)] * 50 >= first[tagged]
        assert time.time() - first[("rocktag_last_batch_timestamp_seconds",)] < 60
        assert first[("process_resident_memory_bytes",)] > 2**20
        assert _metrics(port)[tagged] < 8_000, "it should have been in the middle"
    finally:
        assert end(process, signal.SIGTERM) == 0
    with (
        pytest.raises(ConnectionRefusedError),
        socket.create_connection(("127.0.0.1", port)),
    ):
        pass


def test_without_a_champion_a_worker_is_alive_and_not_ready(world: World) -> None:
    world.execute("DELETE FROM model_alias_event")
    port = _free_port()
    process = world.rocktag.start("--set", f"http.port={port}", "worker")
    try:
        wait_until(lambda: "/metrics" in log_of(world), "the port")
        assert _get(port, "/readyz") == (
            503,
            "there is no champion; run: rocktag train\n",
        )
        assert _get(port, "/healthz")[0] == 200
    finally:
        assert end(process, signal.SIGTERM) == 0


def test_a_worker_whose_port_is_taken_does_not_start(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = world.rocktag("--set", f"http.port={port}", "worker")
    assert result.code == 2
    assert result.stderr == (
        f"rocktag: cannot listen on 127.0.0.1 port {port}: Address already in use; does"
        " another worker? Set http.port to a free one, or to 0 for none\n"
    )


def test_without_a_port_nothing_is_imported_for_it(world: World) -> None:
    planted = world.rocktag.folder / "planted" / "prometheus_client"
    planted.mkdir(parents=True)
    (planted / "__init__.py").write_text("raise ImportError('not needed')\n")
    path = os.pathsep.join([str(planted.parent), *sys.path])
    assert world.rocktag("worker", "--drain", PYTHONPATH=path).code == 0
    port = ("--set", f"http.port={_free_port()}")  # the tripwire works
    result = world.rocktag(*port, "worker", "--drain", PYTHONPATH=path)
    assert "ImportError: not needed" in result.stderr


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_page_says_what_status_sees_and_what_the_process_did(world: World) -> None:
    world.add(120)
    runtime = runtime_of(world, batch_size=50)
    assert run_once({"tag": JOBS["tag"]}, runtime) == {"tag": None}
    world.add(30, seed=12)
    with world.database.write() as connection:
        alerts.raise_alert(connection, "drift", "cnn-bilstm/1", "see run 1")
        alerts.raise_alert(connection, "drift", "cnn-bilstm/2", "see run 2")
    with (
        pytest.raises(ZeroDivisionError),
        recorded_run(world.database, "pull"),
    ):
        raise ZeroDivisionError
    with _exposed(runtime) as port:
        found = _metrics(port)
    waiting = world.count("headline") - 120
    expected = {
        ("rocktag_database_up",): 1,
        ("rocktag_headlines_waiting",): waiting,
        ("rocktag_headlines_failed",): 0,
        ("rocktag_overdue_leases",): 0,
        ("rocktag_silent_runs",): 0,
        ("rocktag_open_alerts", "drift"): 2,
        ("rocktag_open_alerts", "failed_run"): 0,
        ("rocktag_last_run_success", "tag"): 1,
        ("rocktag_last_run_success", "pull"): 0,
        ("rocktag_batches_total",): 3,
        ("rocktag_batch_duration_seconds_count",): 3,
        ("rocktag_batch_duration_seconds_bucket", "+Inf"): 3,
        ("rocktag_headlines_tagged_total",): 120,
        ("rocktag_runs_total", "tag", "succeeded"): 1,
        ("rocktag_runs_total", "tag", "failed"): 0,
    }
    assert waiting > 0
    assert {key: found.get(key) for key in expected} == expected
    assert 0 <= found[("rocktag_oldest_waiting_age_seconds",)] < 120
    begun = found[("rocktag_last_run_start_timestamp_seconds", "tag")]
    assert 0 <= time.time() - begun < 120
    assert any(
        key[0] == "rocktag_info" and world.published.manifest.name in key
        for key in found
    )


def test_the_reference_lists_just_the_metrics_that_there_are(world: World) -> None:
    world.add(10)
    run_once({"tag": JOBS["tag"]}, runtime := runtime_of(world))
    with _exposed(runtime) as port:
        families = list(text_string_to_metric_families(_get(port, "/metrics")[1]))
    end_of = {"counter": "_total"}
    exposed_ones = {(f"{f.name}{end_of.get(f.type, '')}", f.type) for f in families}
    reference = PAGE.read_text("utf-8").partition("### Metric reference")[2]
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", reference.partition("\n## ")[0], re.M)
    assert len(rows) == len(set(rows))
    assert set(rows) == exposed_ones


def test_only_three_paths_answer_and_only_to_who_reads(database: Database) -> None:
    with _exposed(_runtime(database)) as port:
        assert _get(port, "/healthz", "HEAD") == (200, "")
        assert _get(port, "/healthz?verbose")[0] == 200
        assert _get(port, "/") == (404, "there are /metrics, /healthz, /readyz\n")
        assert _get(port, "/metrics/..%2f")[0] == 404
        assert _get(port, "/metrics", "POST") == (501, "Not Implemented\n")
        assert _get(port, "/metrics", "DELETE")[0] == 501
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/metrics")
        headers = dict(connection.getresponse().getheaders())
        connection.close()
    assert headers["Server"] == "rocktag"
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_what_is_no_request_gets_a_bare_refusal(database: Database) -> None:
    with _exposed(_runtime(database)) as port:
        for sent in (b"\x00\xff\r\n\r\n", b"GET " + b"x" * 70_000 + b"\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
                client.sendall(sent)
                answer = client.makefile("rb").read()
            assert b"xxxx" not in answer
            assert b"Python" not in answer
        assert _get(port, "/healthz")[0] == 200


def test_silent_clients_keep_nobody_out_for_long(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rocktag.exposing.server._Handler.timeout", 0.5)
    with _exposed(_runtime(database)) as port:
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]

        def answers() -> bool:
            try:
                return _get(port, "/healthz")[0] == 200
            except OSError:
                return False

        wait_until(answers, "a free place", seconds=10)
        for client in silent:
            client.close()


def test_a_fault_of_ours_says_nothing_to_the_client(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> str:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr("rocktag.exposing.endpoint.not_alive", broken)
    with _exposed(_runtime(database)) as port:
        assert _get(port, "/healthz") == (500, "see the worker's log\n")


def test_a_worker_without_a_sign_of_life_for_long_is_not_alive(
    database: Database,
) -> None:
    runtime = _runtime(database, lease_seconds=90)  # 90 + 60 + 60 seconds
    with _exposed(runtime) as port:
        runtime.vitals._beat -= 200
        assert _get(port, "/healthz")[0] == 200
        runtime.vitals._beat -= 20
        assert _get(port, "/healthz") == (
            503,
            "no sign of life for 220 seconds; up to 210 are usual\n",
        )
        runtime.vitals.beat()
        assert _get(port, "/healthz")[0] == 200


def test_a_refused_or_missing_champion_is_not_ready_unless_another_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookout, "_FRESH_SECONDS", 0.0)
    monkeypatch.setattr(lookout, "_REST", 0.0)
    name = world.published.manifest.name
    runtime = runtime_of(world)
    with _exposed(runtime) as port:
        assert _get(port, "/readyz") == (200, "ok\n")
        with world.database.write() as connection:
            alerts.raise_alert(connection, "refused_champion", name, "its hash differs")
        assert _get(port, "/readyz") == (
            503,
            f"{name} is refused; see: rocktag status\n",
        )
        runtime.tagger()
        assert _get(port, "/readyz") == (200, "ok\n")
        runtime._tagger = None
        runtime.settings = runtime.settings.model_copy(
            update={"models_dir": world.rocktag.folder / "nowhere"}
        )
        assert "cannot be read in models_dir" in _get(port, "/readyz")[1]
        world.execute("UPDATE rocktag_schema SET version_num = '0001'")
        status, reason = _get(port, "/readyz")
        assert (status, "has schema 0001" in reason) == (503, True)
        assert _metrics(port)[("rocktag_database_up",)] == 1


def test_a_database_that_is_gone_is_down_in_seconds_and_tells_no_secret() -> None:
    gone = Database("postgresql://ann:hunter2@127.0.0.1:1/news", retry_seconds=60)
    with _exposed(_runtime(gone)) as port:
        found = _metrics(port)
        assert found[("rocktag_database_up",)] == 0
        assert ("rocktag_batches_total",) in found
        assert ("rocktag_headlines_waiting",) not in found
        status, reason = _get(port, "/readyz")
    assert (status, reason) == (
        503,
        "the database does not answer; the worker's log says why\n",
    )
    gone.close()


def test_a_database_that_hangs_holds_nobody_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs = threading.Event()

    def hang(*_: Any) -> None:
        hangs.wait(30)

    monkeypatch.setattr(lookout, "_PATIENCE", 0.3)
    monkeypatch.setattr("rocktag.exposing.lookout.look", hang)
    with _exposed(_runtime(database)) as port:
        begun = time.monotonic()
        assert _metrics(port)[("rocktag_database_up",)] == 0
        assert _get(port, "/readyz")[0] == 503
        assert time.monotonic() - begun < 15
        hangs.set()


def test_many_who_ask_cost_the_database_one_look(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    models_of = models.champion

    def counted(connection: Any) -> str | None:
        looks.append(1)
        return models_of(connection)

    monkeypatch.setattr(models, "champion", counted)
    with _exposed(runtime_of(world)) as port:
        for _ in range(10):
            _metrics(port)
            assert _get(port, "/readyz")[0] == 200
    assert len(looks) == 1


def test_what_was_seen_stands_in_for_a_look_that_takes_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lookout, "_PATIENCE", 0.05)
    hangs = threading.Event()
    sights = iter([Sight(True), Sight(False)])

    def look_slowly() -> Sight:
        sight = next(sights)
        if not sight.is_up:
            hangs.wait(30)
        return sight

    watching = Lookout(look_slowly)
    first = watching.sight()
    assert first.is_up
    monkeypatch.setattr(lookout, "_FRESH_SECONDS", 0.0)
    assert watching.sight() is first, "the second look hangs"
    monkeypatch.setattr(lookout, "_STILL_TRUE_SECONDS", 0.0)
    assert not watching.sight().is_up
    hangs.set()


@pytest.mark.parametrize("address", ["0.0.0.256", "localhost"])
def test_an_address_must_be_an_ip_address(address: str) -> None:
    with pytest.raises(ValueError, match="not an IP address"):
        Settings.model_validate({"http": {"address": address}})


def test_an_address_of_another_machine_is_refused(database: Database) -> None:
    settings = Settings.model_validate({"http": {"address": "192.0.2.1", "port": 9464}})
    with (
        pytest.raises(UsageError, match=r"cannot listen on 192\.0\.2\.1 port 9464"),
        exposed(Runtime(settings, database), ()),
    ):
        pass
