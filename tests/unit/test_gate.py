"""What the gate lets pass and what it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rocktag.comparing import Comparison, Difference, Interval, Row
from rocktag.config import GateSettings
from rocktag.lifecycle import judge
from rocktag.lifecycle.gate import incomparable

GATE = GateSettings()
SURE, UNSURE = 0.001, 0.6


def row(version: str, f1: float, **more: object) -> Row:
    score = Interval(f1, f1 - 0.01, f1 + 0.01)
    plain = Row(
        version=version,
        classifier="decision-tree",
        text_view="raw",
        scores={"micro_f1": score, "macro_f1": score},
        masked=None,
        gold=None,
        differences={},
        gold_differences={},
        mcnemar_p_value=None,
        training_seconds=1.0,
        artifact_bytes=1_000,
        headlines_per_second=1_000.0,
        peak_megabytes=100.0,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def compared(
    candidate: Row, *, headlines: int = 500, gold: float | None = None
) -> Comparison:
    champion = row("tree/1", 0.9)
    if gold is not None:
        champion = replace(champion, gold=row("", gold).scores)
    return Comparison(
        rows=(champion, candidate),
        reference="tree/1",
        policy="micro",
        labels=("album", "n/a"),
        headlines=headlines,
        corpus={},
        gold=None,
        per_label={},
    )


def candidate(loss: float, p_value: float = SURE, **more: object) -> Row:
    lost = Difference(-loss, -loss - 0.01, -loss + 0.01, p_value)
    differences = {"micro_f1": lost, "macro_f1": lost}
    return row("tree/2", 0.9 - loss, differences=differences, **more)


def failing(found: Comparison, settings: GateSettings = GATE) -> list[str]:
    verdict = judge(found, "tree/2", settings)
    names = [check.name for check in verdict.checks if not check.passed]
    assert verdict.passed is not bool(names)
    assert len(verdict.reasons) == len(names)
    return names


def test_an_equal_and_a_better_version_pass() -> None:
    assert failing(compared(candidate(0.0))) == []
    assert failing(compared(candidate(-0.05))) == []


def test_a_loss_within_the_limit_passes_however_sure_it_is() -> None:
    assert failing(compared(candidate(0.0019))) == []


def test_a_greater_loss_is_refused_unless_it_may_be_chance() -> None:
    assert failing(compared(candidate(0.05))) == ["micro_f1", "macro_f1"]
    assert failing(compared(candidate(0.05, UNSURE))) == []
    assert failing(compared(candidate(0.005))) == ["micro_f1"]


def test_too_few_headlines_compare_nothing() -> None:
    assert failing(compared(candidate(0.0), headlines=199)) == ["headlines"]
    assert failing(compared(candidate(0.0), headlines=200)) == []
    assert not incomparable("tree/2", "tree/1", "no headline is fair").passed


def test_a_loss_against_human_labels_is_refused() -> None:
    worse = candidate(0.05).differences
    found = candidate(0.0, gold=row("", 0.6).scores, gold_differences=worse)
    assert failing(compared(found, gold=0.7)) == ["gold_micro_f1", "gold_macro_f1"]
    assert failing(compared(replace(found, gold_differences={}), gold=0.7)) == []


def test_who_learned_from_people_is_judged_by_people_where_there_are_any() -> None:
    better = candidate(-0.1).differences
    departs = candidate(0.05, from_people=True)
    agrees = replace(departs, gold=row("", 0.8).scores, gold_differences=better)
    assert failing(compared(agrees, gold=0.7)) == []
    assert failing(compared(replace(agrees, from_people=False), gold=0.7)) == [
        "micro_f1",
        "macro_f1",
    ]
    assert failing(compared(departs)) == ["micro_f1", "macro_f1"]  # nobody to ask


def test_half_the_speed_is_enough_and_less_is_not() -> None:
    assert failing(compared(candidate(0.0, headlines_per_second=500.0))) == []
    slow = compared(candidate(0.0, headlines_per_second=499.0))
    assert failing(slow) == ["headlines_per_second"]
    assert failing(slow, GateSettings(minimum_speed=0)) == []
    assert failing(compared(candidate(0.0, headlines_per_second=None))) == []


def test_memory_is_limited_only_where_that_is_asked() -> None:
    large = compared(candidate(0.0, peak_megabytes=3_000.0))
    assert failing(large) == []
    limited = GateSettings(maximum_megabytes=2_000)
    assert failing(large, limited) == ["peak_megabytes"]
    unknown = compared(candidate(0.0, peak_megabytes=None))
    assert failing(unknown, limited) == ["peak_megabytes"]


def test_what_is_kept_and_told_is_what_was_judged() -> None:
    verdict = replace(judge(compared(candidate(0.05)), "tree/2", GATE), run_id=7)
    metrics = verdict.metrics()
    assert metrics["gate_passed"] == 0
    assert metrics["champion_micro_f1"] == pytest.approx(0.9)
    assert metrics["candidate_micro_f1"] == pytest.approx(0.85)
    assert all(len(name) <= 64 for name in metrics)
    assert verdict.summary().startswith(
        "gate refused in run 7: micro_f1 0.8500 against"
    )
    assert verdict.as_dict()["reasons"] == list(verdict.reasons)


def test_the_gate_needs_the_champion_to_compare_with() -> None:
    with pytest.raises(ValueError, match="needs the champion"):
        judge(replace(compared(candidate(0.0)), reference=None), "tree/2", GATE)
