"""The nouns of a search: what is to be tried, and what came of each trial."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from rocktag.config import (
    Range,
    SearchSettings,
    Space,
    TrainSettings,
    Value,
    table_name,
)
from rocktag.errors import ConfigError, UsageError

Method: TypeAlias = Literal["grid", "random", "tpe"]
Objective: TypeAlias = Literal["micro-f1", "macro-f1", "validation-loss"]
State: TypeAlias = Literal[
    "complete", "pruned", "failed", "killed", "running", "waiting"
]
Ended: TypeAlias = Literal["all trials done", "time budget"]

_DEFAULT_TRIALS = 20  # of random and tpe; a grid has as many as it has points


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial of a study.

    Attributes:
        number: Counted from 0.
        state: failed or killed: broken off, with or without a last word; its settings
            are tried again.
        value: Of the objective; None unless complete.
        parameters: Setting to value.
        seconds: How long it took; None where that is not known.
        remark: Why it was pruned or failed, or which trial it repeats.
        method: How its settings were chosen.
    """

    number: int
    state: State
    value: float | None
    parameters: Mapping[str, Value]
    seconds: float | None
    remark: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is searched.

    Attributes:
        train: Which classifier, and every setting that is not searched.
        search: The spaces, and what is given up.
        corpus_sha256: What is learned from.
        rules_sha256: What labels it.
        method: How the next settings are chosen.
        objective: What is compared, on validation.
        trials: Most finished trials of the study; None for the method's own number.
        seconds: The time budget of this call; None for no end.
        name: The study's; None for one after classifier and fingerprint.
    """

    train: TrainSettings
    search: SearchSettings
    corpus_sha256: str
    rules_sha256: str
    method: Method
    objective: Objective = "micro-f1"
    trials: int | None = None
    seconds: float | None = None
    name: str | None = None
    space: Space = field(init=False)

    def __post_init__(self) -> None:
        """Check that the method can search the space.

        Raises:
            UsageError: There is no space for the classifier, or it has ranges.
        """
        classifier = self.train.classifier
        space = self.search.space.get(classifier)
        if space is None:
            raise UsageError(
                f"there is no space to search for {classifier}; write"
                f" [search.space.{classifier}] in config.toml"
            )
        ranges = [key for key, axis in space.items() if isinstance(axis, Range)]
        if self.method == "grid" and ranges:
            raise ConfigError(
                "the space for --method grid",
                [
                    f"search.space.{classifier}.{key}: a range has no points; give a"
                    " list, or search with --method random or tpe"
                    for key in ranges
                ],
            )
        object.__setattr__(self, "space", space)

    @property
    def study_name(self) -> str:
        """The name of the study in the database."""
        if self.name is not None:
            return self.name
        return f"{self.train.classifier}-{_digest(self.fingerprints)[:12]}"

    @property
    def fingerprints(self) -> dict[str, str]:
        """What trials of one study have in common, by name, each as a short hash."""
        table = table_name(self.train.classifier)
        train = self.train.model_dump(mode="json")
        fixed = {key: train[key] for key in _SHARED_SETTINGS}
        if self.train.rules_below:  # 0 is what studies of before it were made with
            fixed["rules_below"] = self.train.rules_below
        own = {k: v for k, v in train[table].items() if k not in self.space}
        spaces = self.search.model_dump(mode="json")["space"]
        return {
            "classifier": self.train.classifier,
            "corpus": self.corpus_sha256[:16],
            "rules": self.rules_sha256[:16],
            "objective": self.objective,
            "space": _digest(spaces[self.train.classifier])[:16],
            "settings": _digest([fixed, own])[:16],
        }

    @property
    def most_trials(self) -> int | None:
        """How many trials may finish; None for as many as a grid has points."""
        if self.trials is not None or self.method == "grid":
            return self.trials
        return _DEFAULT_TRIALS

    def settings(self, parameters: Mapping[str, Value]) -> TrainSettings:
        """Return the settings of a trial."""
        table = table_name(self.train.classifier)
        own = getattr(self.train, table).model_copy(update=dict(parameters))
        return self.train.model_copy(update={table: own})


_SHARED_SETTINGS = (
    "text_view",
    "seed",
    "validation_fraction",
    "test_fraction",
)


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
