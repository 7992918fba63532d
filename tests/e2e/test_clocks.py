"""Workers whose clocks differ: claims go by the database's clock."""

from __future__ import annotations

import subprocess
import sys

import pytest

from rocktag.db import queue, taggings
from rocktag.db.tables import tagging
from rocktag.runtime import Runtime
from tests.e2e.conftest import World
from tests.e2e.test_worker import runtime_of

_MINUTE = 60
_ELSEWHERE = """
import sys, time
from datetime import datetime, timedelta
from rocktag import worker
from rocktag.cli import main

seconds, host_time = float(sys.argv.pop(1)), time.time

class Clock(datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + timedelta(seconds=seconds)

for name, module in list(sys.modules.items()):
    if name.startswith("rocktag") and getattr(module, "datetime", None) is datetime:
        module.datetime = Clock
time.time = lambda: host_time() + seconds
sys.exit(main(sys.argv[1:]))
"""


def _tag_elsewhere(world: World, seconds: int) -> str:
    """Run the job `tag` on a host whose clock is off; return its log."""
    ended = subprocess.run(
        [
            *(sys.executable, "-c", _ELSEWHERE, str(seconds)),
            *("worker", "--once", "--job", "tag"),
        ],
        cwd=world.rocktag.folder,
        env=world.rocktag.environment,
        capture_output=True,
        text=True,
        timeout=_MINUTE,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stderr


def _claim(world: World, runtime: Runtime, count: int, lease_seconds: int) -> None:
    """Hold headlines as a worker does that is just working on them."""
    version = runtime.registered(runtime.tagger())
    with world.database.write() as connection:
        while queue.enqueue(connection, version):
            pass
        claimed = taggings.claim(
            connection,
            version,
            claim_id="ours",
            limit=count,
            lease_seconds=lease_seconds,
        )
    assert len(claimed) == count


@pytest.mark.parametrize("seconds", [-_MINUTE, _MINUTE])
def test_a_clock_that_is_a_minute_off_takes_no_live_claim_and_frees_a_dead_one(
    world: World, seconds: int
) -> None:
    world.add(60)
    _claim(world, runtime_of(world), 20, lease_seconds=_MINUTE // 2)
    assert "freed" not in _tag_elsewhere(world, seconds)
    counts = "SELECT status, count(*) FROM tagging GROUP BY status ORDER BY status"
    assert world.select(counts) == [("done", 40), ("leased", 20)]
    with world.database.write() as connection:
        connection.execute(
            tagging.update()
            .where(tagging.c.claimed_by == "ours")
            .values(lease_until=tagging.c.lease_until - _MINUTE // 2 - 1)
        )
    assert "freed 20 headlines" in _tag_elsewhere(world, seconds)
    assert world.select(counts) == [("done", 60)]
    assert world.count("tagging WHERE claimed_by IS NOT NULL") == 0
