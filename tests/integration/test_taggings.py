"""Who tags what: nothing is lost, nothing is written twice, whoever is at work."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from rocktag.config import TagSettings
from rocktag.db import Database, headlines, models, queue, runs, taggings, write_back
from rocktag.db.dialects import epoch_now
from rocktag.db.runs import RunRecord
from rocktag.db.tables import failed_headline, headline, headline_label, tagging
from rocktag.db.taggings import Claimed
from rocktag.db.write_back import AssignedLabel
from rocktag.tagging import enqueue_all
from rocktag.types import Headline
from tests.versions import invented_version

LONG = 600  # seconds: a lease that does not run out in a test
GONE = -5  # seconds: a lease that has run out when it is taken
TOUR = AssignedLabel("tour", 0.9, 0.5)
ALBUM = AssignedLabel("album", 0.7, 0.6)
MAXIMUM_ATTEMPTS = 3


@dataclass
class Work:
    """A model version with headlines to tag, and a worker's moves."""

    database: Database
    version: int
    run_id: int

    def enqueue(self) -> bool:
        """Make the headlines pending; tell whether there may be more."""
        with self.database.write() as connection:
            return queue.enqueue(connection, self.version)

    def claim(
        self, claim_id: str, limit: int = 10, lease_seconds: int = LONG
    ) -> list[Claimed]:
        """Take headlines."""
        with self.database.write() as connection:
            return taggings.claim(
                connection,
                self.version,
                claim_id=claim_id,
                limit=limit,
                lease_seconds=lease_seconds,
            )

    def complete(
        self, claim_id: str, *headline_ids: int, label: AssignedLabel = TOUR
    ) -> set[int]:
        """Write one label for each."""
        with self.database.write() as connection:
            return write_back.complete(
                connection,
                self.version,
                claim_id=claim_id,
                run_id=self.run_id,
                labels={key: [label] for key in headline_ids},
            )

    def fail(
        self, claim_id: str, *headline_ids: int, error: str = "ValueError: broken"
    ) -> set[int]:
        """Say that they cannot be tagged."""
        with self.database.write() as connection:
            return write_back.fail(
                connection,
                self.version,
                claim_id=claim_id,
                run_id=self.run_id,
                errors=dict.fromkeys(headline_ids, error),
                maximum_attempts=MAXIMUM_ATTEMPTS,
            )

    def release(self, claim_id: str) -> int:
        """Give back what the claim holds."""
        with self.database.write() as connection:
            return taggings.release(connection, self.version, claim_id)

    def release_expired(self) -> int:
        """Free what is held too long."""
        with self.database.write() as connection:
            released, _ = write_back.release_expired(
                connection,
                self.version,
                run_id=self.run_id,
                maximum_attempts=MAXIMUM_ATTEMPTS,
            )
        return released

    def store(self, *numbers: int, title: str = "Ghost announce tour") -> None:
        """Store headlines, new or edited."""
        with self.database.write() as connection:
            headlines.store(connection, _headlines(*numbers, title=title))

    def expire(self) -> None:
        """Let every lease have run out."""
        with self.database.write() as connection:
            connection.execute(
                update(tagging)
                .where(tagging.c.status == "leased")
                .values(lease_until=1)
            )

    def set_attempts(self, headline_id: int, attempts: int) -> None:
        """Let a headline have been tried so often."""
        with self.database.write() as connection:
            connection.execute(
                update(tagging)
                .where(tagging.c.headline_id == headline_id)
                .values(attempt=attempts)
            )

    def statuses(self) -> dict[int, str]:
        """Return each headline's status."""
        with self.database.read() as connection:
            rows = connection.execute(
                select(tagging.c.headline_id, tagging.c.status).where(
                    tagging.c.model_version_id == self.version
                )
            )
            return {row.headline_id: row.status for row in rows}

    def counts(self) -> Mapping[str, int]:
        """Return how many have each status."""
        with self.database.read() as connection:
            return queue.count_by_status(connection, self.version)

    def labels(self) -> list[tuple[int, str]]:
        """Return each headline's labels."""
        with self.database.read() as connection:
            rows = connection.execute(
                select(headline_label.c.headline_id, headline_label.c.label)
                .where(headline_label.c.model_version_id == self.version)
                .order_by(headline_label.c.headline_id, headline_label.c.label)
            )
            return [(row.headline_id, row.label) for row in rows]

    def failures(self) -> dict[int, tuple[int, str]]:
        """Return tries and error of each headline with a failure."""
        with self.database.read() as connection:
            rows = connection.execute(select(failed_headline))
            return {row.headline_id: (row.attempts, row.error) for row in rows}


def _headlines(*numbers: int, title: str = "Ghost announce tour") -> list[Headline]:
    return [
        Headline(source="NME", external_id=str(number), title=title)
        for number in numbers
    ]


def _register(database: Database, name: str) -> int:
    with database.write() as connection:
        return models.register(
            connection,
            invented_version(name),
        )


@pytest.fixture
def work(database: Database) -> Work:
    """Five headlines, none of them met by the model version."""
    version = _register(database, "decision-tree/1")
    with database.write() as connection:
        run_id = runs.start(connection, "tag").run_id
        headlines.store(connection, _headlines(1, 2, 3, 4, 5))
    return Work(database, version, run_id)


@pytest.fixture
def queued(work: Work) -> Work:
    """Five headlines, pending."""
    work.enqueue()
    return work


def test_enqueuing_makes_every_headline_pending_once(work: Work) -> None:
    assert work.enqueue()
    assert not work.enqueue()
    assert work.counts() == {"pending": 5}


def test_enqueuing_passes_over_what_was_met_before(queued: Work) -> None:
    (done, failed, leased) = queued.claim("one", 3)
    queued.complete("one", done.headline_id)
    queued.store(6)
    queued.enqueue()
    assert queued.counts() == {"pending": 3, "leased": 2, "done": 1}
    assert failed.headline_id < leased.headline_id


def test_each_model_version_meets_every_headline(queued: Work) -> None:
    queued.complete("one", *[item.headline_id for item in queued.claim("one")])
    other = Work(
        queued.database, _register(queued.database, "decision-tree/2"), queued.run_id
    )
    assert other.counts() == {}
    other.enqueue()
    assert other.counts() == {"pending": 5}
    assert queued.counts() == {"done": 5}


def test_windows_together_reach_every_headline(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "_IDS_A_STATEMENT", 2)
    assert [work.enqueue() for _ in range(4)] == [True, True, True, False]
    assert work.counts() == {"pending": 5}


def test_enqueuing_all_frees_old_leases_too(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "_IDS_A_STATEMENT", 2)
    record, settings = RunRecord(work.run_id), TagSettings()
    enqueue_all(work.database, work.version, record, settings)
    work.claim("one", 2, lease_seconds=GONE)
    work.store(6, 7, 8)
    enqueue_all(work.database, work.version, record, settings)
    assert work.counts() == {"pending": 8}


@pytest.mark.writers_at_once
def test_two_that_enqueue_at_once_make_each_pending_once(work: Work) -> None:
    work.store(*range(10, 600))
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda _: work.enqueue(), range(6)))
    assert work.counts() == {"pending": 595}


def test_the_oldest_are_claimed_first_and_counted(queued: Work) -> None:
    first = queued.claim("one", 2)
    assert [(item.headline_id, item.attempt) for item in first] == [(1, 1), (2, 1)]
    assert first[0].title == "Ghost announce tour"
    assert [item.headline_id for item in queued.claim("two", 2)] == [3, 4]
    assert [item.headline_id for item in queued.claim("three", 2)] == [5]
    assert queued.claim("four", 2) == []
    assert queued.counts() == {"leased": 5}


def test_each_claim_is_one_attempt_more(queued: Work) -> None:
    for attempt in range(1, 4):
        (claimed,) = queued.claim(f"claim {attempt}", 1, lease_seconds=GONE)
        assert (claimed.headline_id, claimed.attempt) == (1, attempt)
        assert queued.release_expired() == (attempt < MAXIMUM_ATTEMPTS)


def test_a_headline_that_kills_its_workers_is_soon_alone_and_then_given_up(
    queued: Work,
) -> None:
    queued.store(*range(10, 40))
    queued.enqueue()
    sizes: list[int] = []
    while 1 not in queued.failures():
        claim = f"claim {len(sizes)}"
        claimed = [item.headline_id for item in queued.claim(claim, 16, GONE)]
        sizes.append(len(claimed))
        if 1 in claimed:
            queued.release_expired()
        else:
            queued.complete(claim, *claimed)
    assert sizes == [16, 4, 1]
    assert queued.failures()[1][0] == MAXIMUM_ATTEMPTS
    while claimed := [item.headline_id for item in queued.claim("rest", 16)]:
        queued.complete("rest", *claimed)
    assert queued.counts() == {"failed": 1, "done": 34}


@pytest.mark.writers_at_once
def test_claims_made_at_once_never_share_a_headline(queued: Work) -> None:
    queued.store(*range(10, 305))
    queued.enqueue()
    begin = threading.Barrier(3)

    def worker(number: int) -> list[int]:
        begin.wait()
        mine: list[int] = []
        for turn in range(200):
            claimed = queued.claim(f"{number} {turn}", 7)
            if not claimed:
                break
            mine += [item.headline_id for item in claimed]
        return mine

    with ThreadPoolExecutor(3) as threads:
        taken = [key for keys in threads.map(worker, range(3)) for key in keys]
    assert len(taken) == len(set(taken)) == 300
    assert queued.counts() == {"leased": 300}


def test_claims_of_open_transactions_pass_over_each_other(queued: Work) -> None:
    if queued.database.backend != "postgresql":
        pytest.skip("there writers take turns")
    with queued.database.write() as first, queued.database.write() as second:
        taken = [
            taggings.claim(
                connection,
                queued.version,
                claim_id=claim_id,
                limit=2,
                lease_seconds=LONG,
            )
            for connection, claim_id in ((first, "one"), (second, "two"))
        ]
    assert [[item.headline_id for item in claimed] for claimed in taken] == [
        [1, 2],
        [3, 4],
    ]


def test_a_live_lease_is_not_freed(queued: Work) -> None:
    queued.claim("one", 2)
    assert queued.release_expired() == 0
    assert queued.counts() == {"pending": 3, "leased": 2}


def test_what_an_expired_claim_writes_is_not_written(queued: Work) -> None:
    queued.claim("slow", 2, lease_seconds=GONE)
    assert queued.release_expired() == 2
    assert queued.complete("slow", 1, 2) == set()
    assert queued.labels() == []
    again = queued.claim("quick", 1)
    assert [(item.headline_id, item.attempt) for item in again] == [(1, 2)]
    assert queued.complete("slow", 1, 2, label=ALBUM) == set()
    assert queued.fail("slow", 1, 2) == set()
    assert queued.release("slow") == 0
    assert queued.complete("quick", 1) == {1}
    assert queued.complete("slow", 1, label=ALBUM) == set()
    assert queued.labels() == [(1, "tour")]
    assert queued.counts() == {"done": 1, "pending": 4}


def test_an_expired_lease_that_nobody_freed_may_still_be_written(
    queued: Work,
) -> None:
    queued.claim("slow", 1, lease_seconds=GONE)
    assert queued.complete("slow", 1) == {1}
    assert queued.release_expired() == 0


def test_completing_writes_labels_and_what_was_tagged(queued: Work) -> None:
    queued.claim("one", 2)
    with queued.database.write() as connection:
        written = write_back.complete(
            connection,
            queued.version,
            claim_id="one",
            run_id=queued.run_id,
            labels={1: [TOUR, ALBUM], 2: [TOUR]},
        )
        rows = connection.execute(
            select(tagging, headline.c.title_hash.label("expected"))
            .join(headline, headline.c.id == tagging.c.headline_id)
            .where(tagging.c.status == "done")
        ).all()
        label = connection.execute(
            select(headline_label).where(headline_label.c.label == "album")
        ).one()
    assert written == {1, 2}
    assert queued.labels() == [(1, "album"), (1, "tour"), (2, "tour")]
    assert (label.probability, label.threshold, label.run_id) == (0.7, 0.6, 1)
    for row in rows:
        assert row.title_hash == row.expected
        assert (row.claimed_by, row.lease_until) == (None, None)
        assert row.run_id == queued.run_id
        assert datetime.now(UTC) - row.tagged_at < timedelta(minutes=5)
    assert queued.counts() == {"done": 2, "pending": 3}


def test_completing_twice_writes_once(queued: Work) -> None:
    queued.claim("one", 1)
    assert queued.complete("one", 1) == {1}
    assert queued.complete("one", 1, label=ALBUM) == set()
    assert queued.labels() == [(1, "tour")]


def test_a_claim_writes_only_what_it_took(queued: Work) -> None:
    queued.claim("one", 1)
    queued.claim("two", 1)
    assert queued.complete("one", 1, 2, 3, 999) == {1}
    assert queued.fail("one", 2, 3) == set()
    assert queued.failures() == {}
    assert queued.counts() == {"done": 1, "leased": 1, "pending": 3}


def test_completing_or_failing_nothing_is_no_work(queued: Work) -> None:
    queued.claim("one", 1)
    assert queued.complete("one") == set()
    assert queued.fail("one") == set()


def test_new_labels_replace_the_old_ones_of_the_version_only(queued: Work) -> None:
    other = Work(
        queued.database, _register(queued.database, "decision-tree/2"), queued.run_id
    )
    other.enqueue()
    for worker in (queued, other):
        worker.claim("one", 2)
        worker.complete("one", 1, 2)
    queued.store(1, title="Ghost release album")
    assert queued.labels() == [(1, "tour"), (2, "tour")]  # in sight until replaced
    queued.claim("two", 1)
    assert queued.complete("two", 1, label=ALBUM) == {1}
    assert queued.labels() == [(1, "album"), (2, "tour")]
    assert other.labels() == [(1, "tour"), (2, "tour")]


def test_what_is_edited_while_it_is_tagged_stays_pending(queued: Work) -> None:
    queued.claim("one", 2)
    queued.store(1, title="Ghost cancel tour")
    assert queued.complete("one", 1, 2) == {2}
    assert queued.statuses()[1] == "pending"
    assert queued.labels() == [(2, "tour")]
    (again,) = queued.claim("two", 1)
    assert (again.title, again.attempt) == ("Ghost cancel tour", 1)


@pytest.mark.writers_at_once
def test_a_title_is_not_claimed_while_it_is_being_edited(work: Work) -> None:
    if work.database.backend == "sqlite":
        pytest.skip("there writers take turns")

    def enqueue_and_claim() -> list[Claimed]:
        work.enqueue()
        return work.claim("one", 1)

    with ThreadPoolExecutor(1) as threads:
        with work.database.write() as connection:
            headlines.store(connection, _headlines(1, title="Ghost cancel tour"))
            claimed = threads.submit(enqueue_and_claim)
            time.sleep(0.3)
        (taken,) = claimed.result(timeout=20)
    assert taken.title == "Ghost cancel tour"


def test_a_failure_is_tried_again_until_it_is_final(queued: Work) -> None:
    for attempt in range(1, MAXIMUM_ATTEMPTS + 1):
        queued.claim(f"claim {attempt}", 1)
        assert queued.fail(f"claim {attempt}", 1, error=f"error {attempt}") == {1}
        final = attempt == MAXIMUM_ATTEMPTS
        assert queued.statuses()[1] == ("failed" if final else "pending")
        assert queued.failures() == {1: (attempt, f"error {attempt}")}
    assert [item.headline_id for item in queued.claim("last")] == [2, 3, 4, 5]
    assert queued.labels() == []


def test_a_success_clears_the_failure_before_it(queued: Work) -> None:
    queued.claim("one", 2)
    queued.fail("one", 1, 2)
    assert queued.failures().keys() == {1, 2}
    queued.claim("two", 1)
    queued.complete("two", 1)
    assert queued.failures().keys() == {2}


def test_final_and_passing_failures_of_one_claim_are_told_apart(queued: Work) -> None:
    queued.claim("both", 2)
    queued.set_attempts(1, MAXIMUM_ATTEMPTS)
    assert queued.fail("both", 1, 2) == {1, 2}
    assert queued.counts() == {"failed": 1, "pending": 4}
    assert {key: attempts for key, (attempts, _) in queued.failures().items()} == {
        1: MAXIMUM_ATTEMPTS,
        2: 1,
    }


@pytest.mark.parametrize("error", ["NUL \x00", "surrogate \udcff", "long " * 50_000])
def test_a_failure_is_kept_whatever_its_error_says(queued: Work, error: str) -> None:
    queued.claim("one", 1)
    assert queued.fail("one", 1, error=error) == {1}
    assert queued.failures()[1][1].startswith(error[:4])


def test_giving_back_counts_no_attempt(queued: Work) -> None:
    queued.claim("one", 3)
    queued.complete("one", 1)
    assert queued.release("one") == 2
    assert queued.release("one") == 0
    assert queued.counts() == {"done": 1, "pending": 4}
    again = queued.claim("two", 2)
    assert [(item.headline_id, item.attempt) for item in again] == [(2, 1), (3, 1)]


def test_a_lease_is_measured_by_the_clock_of_the_database(
    queued: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Late(datetime):
        """A worker's clock that is a year slow."""

        @classmethod
        def now(cls, tz: object = None) -> Late:
            """Return a moment long past."""
            return cls(2020, 1, 1, tzinfo=UTC)

    monkeypatch.setattr(write_back, "datetime", Late)
    monkeypatch.setattr(time, "time", lambda: 0.0)
    queued.claim("one", 1, lease_seconds=100)
    with queued.database.read() as connection:
        remaining = connection.scalar(
            select(tagging.c.lease_until - epoch_now()).where(
                tagging.c.headline_id == 1
            )
        )
    assert remaining is not None
    assert 95 <= remaining <= 100
    assert queued.release_expired() == 0


def test_the_clock_of_the_database_counts_seconds_since_1970_in_utc(
    database: Database,
) -> None:
    with database.read() as connection:
        now = connection.scalar(select(epoch_now()))
    assert now is not None
    assert abs(now - datetime.now(UTC).timestamp()) < 5


def test_status_is_counted_for_one_version(queued: Work) -> None:
    queued.claim("one", 3)
    queued.complete("one", 1)
    other = _register(queued.database, "decision-tree/2")
    with queued.database.read() as connection:
        assert queue.count_by_status(connection, other) == {}
    assert queued.counts() == {"done": 1, "leased": 2, "pending": 2}


class Walk:
    """Two workers at random moves, beside a model of what each headline should be."""

    def __init__(self, work: Work, seed: int) -> None:
        self.work = work
        self.random = random.Random(seed)  # noqa: S311 - no secret
        self.held: dict[str, list[int]] = {}
        self.written: Counter[int] = Counter()
        self.moves = 0

    def step(self) -> None:
        """Make one move."""
        move = self.random.choice(
            [self.claim] * 3
            + [self.complete] * 2
            + [self.fail, self.release]
            + [self.expire, self.edit]
        )
        self.moves += 1
        move()

    def claim(self) -> None:
        """Take up to four."""
        claim_id = f"{self.random.choice('ab')} {self.moves}"
        claimed = self.work.claim(claim_id, self.random.randint(1, 4))
        self.held[claim_id] = [item.headline_id for item in claimed]

    def complete(self) -> None:
        """Write part of any claim, also of an old one."""
        claim_id, some = self._some()
        for key in self.work.complete(claim_id, *some):
            self.written[key] += 1

    def fail(self) -> None:
        """Fail part of any claim."""
        claim_id, some = self._some()
        self.work.fail(claim_id, *some)

    def release(self) -> None:
        """Give any claim back."""
        self.work.release(self._some()[0])

    def expire(self) -> None:
        """Let the leases run out, and free them."""
        self.work.expire()
        self.work.release_expired()

    def edit(self) -> None:
        """Edit one title, whose labels are old from now on."""
        key = self.random.randint(1, 5)
        self.work.store(key, title=f"Ghost {self.moves}")

    def _some(self) -> tuple[str, list[int]]:
        claim_id = self.random.choice([*self.held, "nobody"])
        keys = self.held.get(claim_id, [1, 2])
        return claim_id, self.random.sample(keys, self.random.randint(0, len(keys)))


def _check(work: Work, walk: Walk) -> None:
    statuses = work.statuses()
    assert statuses.keys() == {1, 2, 3, 4, 5}
    assert set(statuses.values()) <= {"pending", "leased", "done", "failed"}
    labels = Counter(key for key, _ in work.labels())
    assert set(labels.values()) <= {1}
    assert labels.keys() == walk.written.keys()
    done = {key for key, status in statuses.items() if status == "done"}
    assert done <= labels.keys()
    with work.database.read() as connection:
        stale = connection.execute(
            text(
                "SELECT count(*) FROM tagging t JOIN headline h ON h.id = t.headline_id"
                " WHERE t.status = 'done' AND t.title_hash <> h.title_hash"
            )
        ).scalar()
        held = connection.execute(
            text(
                "SELECT count(*) FROM tagging WHERE (status = 'leased') <>"
                " (claimed_by IS NOT NULL AND lease_until IS NOT NULL)"
            )
        ).scalar()
    assert (stale, held) == (0, 0)


@pytest.mark.parametrize("seed", range(3))
def test_after_any_moves_of_two_workers_every_headline_has_one_status(
    queued: Work, seed: int
) -> None:
    walk = Walk(queued, seed)
    for _ in range(150 if queued.database.backend == "sqlite" else 40):
        walk.step()
        _check(queued, walk)


@pytest.mark.parametrize("seed", range(2))
def test_without_edits_only_what_is_done_has_labels(queued: Work, seed: int) -> None:
    walk = Walk(queued, seed)
    for _ in range(120 if queued.database.backend == "sqlite" else 40):
        walk.random.choice(
            [walk.claim, walk.complete, walk.fail, walk.release, walk.expire]
        )()
        walk.moves += 1
        statuses = queued.statuses()
        done = [key for key, status in sorted(statuses.items()) if status == "done"]
        assert [key for key, _ in queued.labels()] == done
        assert all(walk.written[key] == 1 for key in done)


@pytest.mark.writers_at_once
def test_workers_and_editors_at_once_lose_nothing_and_stop_for_nothing(
    queued: Work,
) -> None:
    queued.store(*range(10, 105))
    begin = threading.Barrier(4)

    def worker(number: int) -> None:
        begin.wait()
        for turn in range(15):
            queued.enqueue()
            queued.release_expired()
            claim_id = f"{number} {turn}"
            lease = random.choice([GONE, LONG])  # noqa: S311 - no secret
            keys = [item.headline_id for item in queued.claim(claim_id, 12, lease)]
            random.shuffle(keys)
            queued.complete(claim_id, *keys[:8])
            queued.fail(claim_id, *keys[8:10])
            queued.release(claim_id)

    def editor(number: int) -> None:
        begin.wait()
        for turn in range(15):
            some = random.sample(range(10, 105), 20)
            queued.store(*some, title=f"Ghost {number} {turn}")

    with ThreadPoolExecutor(4) as threads:
        list(
            threads.map(
                lambda number: (worker if number < 2 else editor)(number), range(4)
            )
        )
    while keys := [item.headline_id for item in queued.claim("last", 50)]:
        queued.complete("last", *keys)
    assert sum(queued.counts().values()) == 100
    assert queued.counts().keys() <= {"done", "failed"}
    done = {key for key, status in queued.statuses().items() if status == "done"}
    assert {key for key, _ in queued.labels()} >= done
