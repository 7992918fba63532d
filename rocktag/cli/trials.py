"""How a search shows its trials: a line each, a table, one object."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rocktag.artifact import Manifest
from rocktag.cli.console import output, print_table
from rocktag.cli.gate import gate_of, print_verdict
from rocktag.cli.trained import Outcome, print_training
from rocktag.lifecycle import Promotion

if TYPE_CHECKING:
    from rocktag.searching import Ended, Plan, Trial


_FIRST = ("trial", "best", "state")


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to; without `outcome` the best was published before."""

    ended: Ended
    trials: list[Trial]
    best: Trial
    manifest: Manifest
    promotion: Promotion | None
    outcome: Outcome | None

    @property
    def is_champion(self) -> bool:
        """Whether it is the champion now."""
        return self.promotion is not None and self.promotion.is_done


def one_line(trial: Trial) -> str:
    """Return what came of a trial, for people."""
    value = "" if trial.value is None else f" {trial.value:.4f}"
    remark = f", {trial.remark}" if trial.remark else ""
    return f"trial {trial.number}: {trial.state}{value} at {_text(trial)}{remark}"


def _text(trial: Trial) -> str:
    return ", ".join(f"{key} {_short(v)}" for key, v in trial.parameters.items())


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def print_search(found: Found, plan: Plan) -> None:
    """Print every trial, and what was published."""
    keys = list(plan.space)
    print_table(
        f"Study {plan.study_name}: {plan.objective} on validation, by {plan.method}",
        [*_FIRST, plan.objective, *keys, "method", "seconds", "remark"],
        (_row(trial, found.best, keys) for trial in found.trials),
    )
    if found.ended == "time budget":
        output.print("the time budget ended; the same command goes on")
    if found.outcome is not None:
        print_training(found.outcome)
    else:
        output.print(f"the best trial was published before, as {found.manifest.name}")
        print_verdict(found.promotion.verdict if found.promotion else None)


def _row(trial: Trial, best: Trial, keys: list[str]) -> list[object]:
    values = (trial.parameters.get(key) for key in keys)
    return [
        trial.number,
        "*" if trial.number == best.number else "",
        trial.state,
        trial.value,
        *(None if value is None else _short(value) for value in values),
        trial.method or None,
        None if trial.seconds is None else f"{trial.seconds:.1f}",
        trial.remark,
    ]


def as_object(found: Found, plan: Plan) -> dict[str, Any]:
    """Return all of it as one object, for machines."""
    return {
        "study": plan.study_name,
        "classifier": plan.train.classifier,
        "method": plan.method,
        "objective": plan.objective,
        "ended": found.ended,
        "trials": [asdict(trial) for trial in found.trials],
        "best": asdict(found.best),
        "version": found.manifest.name,
        "published": found.outcome is not None,
        "champion": found.is_champion,
        "gate": gate_of(found.promotion),
        "test": found.manifest.test["micro"],
    }
