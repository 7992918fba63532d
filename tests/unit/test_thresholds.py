"""The thresholds that decide which labels are served, and how they are tuned."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import f1_score

from rocktag.errors import UsageError
from rocktag.thresholds import (
    GRID,
    TunedThresholds,
    apply_thresholds,
    decide,
    middle_of_best,
    sweep,
    tune,
)
from rocktag.types import NO_TOPIC, Probabilities, Targets, Thresholds

LABELS = ("album", NO_TOPIC, "tour", "video")
UNIT = st.floats(0, 1, width=32) | st.sampled_from(GRID.tolist())
PROBABILITIES = arrays(np.float32, (20, 4), elements=UNIT)
THRESHOLDS = arrays(np.float32, 4, elements=UNIT)
TOPICS = arrays(np.int8, (20, 4), elements=st.integers(0, 1))

Floats: TypeAlias = npt.NDArray[np.floating]


def bits(rows: list[list[int]]) -> Targets:
    return np.array(rows, dtype=np.int8)


def decimals(rows: list[list[float]]) -> Probabilities:
    return np.array(rows, dtype=np.float32)


def with_no_topic(topics: Targets) -> Targets:
    return decide(topics.astype(np.float32), 0.5, LABELS)


def grid_f1(
    targets: Targets, probabilities: Probabilities, average: str | None
) -> Floats:
    scores = [
        f1_score(
            targets,
            decide(probabilities, threshold, LABELS),
            average=average,
            zero_division=0,
        )
        for threshold in GRID.tolist()
    ]
    return np.array(scores)


def test_the_grid_holds_each_hundredth_exactly_as_a_probability_does() -> None:
    assert len(GRID) == 99
    probabilities = GRID[:, None]
    for index, number in enumerate(range(1, 100)):
        given_labels = apply_thresholds(probabilities, number / 100)
        assert given_labels.sum() == 99 - index


@given(PROBABILITIES, THRESHOLDS, st.floats(0, 1, width=32))
def test_raising_a_threshold_never_adds_its_topic(
    probabilities: Probabilities, thresholds: Thresholds, rise: float
) -> None:
    stricter = np.minimum(thresholds + np.float32(rise), np.float32(1))
    topics = [column for column, label in enumerate(LABELS) if label != NO_TOPIC]
    more = decide(probabilities, thresholds, LABELS)[:, topics]
    fewer = decide(probabilities, stricter, LABELS)[:, topics]
    assert (fewer <= more).all()
    assert (
        apply_thresholds(probabilities, stricter)
        <= apply_thresholds(probabilities, thresholds)
    ).all()


@given(PROBABILITIES, THRESHOLDS)
def test_no_topic_is_given_exactly_where_no_topic_passes(
    probabilities: Probabilities, thresholds: Thresholds
) -> None:
    decided = decide(probabilities, thresholds, LABELS)
    topics = np.delete(decided, LABELS.index(NO_TOPIC), axis=1)
    assert (decided[:, LABELS.index(NO_TOPIC)] == (topics.sum(axis=1) == 0)).all()
    assert (decided.sum(axis=1) >= 1).all()
    assert decided.dtype == np.int8


def test_without_the_label_for_no_topic_a_headline_can_have_no_label() -> None:
    assert decide(decimals([[0.1, 0.2]]), 0.5, ["tour", "album"]).sum() == 0


def test_deciding_leaves_the_probabilities_as_they_were() -> None:
    probabilities = decimals([[0.1, 0.9, 0.2, 0.3]])
    decide(probabilities, 0.5, LABELS)
    assert probabilities.tolist() == decimals([[0.1, 0.9, 0.2, 0.3]]).tolist()


@settings(max_examples=10, deadline=None)
@given(TOPICS, PROBABILITIES)
def test_the_sweep_is_scikit_learns_f1_at_every_threshold(
    topics: Targets, probabilities: Probabilities
) -> None:
    targets = with_no_topic(topics)
    swept = sweep(targets, probabilities, LABELS)
    np.testing.assert_allclose(swept.micro_f1, grid_f1(targets, probabilities, "micro"))
    np.testing.assert_allclose(swept.macro_f1, grid_f1(targets, probabilities, "macro"))


def test_the_sweep_covers_labels_without_one_for_no_topic() -> None:
    targets = bits([[1, 0], [0, 1]])
    swept = sweep(targets, decimals([[0.6, 0.2], [0.3, 0.8]]), ["tour", "album"])
    assert swept.micro_f1[39] == swept.macro_f1[39] == 1
    assert swept.micro_f1[98] == 0


@settings(max_examples=15, deadline=None)
@given(TOPICS, PROBABILITIES, st.integers(0, 8))
def test_tuned_thresholds_are_as_good_on_validation_as_any_on_the_grid(
    topics: Targets, probabilities: Probabilities, minimum_positives: int
) -> None:
    targets = with_no_topic(topics)
    tuned = tune(targets, probabilities, LABELS, minimum_positives=minimum_positives)
    swept = sweep(targets, probabilities, LABELS)
    index = {round(float(threshold), 2): i for i, threshold in enumerate(GRID)}
    assert swept.micro_f1[index[tuned.micro]] >= swept.micro_f1.max() - 1e-12
    assert swept.macro_f1[index[tuned.macro]] >= swept.macro_f1.max() - 1e-12
    by_label = grid_f1(targets, probabilities, None)
    for column, label in enumerate(LABELS):
        if label in tuned.fallback or label == NO_TOPIC:
            assert tuned.per_label[column] == tuned.micro
        else:
            f1 = by_label[:, column]
            assert f1[index[tuned.per_label[column]]] >= f1.max() - 1e-12


def test_labels_with_too_few_positives_fall_back_to_the_micro_threshold() -> None:
    targets = with_no_topic(bits([[1, 0, 1, 0]] * 6 + [[0, 0, 1, 0]] * 6))
    probabilities = np.where(targets == 1, 0.8, 0.2).astype(np.float32)
    probabilities[:, 2] = 0.3
    tuned = tune(targets, probabilities, LABELS, minimum_positives=7)
    assert tuned.fallback == ("album", "video")
    assert tuned.per_label == (tuned.micro, tuned.micro, 0.15, tuned.micro)
    assert tuned.headlines == 12


def test_of_equally_good_thresholds_the_middle_one_is_taken() -> None:
    targets = bits([[1, 0, 0, 0], [0, 1, 0, 0]])
    probabilities = decimals([[0.6, 0, 0.2, 0.2], [0.2, 0, 0.2, 0.2]])
    tuned = tune(targets, probabilities, LABELS, minimum_positives=1)
    assert tuned.micro == tuned.macro == 0.4  # best from 0.21 to 0.60


def test_the_longest_run_of_the_best_score_wins() -> None:
    scores = np.zeros(99)
    scores[[4, 50, 51, 52, 80, 81]] = 1
    assert middle_of_best(scores) == 0.52


TUNED = TunedThresholds(
    micro=0.3, macro=0.2, per_label=(0.3, 0.7), fallback=("tour",), headlines=9
)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("micro", [0.3, 0.3]),
        ("macro", [0.2, 0.2]),
        ("per-label", [0.3, 0.7]),
        (0.4, [0.4, 0.4]),
        ("0.4", [0.4, 0.4]),
        (0, [0, 0]),
        (1, [1, 1]),
    ],
)
def test_each_policy_gives_a_threshold_per_label(
    policy: str | float, expected: list[float]
) -> None:
    thresholds = TUNED.under(policy)
    assert thresholds.dtype == np.float32
    assert thresholds.tolist() == np.array(expected, dtype=np.float32).tolist()


@pytest.mark.parametrize("policy", ["best", "", "nan", "inf", 1.01, -0.1])
def test_an_unknown_policy_is_refused_with_the_known_ones(policy: str | float) -> None:
    with pytest.raises(UsageError, match="'micro', 'macro', 'per-label' or a number"):
        TUNED.under(policy)
