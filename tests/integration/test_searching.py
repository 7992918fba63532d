"""Studies in real databases: what was tried is kept, and is not tried again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from rocktag.config import Settings, TrainSettings
from rocktag.corpus import Corpus, gather
from rocktag.db import Database, schema
from rocktag.errors import StoreError, TrainingError, UsageError
from rocktag.labeling import keyword_rules
from rocktag.sampling import sample
from rocktag.searching import Learning, Method, Plan, Report, Trial, opened
from rocktag.training import labelled, train

GRID = {"tree_depth": [2, 4, 8], "ngrams": [1, 2]}
RANGE = {"tree_depth": {"low": 1, "high": 1000}}
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def plan_of(
    method: Method = "grid", space: dict[str, Any] | None = None, **values: Any
) -> Plan:
    settings = Settings.model_validate(
        {
            "train": {"classifier": "decision-tree"},
            "search": {
                "space": {"decision-tree": space or GRID},
                "startup_trials": 1,
                "warmup_epochs": 0,
            },
        }
    )
    plan: dict[str, Any] = {
        "train": settings.train,
        "search": settings.search,
        "corpus_sha256": "c" * 64,
        "rules_sha256": "r" * 64,
        "method": method,
        **values,
    }
    return Plan(**plan)


def depth(settings: TrainSettings, _: Report) -> float:
    return float(settings.bag_of_words.tree_depth or 0)


def interrupted_after(count: int) -> Callable[[TrainSettings, Report], float]:
    left = iter(range(count))

    def evaluate(settings: TrainSettings, report: Report) -> float:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return depth(settings, report)

    return evaluate


def nothing(_: Trial) -> None: ...


def searched(
    database: Database,
    plan: Plan,
    evaluate: Callable[[TrainSettings, Report], float] = depth,
) -> list[Trial]:
    with opened(database, plan) as study:
        assert study.run(evaluate, nothing) == "all trials done"
        return study.trials


def drawn(trials: list[Trial]) -> list[tuple[object, ...]]:
    """Return the settings of what was finished, in order."""
    return [tuple(t.parameters.values()) for t in trials if t.state == "complete"]


def test_a_grid_runs_each_point_once_also_when_it_was_broken_off(
    database: Database,
) -> None:
    plan = plan_of()
    with opened(database, plan) as study:
        with pytest.raises(KeyboardInterrupt):
            study.run(interrupted_after(2), nothing)
        states = [trial.state for trial in study.trials]
        assert states == ["complete", "complete", "failed"]
    trials = searched(database, plan)
    assert len(trials) == 7
    assert sorted(drawn(trials)) == [(d, n) for d in (2, 4, 8) for n in (1, 2)]
    assert searched(database, plan) == trials
    assert all(t.seconds is not None and t.seconds < 60 for t in trials)


def test_rocktags_own_schema_is_not_disturbed(database: Database) -> None:
    plan = plan_of()
    before = searched(database, plan)
    assert schema.check(database).is_ready
    assert schema.downgrade(database, "base").current is None
    assert schema.upgrade(database).is_ready
    assert schema.check(database).is_ready
    assert searched(database, plan) == before


@on_sqlite
@pytest.mark.parametrize("method", ["random", "tpe"])
def test_what_was_broken_off_ends_as_if_it_had_not_been(
    database: Database, method: Method
) -> None:
    whole = searched(database, plan_of(method, RANGE, trials=12, name="whole"))
    plan = plan_of(method, RANGE, trials=12, name="broken")
    with opened(database, plan) as study, pytest.raises(KeyboardInterrupt):
        study.run(interrupted_after(5), nothing)
    assert drawn(searched(database, plan)) == drawn(whole)
    assert len(set(drawn(whole))) > 8


@on_sqlite
def test_settings_that_were_tried_are_not_run_again(database: Database) -> None:
    calls: list[float] = []

    def counted(settings: TrainSettings, report: Report) -> float:
        calls.append(depth(settings, report))
        return calls[-1]

    trials = searched(database, plan_of("random", trials=40), counted)
    assert len(calls) == 6
    assert sum(not trial.remark for trial in trials) == 6
    assert len(drawn(trials)) == len(trials) < 40  # every point was tried


@on_sqlite
def test_a_trial_below_the_median_is_pruned(database: Database) -> None:
    epochs: list[int] = []

    def falling(settings: TrainSettings, report: Report) -> float:
        value = -depth(settings, report)
        for epoch in (1, 2, 3):
            epochs.append(epoch)
            report(epoch, value)
        return value

    trials = searched(database, plan_of(), falling)
    states = [trial.state for trial in trials]
    assert states == ["complete", "complete", *["pruned"] * 4]
    assert epochs == [1, 2, 3, 1, 2, 3, 1, 1, 1, 1]
    assert trials[-1].remark == "below the median in epoch 1"


@on_sqlite
def test_settings_that_cannot_be_learned_with_are_not_tried_again(
    database: Database,
) -> None:
    def diverging(settings: TrainSettings, report: Report) -> float:
        if settings.bag_of_words.ngrams == 2:
            raise TrainingError("the loss is not finite")
        return depth(settings, report)

    trials = searched(database, plan_of(), diverging)
    assert [trial.state for trial in trials] == ["complete", "pruned"] * 3
    assert trials[1].remark == "the loss is not finite"


@on_sqlite
def test_a_time_budget_ends_the_trial_in_hand_after_its_epoch(
    database: Database,
) -> None:
    def slow(settings: TrainSettings, report: Report) -> float:
        for epoch in range(1, 100):
            time.sleep(0.1)
            report(epoch, epoch)
        return 1.0

    begun = time.monotonic()
    with opened(database, plan_of(seconds=0.5)) as study:
        assert study.run(slow, nothing) == "time budget"
        assert [trial.state for trial in study.trials] == ["failed"]
        assert study.trials[0].remark.startswith("out of time in epoch")
        assert study.best is None
    assert time.monotonic() - begun < 9
    assert len(drawn(searched(database, plan_of()))) == 6


@on_sqlite
def test_a_time_budget_begins_no_other_trial(database: Database) -> None:
    def slow(settings: TrainSettings, report: Report) -> float:
        time.sleep(0.3)
        return 1.0

    with opened(database, plan_of(seconds=0.2)) as study:
        assert study.run(slow, nothing) == "time budget"
        assert [trial.state for trial in study.trials] == ["complete"]


@on_sqlite
def test_the_best_of_a_loss_is_the_lowest_and_the_first_of_equals(
    database: Database,
) -> None:
    for objective, number in (("validation-loss", 0), ("macro-f1", 4)):
        plan = plan_of(objective=objective)
        with opened(database, plan) as study:
            study.run(depth, nothing)
            assert study.best is not None
            assert study.best.number == number


@on_sqlite
def test_a_name_taken_by_another_search_is_refused(database: Database) -> None:
    searched(database, plan_of(name="mine"))
    with (
        pytest.raises(UsageError, match="another corpus and space"),
        opened(database, plan_of("random", RANGE, name="mine", corpus_sha256="d")),
    ):
        pytest.fail("it was opened")


@on_sqlite
def test_a_study_that_a_living_process_searches_is_refused(
    database: Database,
) -> None:
    plan = plan_of()
    with opened(database, plan) as study:

        def meanwhile(settings: TrainSettings, report: Report) -> float:
            study._study.set_user_attr("process", "1 on another-host")
            with (
                pytest.raises(StoreError, match="1 on another-host; wait for it"),
                opened(database, plan),
            ):
                pytest.fail("it was opened")
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            study.run(meanwhile, nothing)


@on_sqlite
def test_the_users_own_table_of_the_same_name_is_refused(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("CREATE TABLE trials (id integer)"))
    with (
        pytest.raises(StoreError, match="other tables named trials"),
        opened(database, plan_of()),
    ):
        pytest.fail("it was opened")


def test_a_study_is_of_one_choice_of_labels_that_the_rules_serve() -> None:
    plan = plan_of()
    some, more = (
        plan_of(train=plan.train.model_copy(update={"rules_below": count}))
        for count in (5, 50)
    )
    assert len({plan.study_name, some.study_name, more.study_name}) == 3


def _corpus(count: int) -> Corpus:
    return gather((item.title for item in sample(count, seed=3)), "invented")


def test_a_trial_holds_no_headline_of_the_test_side() -> None:
    corpus, chosen = _corpus(600), plan_of().train
    rules = keyword_rules()
    learning = Learning.of(corpus, rules, chosen)
    targets, rows = labelled(corpus, rules, chosen, lambda *_: None)
    untouched = {corpus.titles[row] for row in rows.test}
    assert untouched.isdisjoint(learning.titles)
    assert len(learning.titles) == len(corpus.titles) - len(rows.test)
    assert len(learning.rows.test) == 0
    for side in ("train", "validation"):
        ours, theirs = getattr(learning.rows, side), getattr(rows, side)
        assert [learning.titles[r] for r in ours] == [corpus.titles[r] for r in theirs]
        assert (learning.targets[ours] == targets[theirs]).all()


def test_a_trials_value_is_what_training_with_its_settings_gives() -> None:
    corpus, rules = _corpus(600), keyword_rules()
    settings = Settings.model_validate({"train": {"classifier": "decision-tree"}})
    chosen = plan_of().settings({"tree_depth": 4, "ngrams": 2})
    value = Learning.of(corpus, rules, chosen).value(
        chosen, "micro-f1", lambda *_: None, lambda *_: None
    )
    trained = train(
        corpus, rules, settings.model_copy(update={"train": chosen}), lambda *_: None
    )
    curve = trained.draft.files["thresholds.csv"].decode().splitlines()
    column = curve[0].split(",").index("micro_f1")
    best = max(float(line.split(",")[column]) for line in curve[1:])
    assert value == pytest.approx(best, abs=1e-6)


def test_a_trial_of_another_host_is_given_up_when_it_fell_silent(
    database: Database,
) -> None:
    plan = plan_of()
    with opened(database, plan) as study:
        with pytest.warns(UserWarning, match="Heartbeat"):
            trial = study._study.ask()
        study._storage.record_heartbeat(trial._trial_id)
        study._study.set_user_attr("process", "1 on another-host")
    with pytest.raises(StoreError, match="wait for it"), opened(database, plan):
        pytest.fail("it was opened")
    with database.write() as connection:
        long_ago = text("UPDATE trial_heartbeats SET heartbeat = '2020-01-01 00:00:00'")
        connection.execute(long_ago)
    trials = searched(database, plan)
    assert [trial.state for trial in trials] == ["killed", *["complete"] * 6]
