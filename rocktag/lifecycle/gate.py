"""The gate: whether a version may take the champion's place, and why not.

It does not ask whether a version is better: it lets nothing pass that is worse by more
than the limits of `[gate]`, unless chance alone may have made the difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rocktag.comparing import Comparison, Difference, Interval, Row
from rocktag.config import GateSettings

_COMPARED = ("micro_f1", "macro_f1")
_SPEED = "headlines_per_second"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the gate looks at.

    Attributes:
        name: Of the metric.
        champion: Its value for the champion, where it has one.
        candidate: Its value for the version that wants to be champion.
        asked: What was asked of the candidate, in words.
        passed: Whether that holds.
    """

    name: str
    champion: float | None
    candidate: float | None
    asked: str
    passed: bool

    @property
    def told(self) -> str:
        """The check in words.

        >>> Check("headlines", None, 12, "at least 200", False).told
        'headlines: 12, asked: at least 200'
        """
        against = "" if self.champion is None else f" (champion {self.champion:.4g})"
        found = "not known" if self.candidate is None else f"{self.candidate:.4g}"
        return f"{self.name}: {found}{against}, asked: {self.asked}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of a version.

    Attributes:
        candidate: The version's name.
        champion: Whom it was compared with.
        checks: Everything that was looked at.
        run_id: The run of the job `gate` that keeps it; None where none does.
    """

    candidate: str
    champion: str
    checks: tuple[Check, ...]
    run_id: int | None = None

    @property
    def passed(self) -> bool:
        """Whether every check holds."""
        return all(check.passed for check in self.checks)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Every check that does not hold, in words."""
        return tuple(check.told for check in self.checks if not check.passed)

    def metrics(self) -> dict[str, float]:
        """Return what is kept with the run."""
        found: dict[str, float] = {"gate_passed": float(self.passed)}
        for check in self.checks:
            if check.champion is not None:
                found[f"champion_{check.name}"] = check.champion
            if check.candidate is not None:
                found[f"candidate_{check.name}"] = check.candidate
            found[f"passed_{check.name}"] = float(check.passed)
        return found

    def summary(self) -> str:
        """Return the verdict in a line, for the history."""
        what = "passed" if self.passed else "refused"
        scores = {check.name: check for check in self.checks}
        told = [
            f"{name} {check.candidate:.4f} against {check.champion:.4f}"
            for name, check in scores.items()
            if check.candidate is not None
            and check.champion is not None
            and name.endswith("f1")
        ]
        run = "" if self.run_id is None else f" in run {self.run_id}"
        return f"gate {what}{run}: {', '.join(told) or 'no scores'}"

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as plain values, ready for JSON."""
        return {
            "candidate": self.candidate,
            "champion": self.champion,
            "passed": self.passed,
            "reasons": list(self.reasons),
            "run_id": self.run_id,
            "checks": [
                {
                    "name": check.name,
                    "champion": check.champion,
                    "candidate": check.candidate,
                    "asked": check.asked,
                    "passed": check.passed,
                }
                for check in self.checks
            ],
        }


def judge(compared: Comparison, candidate: str, settings: GateSettings) -> Verdict:
    """Judge a version by a comparison whose reference is the champion.

    That its files are whole and that it gives its golden headlines their probabilities
    was found before: no other version is ever compared.

    Args:
        compared: Of the two.
        candidate: The name of the version that wants to be champion.
        settings: The limits.
    """
    rows = {row.version: row for row in compared.rows}
    champion = compared.reference
    if champion is None or champion not in rows:
        raise ValueError("the gate needs the champion as the comparison's reference")
    checks = _checks(compared, rows[champion], rows[candidate], settings)
    return Verdict(candidate, champion, tuple(checks))


def is_too_slow(verdict: Verdict) -> bool:
    """Tell whether the check of speed does not hold."""
    return any(check.name == _SPEED and not check.passed for check in verdict.checks)


def incomparable(candidate: str, champion: str, why: str) -> Verdict:
    """Return the verdict on a version that nothing can be compared on."""
    return Verdict(candidate, champion, (Check("headlines", None, 0, why, False),))


def _checks(
    compared: Comparison, champion: Row, candidate: Row, settings: GateSettings
) -> Iterator[Check]:
    least = settings.minimum_headlines
    yield Check(
        "headlines",
        None,
        compared.headlines,
        f"at least {least:,} that neither learned from",
        compared.headlines >= least,
    )
    is_of_people = candidate.gold is not None and champion.gold is not None
    # Who learned from people departs from the rules, and is right to.
    if not (is_of_people and (candidate.from_people or champion.from_people)):
        yield from _scores(
            "", champion.scores, candidate.differences, candidate, settings
        )
    if is_of_people and champion.gold is not None:
        yield from _scores(
            "gold_", champion.gold, candidate.gold_differences, candidate, settings
        )
    yield from _costs(champion, candidate, settings)


def _scores(
    prefix: str,
    champion: Mapping[str, Interval],
    differences: Mapping[str, Difference],
    candidate: Row,
    settings: GateSettings,
) -> Iterator[Check]:
    found = candidate.gold if prefix else candidate.scores
    for name in _COMPARED:
        difference = differences.get(name)
        if difference is None or found is None:
            continue
        yield Check(
            f"{prefix}{name}",
            champion[name].value,
            found[name].value,
            _asked(difference, getattr(settings, f"{name}_loss"), settings),
            _is_no_loss(difference, getattr(settings, f"{name}_loss"), settings),
        )


def _is_no_loss(difference: Difference, limit: float, settings: GateSettings) -> bool:
    is_within = difference.value >= -limit
    return is_within or difference.p_value >= settings.significance


def _asked(difference: Difference, limit: float, settings: GateSettings) -> str:
    asked = f"at most {limit:g} less"
    if difference.value >= -limit:
        return asked
    return (
        f"{asked}, or a difference that may be chance (p {difference.p_value:.3g},"
        f" limit {settings.significance:g})"
    )


def _costs(champion: Row, candidate: Row, settings: GateSettings) -> Iterator[Check]:
    """Yield the checks of speed and memory, where they were measured."""
    speed, before = candidate.headlines_per_second, champion.headlines_per_second
    if settings.minimum_speed and speed is not None and before is not None:
        yield Check(
            _SPEED,
            before,
            speed,
            f"at least {settings.minimum_speed:g} of the champion's",
            speed >= settings.minimum_speed * before,
        )
    limit, memory = settings.maximum_megabytes, candidate.peak_megabytes
    if limit is not None:
        yield Check(
            "peak_megabytes",
            champion.peak_megabytes,
            memory,
            f"at most {limit:g}",
            memory is not None and memory <= limit,
        )
