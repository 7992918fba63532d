"""What follows from the history of aliases, whatever it is."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from rocktag.db.aliases import Aliases, AliasEvent, following

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def events(*told: tuple[str, str, str]) -> list[AliasEvent]:
    """Return events of (alias, action, version), the oldest first."""
    return [
        AliasEvent(
            event_id=number,
            alias=alias,
            action=action,
            version=version,
            changed_at=NOW,
            changed_by="ada",
            reason="a test",
        )
        for number, (alias, action, version) in enumerate(told, start=1)
    ]


def champions(*versions: str) -> list[tuple[str, str, str]]:
    return [("champion", "promote", version) for version in versions]


def rolled_back(told: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Return the history with one more rollback."""
    before = following(events(*told)).champion_before()
    assert before is not None
    return [*told, ("champion", "rollback", before)]


def test_without_events_there_is_nothing() -> None:
    nothing = frozenset[str]()
    assert following([]) == Aliases(None, None, nothing, (), nothing, ())


def test_rollbacks_walk_back_and_not_to_and_fro() -> None:
    told = champions("a", "b", "c")
    seen = []
    for _ in range(2):
        told = rolled_back(told)
        seen.append(following(events(*told)).champion)
    assert seen == ["b", "a"]
    assert following(events(*told)).champion_before() is None


def test_a_promotion_after_a_rollback_is_rolled_back_to_where_that_was() -> None:
    told = [*rolled_back(champions("a", "b", "c")), *champions("d")]
    assert following(events(*told)).champion_before() == "b"


def test_a_rollback_passes_over_what_is_archived() -> None:
    told = [*champions("a", "b", "c"), ("archived", "archive", "b")]
    assert following(events(*told)).champion_before() == "a"
    told = rolled_back(told)
    assert following(events(*told)).stack == ("a",)
    told.append(("archived", "restore", "b"))
    assert following(events(*told)).archived == frozenset()


def test_a_challenger_is_one_until_another_is_or_it_ends() -> None:
    told = [("challenger", "promote", "x"), ("challenger", "promote", "y")]
    assert following(events(*told)).challenger == "y"
    withdrawn = [*told, ("challenger", "withdraw", "y")]
    assert following(events(*withdrawn)).challenger is None
    promoted = following(events(*told, *champions("y")))
    assert (promoted.champion, promoted.challenger) == ("y", None)
    assert promoted.used == {"x", "y"}


@given(st.lists(st.sampled_from(["a", "b", "c", "back"]), max_size=12))
def test_the_champion_is_the_newest_event_s_version(wanted: list[str]) -> None:
    told: list[tuple[str, str, str]] = []
    for one in wanted:
        now = following(events(*told))
        if one == "back" and now.champion_before() is not None:
            told = rolled_back(told)
        elif one not in ("back", now.champion):
            told += champions(one)
    now = following(events(*told))
    assert now.champion == (told[-1][2] if told else None)
    assert now.champions[:1] == tuple(version for *_, version in told[-1:])
    assert len(now.champions) == len(set(now.champions))
