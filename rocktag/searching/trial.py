"""One trial, as Optuna holds it: its settings, the values of its epochs, its end."""

from __future__ import annotations

import time
from typing import Any

import optuna

from rocktag.config import Range, Value


class OutOfTimeError(Exception):
    """The time budget ended within a trial."""


def suggest(trial: optuna.Trial, key: str, axis: Any) -> Value:
    """Return the value that the study's sampler chooses for a setting."""
    if not isinstance(axis, Range):
        chosen: Value = trial.suggest_categorical(key, axis)
        return chosen
    if isinstance(axis.low, int):
        return trial.suggest_int(key, axis.low, int(axis.high), log=axis.log)
    return trial.suggest_float(key, axis.low, axis.high, log=axis.log)


def watch(trial: optuna.Trial, deadline: float, epoch: int, value: float) -> None:
    """Take the value of an epoch.

    Raises:
        optuna.TrialPruned: It is not worth going on.
        OutOfTimeError: There is no time to go on.
    """
    trial.report(value, epoch)
    if trial.should_prune():
        trial.set_user_attr("remark", f"below the median in epoch {epoch}")
        raise optuna.TrialPruned
    if time.monotonic() >= deadline:
        trial.set_user_attr("remark", f"out of time in epoch {epoch}")
        raise OutOfTimeError


def last_word(error: BaseException) -> str:
    """Return why a trial is broken off; never nothing, as of a killed one."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return str(error) or type(error).__name__
