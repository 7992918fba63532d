"""What calls for a training, and what does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rocktag.config import RetrainSettings
from rocktag.retraining import Situation, called_for

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
QUIET = Situation(
    champion="tree/1",
    trained_at=NOW - timedelta(days=10),
    new_headlines=4_999,
    has_drift=False,
    last_training=None,
    is_under_way=False,
)
SETTINGS = RetrainSettings()


def why(settings: RetrainSettings = SETTINGS, **change: object) -> str | None:
    situation = replace(QUIET, **change)  # type: ignore[arg-type]
    return called_for(situation, settings, NOW)


def test_each_cause_calls_for_a_training_and_nothing_else_does() -> None:
    assert why() is None
    assert (
        why(new_headlines=5_000) == "5,000 new headlines since the training of tree/1"
    )
    assert why(has_drift=True) == "the tags of tree/1 drift"
    weekly = RetrainSettings(every_days=7)
    assert why(weekly) == "10.0 days since the training of tree/1"
    assert why(weekly, trained_at=NOW - timedelta(days=6)) is None


def test_causes_can_be_turned_off() -> None:
    off = RetrainSettings(new_headlines=0, on_drift=False)
    assert why(off, new_headlines=10**6, has_drift=True) is None


def test_after_a_training_it_rests_whatever_calls() -> None:
    for hours, expected in ((19, False), (21, True)):
        last = NOW - timedelta(hours=hours)
        found = why(has_drift=True, last_training=last)
        assert (found is not None) is expected


def test_while_another_worker_trains_nothing_calls() -> None:
    assert why(has_drift=True, is_under_way=True) is None


def test_without_a_champion_the_headlines_call_for_the_first_one() -> None:
    found = why(champion=None, trained_at=None, new_headlines=5_000)
    assert found == "5,000 headlines, and no champion yet"
    daily = RetrainSettings(every_days=1)
    assert why(daily, champion=None, trained_at=None) is None
