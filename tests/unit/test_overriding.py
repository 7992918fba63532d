"""What readers are shown of a version's labels and of what people say of them."""

from __future__ import annotations

from hypothesis import given, strategies

from rocktag.db.overriding import overridden
from rocktag.types import ALIASES, NO_TOPIC

TOPICS = ("album", "perform", "play", "singer", "tour", "vocalist")
SPOKEN = (NO_TOPIC, *sorted(set(TOPICS) - ALIASES.keys()))
labels_of_a_version = strategies.one_of(
    strategies.just({NO_TOPIC}),
    strategies.sets(strategies.sampled_from(TOPICS), min_size=1),
)
decisions = strategies.dictionaries(
    strategies.sampled_from(SPOKEN), strategies.booleans()
)


def _shown(verdicts: dict[str, bool | None]) -> set[str]:
    return {label for label, verdict in verdicts.items() if verdict is not False}


@given(labels_of_a_version, decisions)
def test_readers_see_topics_or_that_there_is_none(
    labels: set[str], decided: dict[str, bool]
) -> None:
    shown = _shown(overridden(labels, decided))
    assert shown
    assert shown == {NO_TOPIC} or NO_TOPIC not in shown


@given(labels_of_a_version, decisions)
def test_what_people_decide_holds_and_the_rest_is_the_versions(
    labels: set[str], decided: dict[str, bool]
) -> None:
    shown = _shown(overridden(labels, decided)) - {NO_TOPIC}
    meant = {ALIASES.get(label, label) for label in shown}
    for topic in set(SPOKEN) - {NO_TOPIC}:
        of_version = topic in {ALIASES.get(label, label) for label in labels}
        assert (topic in meant) == decided.get(topic, of_version)


@given(labels_of_a_version)
def test_where_nobody_decides_the_labels_stand(labels: set[str]) -> None:
    assert overridden(labels, {}) == dict.fromkeys(labels)


@given(labels_of_a_version, decisions)
def test_each_label_of_the_version_has_a_place_and_people_give_the_others(
    labels: set[str], decided: dict[str, bool]
) -> None:
    verdicts = overridden(labels, decided)
    assert labels <= verdicts.keys()
    assert all(verdicts[label] is True for label in verdicts.keys() - labels)
