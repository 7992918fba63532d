"""A study in the user's database: what was tried stays, and is not tried again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import optuna
from optuna.storages import RDBStorage
from optuna.trial import TrialState

from rocktag.config import TrainSettings
from rocktag.db import Database, guests
from rocktag.errors import StoreError, TrainingError, UsageError
from rocktag.searching.objective import Report
from rocktag.searching.plan import Ended, Plan, Trial
from rocktag.searching.points import finished, is_exhausted, same, untried
from rocktag.searching.storage import (
    SILENCE,
    experimental,
    is_gone,
    storage_in,
    this_process,
    trial_of,
)
from rocktag.searching.trial import OutOfTimeError, last_word, suggest, watch

Evaluate: TypeAlias = Callable[[TrainSettings, Report], float]
Tell: TypeAlias = Callable[[Trial], None]


@contextmanager
def opened(database: Database, plan: Plan) -> Iterator[Study]:
    """Enter the study of a plan, as it was left or new.

    Raises:
        UsageError: There is one of that name for something else.
        StoreError: Another process searches it, or the database refuses.
    """
    with guests.translated(database):
        storage = storage_in(database)
        try:
            yield Study(plan, storage)
        finally:
            storage.remove_session()
            storage.engine.dispose()


class Study:
    """The trials of a plan."""

    def __init__(self, plan: Plan, storage: RDBStorage) -> None:
        self._plan, self._storage = plan, storage
        self._study = optuna.create_study(
            study_name=plan.study_name,
            storage=storage,
            direction="minimize" if _is_loss(plan) else "maximize",
            pruner=_pruner(plan),
            load_if_exists=True,
        )
        self._check_fingerprints()
        self._settle_what_was_left()

    @property
    def trials(self) -> list[Trial]:
        """Every trial, in order."""
        return [trial_of(found) for found in self._study.get_trials(deepcopy=False)]

    @property
    def best(self) -> Trial | None:
        """The best complete trial, the first of equals."""
        sign = 1 if _is_loss(self._plan) else -1
        values = [(sign * t.value, t) for t in self.trials if t.value is not None]
        return min(values, key=lambda pair: pair[0])[1] if values else None

    @property
    def published(self) -> dict[str, Any] | None:
        """Trial and version of what was published last."""
        found = self._study.user_attrs.get("published")
        return dict(found) if found else None

    def remember_published(self, trial: Trial, version: str) -> None:
        """Keep that a trial's settings were trained and published."""
        kept = {"trial": trial.number, "version": version}
        self._study.set_user_attr("published", kept)

    def run(self, evaluate: Evaluate, tell: Tell) -> Ended:
        """Run the trials that are left, until they or the time run out.

        Args:
            evaluate: Gives the value of settings, and reports that of each epoch.
            tell: Called with each trial when it has ended.

        Raises:
            KeyboardInterrupt: The finished trials stay, the one in hand counts not.
        """
        self._study.set_user_attr("process", this_process())
        deadline = time.monotonic() + (self._plan.seconds or float("inf"))
        try:
            while self._is_anything_left():
                if time.monotonic() >= deadline:
                    return "time budget"
                self._choose_next()
                objective = partial(self._objective, evaluate, deadline)
                self._study.optimize(objective, n_trials=1)
                tell(self.trials[-1])
        except OutOfTimeError:
            tell(self.trials[-1])
            return "time budget"
        finally:
            self._fail_running()
        return "all trials done"

    def _is_anything_left(self) -> bool:
        trials, most = self.trials, self._plan.most_trials
        if most is not None and len(finished(trials)) >= most:
            return False
        return not is_exhausted(self._plan.space, trials)

    def _choose_next(self) -> None:
        """Say how the next trial's settings are to be found.

        Chance depends on how many were finished: a search that was broken off goes on
        as if it had not been.
        """
        done = len(finished(self.trials))
        sequence = np.random.SeedSequence([self._plan.train.seed, done])
        seed = int(sequence.generate_state(1)[0])
        match self._plan.method:
            case "tpe":
                self._study.sampler = optuna.samplers.TPESampler(seed=seed)
            case _:
                self._study.sampler = optuna.samplers.RandomSampler(seed=seed)
        waiting = any(trial.state == "waiting" for trial in self.trials)
        if self._plan.method == "grid" and not waiting:
            point = untried(self._plan.space, self.trials)[0]
            self._study.enqueue_trial(dict(point))

    def _objective(
        self, evaluate: Evaluate, deadline: float, trial: optuna.Trial
    ) -> float:
        trial.set_user_attr("method", self._plan.method)
        parameters = {
            key: suggest(trial, key, axis) for key, axis in self._plan.space.items()
        }
        before = same(self.trials, parameters)
        if before is not None:
            trial.set_user_attr("remark", f"as trial {before.number}")
            if before.value is None:
                raise optuna.TrialPruned
            return before.value
        settings = self._plan.settings(parameters)
        try:
            return evaluate(settings, partial(watch, trial, deadline))
        except TrainingError as error:  # such a point is not to be tried again
            trial.set_user_attr("remark", str(error))
            raise optuna.TrialPruned from error
        except (optuna.TrialPruned, OutOfTimeError):
            raise
        except BaseException as error:
            trial.set_user_attr("remark", last_word(error))
            raise

    def _check_fingerprints(self) -> None:
        """Keep what a new study is about; refuse an old one that is about another.

        Raises:
            UsageError: There is one of that name for something else.
        """
        ours = self._plan.fingerprints
        theirs = self._study.user_attrs.get("fingerprints")
        if theirs is None and not self.trials:
            self._study.set_user_attr("fingerprints", ours)
        elif theirs != ours:
            differ = [key for key in ours if (theirs or {}).get(key) != ours[key]]
            raise UsageError(
                f"the study {self._plan.study_name} is of another"
                f" {' and '.join(differ)}; give --study another name"
            )

    def _settle_what_was_left(self) -> None:
        """Give up trials that a killed process left running.

        Raises:
            StoreError: Their process may be alive.
        """
        if not any(trial.state == "running" for trial in self.trials):
            return
        owner = self._study.user_attrs.get("process", "")
        if is_gone(owner):
            self._fail_running()
        else:
            with experimental():
                optuna.storages.fail_stale_trials(self._study)
        if any(trial.state == "running" for trial in self.trials):
            raise StoreError(
                f"the study {self._plan.study_name} is being searched by process"
                f" {owner}; wait for it, or if it was killed, try again in"
                f" {SILENCE} seconds"
            )

    def _fail_running(self) -> None:
        for trial in self._study.get_trials(deepcopy=False):
            if trial.state == TrialState.RUNNING:
                self._study.tell(trial.number, state=TrialState.FAIL)


def _pruner(plan: Plan) -> optuna.pruners.BasePruner:
    if plan.search.pruning == "none":
        return optuna.pruners.NopPruner()
    return optuna.pruners.MedianPruner(
        n_startup_trials=plan.search.startup_trials,
        n_warmup_steps=plan.search.warmup_epochs,
    )


def _is_loss(plan: Plan) -> bool:
    return plan.objective == "validation-loss"
