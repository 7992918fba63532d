"""rocktag models: what each command prints, changes and refuses."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rocktag.artifact import Published, load
from rocktag.artifact import published as listed
from rocktag.db import Database, aliases
from rocktag.lifecycle import carry_out, plan
from rocktag.lifecycle.pruning import divide
from rocktag.training import Trained
from tests.e2e.conftest import Result, World, wait_until
from tests.e2e.test_thresholds import options_of
from tests.e2e.test_worker import runtime_of
from tests.versions import another, crowned, registered

Call = Callable[..., Result]
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
QUICK = ("--set", "gate.minimum_speed=0", "--set", "evaluation.resamples=100")


@pytest.fixture
def models(
    call: Call, published: Published, database: Database, database_url: str
) -> Call:
    """`rocktag models …` on a database with a champion."""
    crowned(database, published)
    here = (*QUICK, *options_of(published, database_url))
    return lambda *arguments: call(*here, "models", *arguments)


@pytest.fixture
def unseen(models: Call, call: Call) -> str:
    """A file of headlines that the champion has not learned from."""
    assert call("sample", "-n", "400", "--seed", "99", "-o", "unseen.csv").code == 0
    return "unseen.csv"


def _names(models_dir: Path) -> set[str]:
    return {listing.name for listing in listed(models_dir)}


@on_sqlite
def test_a_version_goes_through_the_gate_with_every_check_told(
    models: Call, unseen: str, trained: Trained, models_dir: Path
) -> None:
    equal = another(trained, models_dir, "equal").manifest.name
    worse = another(trained, models_dir, "worse", micro=0.0).manifest.name
    refused = models("promote", worse, "--corpus", unseen)
    assert refused.code == 1
    assert f"{worse} did not become champion: micro_f1: " in refused.stderr
    assert "--force --why" in refused.stderr
    assert "NO" in refused.stdout
    said = models("promote", worse, "--corpus", unseen, "--json")
    assert said.code == 1
    assert '"passed": false' in said.stdout
    found = models("promote", equal, "--corpus", unseen, "--why", "newer", "--json")
    assert found.object()["gate"]["passed"] is True
    events = models("history", "--json").object()["events"]
    assert events[0]["version"] == equal
    assert events[0]["reason"].startswith("newer; gate passed in run ")
    assert len(events) == 2
    again = models("promote", equal, "--corpus", unseen)
    assert (again.code, "the champion already" in again.stderr) == (2, True)


@on_sqlite
def test_force_asks_for_a_reason_and_leaves_it(
    models: Call, trained: Trained, models_dir: Path
) -> None:
    worse = another(trained, models_dir, "worse", micro=0.0).manifest.name
    without = models("promote", worse, "--force")
    assert (without.code, "--why" in without.stderr) == (2, True)
    blank = models("promote", worse, "--force", "--why", " ")
    assert (blank.code, blank.stderr) == (2, without.stderr)
    # Before anything is looked at: what else is wrong would be told only after it.
    early = models("promote", "no/such", "--force", "--corpus", "no such file")
    assert (early.code, early.stderr) == (2, without.stderr)
    shown = models("promote", worse, "--force", "--why", "the editor wants it")
    assert shown.code == 0
    assert "is the champion" in shown.stdout
    told = " ".join(models("history").stdout.split())
    assert "forced: the editor wants it" in told
    back = models("rollback", "--why", "too many labels", "--json").object()
    assert back["before"] == worse
    assert "rollback (champion)" in models("history").stdout
    last = models("rollback")
    assert (last.code, "no champion before" in last.stderr) == (2, True)


@on_sqlite
def test_challengers_and_archived_models_are_listed_as_such(
    models: Call, trained: Trained, models_dir: Path, published: Published
) -> None:
    second, third = (
        another(trained, models_dir, mark).manifest.name for mark in ("b", "c")
    )
    assert models("promote", second, "--as", "challenger").code == 0
    found = models("promote", second, "--as", "challenger", "--since", "2020-01-01")
    assert "and 0 old ones" in found.stdout
    assert models("show", "challenger", "--json").object()["version"] == second
    unknown = models("archive", third)
    assert (unknown.code, "does not know the model" in unknown.stderr) == (1, True)
    champion = published.manifest.name
    for name in (champion, second):
        assert models("archive", name).code == 2
    assert models("withdraw").code == 0
    assert models("show", "challenger").code == 1
    assert models("archive", second, "--json").object()["archived"] is True
    rows = models("list", "--json").object()["models"]
    assert {row["version"] for row in rows} == {champion, third}
    rows = models("list", "--all", "--json").object()["models"]
    assert {row["version"] for row in rows if row["archived"]} == {second}
    assert "archived" in models("list", "--all").stdout
    assert models("promote", second, "--force", "--why", "x").code == 2
    assert models("archive", second, "--undo").code == 0
    assert second in models("list").stdout
    wrong = models("promote", third, "--since", "2020-01-01")
    assert (wrong.code, "retag" in wrong.stderr) == (2, True)


@on_sqlite
def test_what_two_models_differ_in_is_told_and_nothing_else(
    models: Call, trained: Trained, models_dir: Path, published: Published
) -> None:
    other = another(trained, models_dir, "other", micro=0.25).manifest.name
    found = models("diff", "champion", other, "--json").object()
    assert found["versions"] == [published.manifest.name, other]
    assert set(found["differences"]) <= {"model", "thresholds"}
    before = trained.draft.facts["thresholds"]["micro"]
    assert found["differences"]["thresholds"] == {"micro": [before, 0.25]}
    assert "settings" not in models("diff", "champion", other).stdout
    assert models("diff", other, other).stdout == "they do not differ\n"


@on_sqlite
def test_each_fault_is_a_line_and_the_exit_code_is_1(
    models: Call, trained: Trained, models_dir: Path, published: Published
) -> None:
    other = another(trained, models_dir, "other")
    assert models("verify").code == 0
    (other.folder / "golden.jsonl").write_bytes(b"")
    (published.folder / "history.csv").unlink()
    found = models("verify")
    assert found.code == 1
    assert len(found.stderr.splitlines()) == 2
    assert "history.csv" in found.stderr
    assert "golden.jsonl" in found.stderr
    assert models("verify", "champion").code == 1
    assert '"fault": null' not in models("verify", "--json").stdout
    shutil.rmtree(published.folder)
    gone = models("verify", "champion")
    assert (gone.code, "does not exist" in gone.stderr) == (1, True)


@on_sqlite
def test_a_champion_whose_folder_is_gone_is_missed_in_the_list(
    models: Call, published: Published, models_dir: Path
) -> None:
    name = published.manifest.name
    assert "is not in" not in models("list").stderr
    published.folder.rename(models_dir.parent / "elsewhere")
    found = models("list", "--json")
    assert found.object()["models"] == []
    assert f"the champion {name} is not in {models_dir}" in " ".join(
        found.stderr.split()
    )


@on_sqlite
def test_prune_deletes_what_nobody_needs_and_keeps_its_rows(
    models: Call,
    trained: Trained,
    models_dir: Path,
    published: Published,
    database: Database,
) -> None:
    never, old, strange = (another(trained, models_dir, mark) for mark in "abc")
    challenger = another(trained, models_dir, "challenger").manifest.name
    for one in (never, old):
        registered(database, one)
    assert models("promote", challenger, "--as", "challenger").code == 0
    assert models("archive", old.manifest.name).code == 0
    (models_dir / ".checkpoints" / "abc").mkdir(parents=True)
    left = models_dir / "decision-tree" / ".pruned-x"
    left.mkdir()
    wanted = {never.manifest.name, old.manifest.name}
    planned = models("prune", "--keep", "0", "--dry-run", "--json").object()
    assert (set(planned["delete"]), planned["deleted"]) == (wanted, [])
    assert planned["bytes"] > 0
    asked = models("prune", "--keep", "0")
    assert (asked.code, "--yes" in asked.stderr) == (2, True)
    assert never.folder.exists()
    done = models("prune", "--keep", "0", "--yes", "--json").object()
    assert set(done["deleted"]) == wanted
    assert _names(models_dir) == {
        published.manifest.name,
        challenger,
        strange.manifest.name,
    }
    assert not left.exists()
    assert models("verify").code == 0
    assert len(models("history", "--json").object()["events"]) == 3
    with database.read() as connection:
        assert old.manifest.name in aliases.current(connection).archived
    assert models("prune", "--keep", "0", "--yes").code == 0


def test_the_newest_stay_and_so_does_whoever_was_used() -> None:
    now = aliases.Aliases(
        champion="tree/5",
        challenger=None,
        archived=frozenset({"tree/1"}),
        champions=("tree/5", "tree/1", "tree/2"),
        used=frozenset({"tree/1", "tree/2", "tree/5"}),
        stack=("tree/2", "tree/1", "tree/5"),
    )
    names = [f"tree/{number}" for number in range(1, 8)]
    known = set(names) - {"tree/7"}
    doomed, kept = divide(names, now, known, {"tree/5": "the champion"}, keep=1)
    assert set(doomed) == {"tree/1", "tree/3", "tree/4"}
    assert kept["tree/6"] == "one of the newest"
    assert "not registered" in kept["tree/7"]
    assert "archive it" in kept["tree/2"]
    doomed, _ = divide(names, now, known, {"tree/1": "a champion"}, keep=0)
    assert "tree/1" not in doomed


@on_sqlite
def test_a_prune_that_is_killed_leaves_nothing_half_deleted(
    world: World, trained: Trained
) -> None:
    models_dir = world.published.folder.parents[1]
    doomed = [another(trained, models_dir, mark) for mark in "abcd"]
    for one in doomed:
        registered(world.database, one)
        for number in range(3_000):  # deleting them takes long enough to be struck
            (one.folder / f"more-{number}").touch()
    process = world.rocktag.start("models", "prune", "--keep", "0", "--yes")
    wait_until(
        lambda: any(models_dir.glob("*/.pruned-*")) or process.poll() is not None,
        "the first folder to go",
    )
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=10)
    for one in doomed:
        if one.folder.exists():
            assert len(list(one.folder.glob("more-*"))) == 3_000
            assert (one.folder / "manifest.json").exists()
    assert any(models_dir.glob("*/.pruned-*"))
    world.rocktag.well("models", "prune", "--keep", "0", "--yes")
    assert not any(models_dir.glob("*/.pruned-*"))
    assert _names(models_dir) == {world.published.manifest.name}
    load(models_dir, world.published.manifest.name)


@on_sqlite
def test_what_became_champion_during_a_prune_is_put_back(
    world: World, trained: Trained
) -> None:
    settings = runtime_of(world).settings
    late = another(trained, settings.models_dir, "late")
    registered(world.database, late)
    wanted = plan(world.database, settings, keep=0)
    assert set(wanted.doomed) == {late.manifest.name}
    crowned(world.database, late)
    assert carry_out(world.database, settings, wanted) == []
    load(settings.models_dir, late.manifest.name)


@on_sqlite
def test_drafts_of_killed_publications_go_when_they_are_old(
    models: Call, models_dir: Path
) -> None:
    old, young = (
        models_dir / "decision-tree" / f".draft-{x}" for x in ("old", "young")
    )
    for draft in (old, young):
        draft.mkdir()
    past = time.time() - 2 * 24 * 3600
    os.utime(old, (past, past))
    assert models("prune", "--yes").code == 0
    assert (old.exists(), young.exists()) == (False, True)
