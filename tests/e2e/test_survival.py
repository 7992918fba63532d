"""Nothing lost, nothing twice: killed workers, killed servers, full disks, locks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from benchmarks import faults
from benchmarks.backlog import Outcome, open_backlog
from benchmarks.disks import small_disk
from benchmarks.servers import MissingServerError, PrivateServer, private_server
from rocktag.artifact import Published

on_servers = pytest.mark.parametrize("backend", ["postgresql", "mysql"], indirect=True)


def _assert_nothing_lost_nothing_twice(outcome: Outcome, headlines: int) -> None:
    assert (outcome.lost, outcome.doubled, outcome.unfinished) == (0, 0, 0)
    assert (outcome.headlines, outcome.counted) == (headlines, headlines)


@pytest.fixture
def server(backend: str) -> Iterator[PrivateServer]:
    """A server that a test may kill."""
    try:
        with private_server(backend) as running:
            yield running
    except MissingServerError as error:
        pytest.skip(str(error))


def test_fifty_killed_workers_lose_nothing_and_double_nothing(
    tmp_path: Path, empty_url: str, published: Published
) -> None:
    with open_backlog(tmp_path, empty_url, published, 5_000) as backlog:
        outcome = faults.kill_workers(backlog)
    _assert_nothing_lost_nothing_twice(outcome, 5_000)
    assert outcome.runs_lost > faults.KILLS // 2  # most were hit at work


@on_servers
def test_workers_outlive_a_server_that_is_killed_twice(
    tmp_path: Path, server: PrivateServer, published: Published
) -> None:
    with open_backlog(tmp_path, server.url, published, 1_500) as backlog:
        outcome = faults.stop_server(backlog, server)
    log = (tmp_path / "worker.log").read_text()
    assert "Traceback" not in log
    assert "; trying again for 60 s" in log
    _assert_nothing_lost_nothing_twice(outcome, 1_500)


@on_servers
def test_a_run_fails_while_the_server_is_away_and_the_next_tick_begins_anew(
    tmp_path: Path, server: PrivateServer, published: Published
) -> None:
    impatient = ("schedule.tag=every second", "worker.retry_seconds=0.5")
    daemon = (*faults.options(*impatient), "worker", "--job", "tag")
    with (
        open_backlog(tmp_path, server.url, published, 600) as backlog,
        faults.hired(backlog, *daemon, count=1) as workers,
    ):
        faults.wait_until(lambda: backlog.done() > 0, "the first batch")
        server.kill()
        faults.wait_until(lambda: "tag failed: " in workers.log(), "the failed run")
        server.start()
        faults.wait_until(lambda: backlog.done() == 600, "the others")
        faults.wait_until(
            lambda: backlog.unfinished() == 0,
            "the end of lost runs",
        )
        workers.ask_to_end()
        assert workers.exit_codes() == [0]
        _assert_nothing_lost_nothing_twice(backlog.outcome(), 600)


def test_a_full_disk_stops_the_work_and_leaves_nothing_half_written(
    tmp_path: Path, published: Published
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        url = f"sqlite:///{disk.folder / 'rocktag.db'}"
        with open_backlog(tmp_path, url, published, 1_500) as backlog:
            outcome = faults.fill_disk(backlog, disk)
    _assert_nothing_lost_nothing_twice(outcome, 1_500)


def test_workers_wait_while_another_writer_holds_the_file(
    tmp_path: Path, sqlite_url: str, published: Published
) -> None:
    with open_backlog(tmp_path, sqlite_url, published, 500) as backlog:
        outcome = faults.lock_file(backlog)
    _assert_nothing_lost_nothing_twice(outcome, 500)
    assert outcome.runs_lost == 0


def test_the_outcome_shows_what_is_lost_doubled_or_left_over(
    tmp_path: Path, sqlite_url: str, published: Published
) -> None:
    harm = {
        "DELETE FROM headline_label WHERE headline_id = 1": ("lost", 1),
        "UPDATE tagging SET status = 'pending' WHERE headline_id = 2": ("lost", 2),
        "UPDATE headline_label SET run_id = 1 WHERE headline_id = 3": ("doubled", 1),
        "INSERT INTO headline_label SELECT 4, model_version_id, 'surplus', probability,"
        " threshold, run_id, served_by, verdict FROM headline_label LIMIT 1": (
            "doubled",
            2,
        ),
        "UPDATE run SET done = done + 1 WHERE job = 'tag'": ("counted", 41),
        "UPDATE tagging SET status = 'leased' WHERE headline_id = 5": ("unfinished", 1),
    }
    with open_backlog(tmp_path, sqlite_url, published, 40) as backlog:
        drain = (*faults.options(), "worker", "--drain")
        with faults.hired(backlog, *drain, count=1) as workers:
            assert workers.exit_codes() == [0]
        _assert_nothing_lost_nothing_twice(backlog.outcome(), 40)
        for statement, (kind, count) in harm.items():
            with backlog.database.write() as connection:
                connection.execute(text(statement))
            assert getattr(backlog.outcome(), kind) == count, statement
