"""Which label sets an output layer can give, and how the others are told."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pytest
import scipy.optimize
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rocktag.argmaxability import (
    TOLERANCE,
    Argmaxability,
    UnargmaxableSet,
    Weights,
    check_argmaxability,
    remark,
)
from rocktag.errors import TrainingError
from rocktag.thresholds import decide
from rocktag.types import NO_TOPIC, Targets

SEEDS = st.integers(0, 2**32 - 1)
laws = settings(max_examples=25, deadline=None)


def floats(
    values: Sequence[Sequence[float]] | Sequence[float],
) -> npt.NDArray[np.float32]:
    return np.array(values, dtype=np.float32)


def drawn(seed: int, features: int, labels: int) -> tuple[Weights, Weights]:
    random = np.random.default_rng(seed)
    return random.normal(size=(features, labels)), random.normal(size=labels)


def every_set(labels: int) -> Targets:
    return np.array(list(product((0, 1), repeat=labels)), dtype=np.int8)


def names(labels: int) -> list[str]:
    return [f"topic {number}" for number in range(labels)]


def check(weights: Weights, bias: Weights, **box: Weights | float) -> Argmaxability:
    """Check all the label sets there can be."""
    labels = len(bias)
    return check_argmaxability(weights, bias, every_set(labels), names(labels), **box)


def lost(report: Argmaxability) -> set[tuple[str, ...]]:
    return {each.labels for each in report.unargmaxable}


def given_somewhere(
    weights: Weights, bias: Weights, features: Weights
) -> set[tuple[str, ...]]:
    rows = np.unique(features @ weights + bias >= 0, axis=0)
    topics = names(len(bias))
    return {tuple(topics[column] for column in np.flatnonzero(row)) for row in rows}


@laws
@given(SEEDS, st.integers(1, 5), st.integers(0, 3))
def test_independent_labels_in_a_wide_box_can_be_given_in_every_combination(
    seed: int, labels: int, more: int
) -> None:
    weights, bias = drawn(seed, labels + more, labels)
    assume(np.linalg.svd(weights, compute_uv=False)[-1] > 0.1)
    report = check(weights, bias, low=-1e3, high=1e3)
    assert report.argmaxable == report.label_sets == 2**labels
    assert report.unargmaxable == ()


@laws
@given(
    st.lists(st.integers(-20, 20), min_size=1, max_size=6, unique=True),
    st.lists(st.sampled_from([-2.0, -0.5, 0.5, 2.0]), min_size=6, max_size=6),
)
def test_on_a_line_the_argmaxable_sets_are_those_between_the_boundaries(
    boundaries: list[int], slopes: list[float]
) -> None:
    steep = np.array(slopes[: len(boundaries)])
    weights, bias = steep[None, :], -steep * np.array(boundaries)
    between = (np.arange(-21, 21) + 0.5)[:, None]
    report = check(weights, bias)
    assert report.argmaxable == len(boundaries) + 1
    assert not lost(report) & given_somewhere(weights, bias, between)
    gaps = np.diff(np.sort(np.array([-100, *boundaries, 100])))
    widest_inside = gaps[1:-1] / 2
    margins = [gaps[0], gaps[-1], *widest_inside]
    assert report.smallest_margin == pytest.approx(min(margins))


@laws
@given(SEEDS, st.integers(1, 5), st.sampled_from([0.0, -1.0]), st.floats(0.5, 10))
def test_no_set_that_some_features_in_the_box_give_is_called_unargmaxable(
    seed: int, labels: int, low: float, high: float
) -> None:
    weights, bias = drawn(seed, 2, labels)
    features = np.random.default_rng(seed).uniform(low, high, (20_000, 2))
    scale = np.linalg.norm(weights, axis=0)
    clear = (np.abs(features @ weights + bias) > 10 * TOLERANCE * scale).all(axis=1)
    found = given_somewhere(weights, bias, features[clear])
    assert not lost(check(weights, bias, low=low, high=high)) & found


@laws
@given(SEEDS, st.integers(1, 6))
def test_lines_in_general_position_give_as_many_sets_as_they_cut_regions(
    seed: int, labels: int
) -> None:
    random = np.random.default_rng(seed)
    # Tangents of a circle at different angles: no two parallel, no three concurrent.
    angles = (np.arange(labels) + random.uniform(0.2, 0.8, labels)) * np.pi / labels
    weights = np.array([np.cos(angles), np.sin(angles)])
    report = check(weights, np.full(labels, -1.0), low=-1e4, high=1e4)
    assert report.argmaxable == 1 + labels + labels * (labels - 1) // 2


@laws
@given(SEEDS, st.integers(2, 4), st.integers(2, 6))
def test_a_wider_box_never_loses_a_set_nor_a_higher_dimension(
    seed: int, features: int, labels: int
) -> None:
    weights, bias = drawn(seed, features, labels)
    narrow = lost(check(weights, bias, low=0, high=1))
    assert lost(check(weights, bias, low=-1, high=2)) <= narrow
    more = np.vstack([weights, drawn(seed + 1, 1, labels)[0]])
    assert lost(check(more, bias, low=0, high=1)) <= narrow


@laws
@given(SEEDS, st.integers(2, 4), st.integers(2, 5))
def test_neither_the_order_of_headlines_nor_the_weights_scale_changes_the_report(
    seed: int, features: int, labels: int
) -> None:
    weights, bias = drawn(seed, features, labels)
    report = check(weights, bias, low=0, high=3)
    rows = np.random.default_rng(seed).permutation(every_set(labels))
    scale = np.geomspace(1e-3, 1e3, labels)
    scaled = check_argmaxability(
        weights * scale, bias * scale, rows, names(labels), low=0, high=3
    )
    assert scaled.unargmaxable == report.unargmaxable
    assert scaled.smallest_margin == pytest.approx(report.smallest_margin, rel=1e-6)


@laws
@given(SEEDS, st.integers(2, 4), st.integers(2, 5))
def test_the_smallest_margin_is_that_of_checking_each_set_alone(
    seed: int, features: int, labels: int
) -> None:
    weights, bias = drawn(seed, features, labels)
    alone = [
        check_argmaxability(weights, bias, row[None], names(labels), low=-2, high=2)
        for row in every_set(labels)
    ]
    report = check(weights, bias, low=-2, high=2)
    margins = [each.smallest_margin for each in alone if each.smallest_margin]
    assert report.smallest_margin == pytest.approx(min(margins))
    assert report.argmaxable == len(margins)


def test_a_set_that_no_features_give_is_reported_with_its_headlines() -> None:
    weights, bias = floats([[1, 1, 0], [0, 0, 1]]), floats([0, -1, 0])
    live, tour, video = [1, 0, 0], [0, 1, 0], [0, 1, 1]  # no tour without live
    targets = np.array([live, tour, video, tour, [1, 1, 1]], dtype=np.int8)
    report = check_argmaxability(weights, bias, targets, ["live", "tour", "video"])
    assert report.unargmaxable == (
        UnargmaxableSet(("tour",), 2),
        UnargmaxableSet(("tour", "video"), 1),
    )
    assert (report.label_sets, report.argmaxable) == (4, 2)


@laws
@given(SEEDS)
def test_no_topic_is_derived_so_its_own_weights_change_nothing(seed: int) -> None:
    weights, bias = drawn(seed, 2, 4)
    labels = ["album", NO_TOPIC, "live", "tour"]
    topics = [0, 2, 3]
    rows = decide(np.insert(every_set(3), 1, 0, axis=1).astype(np.float32), 0.5, labels)
    report = check_argmaxability(weights, bias, rows, labels, low=0)
    without = check_argmaxability(
        weights[:, topics], bias[topics], rows[:, topics], names(3), low=0
    )
    assert report.argmaxable == without.argmaxable < report.label_sets == 8
    assert report.smallest_margin == without.smallest_margin
    assert all(len(each) == 1 for each in lost(report) if NO_TOPIC in each)


def test_where_a_topic_always_passes_the_headlines_without_one_are_lost() -> None:
    targets = np.array([[0, 1], [0, 1], [1, 0]], dtype=np.int8)
    report = check_argmaxability(
        floats([[1, 0]]), floats([9, 0]), targets, ["live", NO_TOPIC], low=0
    )
    assert report.unargmaxable == (UnargmaxableSet((NO_TOPIC,), 2),)


@laws
@given(SEEDS, st.sampled_from([0.1, 0.3, 0.5, 0.9]))
def test_what_is_decided_under_the_thresholds_is_argmaxable_under_them(
    seed: int, threshold: float
) -> None:
    weights, bias = drawn(seed, 2, 4)
    labels = ["album", "live", NO_TOPIC, "tour"]
    limits = floats([threshold, 0.5, 0.5, 0.8])
    features = np.random.default_rng(seed).uniform(-1, 1, (200, 2))
    logits = features @ weights + bias
    edge = np.log(limits / (1 - limits))
    clear = (np.abs(logits - edge) > 1e-3).all(axis=1)
    probabilities = (1 / (1 + np.exp(-logits[clear]))).astype(np.float32)
    report = check_argmaxability(
        weights,
        bias,
        decide(probabilities, limits, labels),
        labels,
        thresholds=limits,
        low=-1,
        high=1,
    )
    assert report.unargmaxable == ()


@pytest.mark.parametrize(("threshold", "only"), [(0.0, ("a",)), (1.0, ())])
def test_a_threshold_at_the_end_decides_alone(
    threshold: float, only: tuple[str, ...]
) -> None:
    report = check_argmaxability(
        floats([[1]]), floats([0]), every_set(1), ["a"], thresholds=threshold
    )
    assert lost(report) == {(), ("a",)} - {only}
    assert report.smallest_margin is None


@pytest.mark.parametrize("bias", [-3.0, 3.0])
def test_a_label_without_weights_is_decided_by_its_bias(bias: float) -> None:
    report = check(floats([[1, 0]]), floats([0, bias]))
    assert all(("topic 1" in each) == (bias < 0) for each in lost(report))
    assert report.argmaxable == 2


def test_without_headlines_there_is_nothing_to_report() -> None:
    empty = np.zeros((0, 2), dtype=np.int8)
    report = check_argmaxability(np.eye(2), np.zeros(2), empty, names(2))
    assert report == Argmaxability(0, (), None)


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(broken: float) -> None:
    weights = np.array([[1.0, broken]])
    with pytest.raises(TrainingError, match="layer's weights is finite"):
        check(weights, np.zeros(2))
    with pytest.raises(TrainingError, match="layer's high is finite"):
        check(np.ones((1, 2)), np.zeros(2), high=broken)


def test_a_range_without_features_is_refused() -> None:
    with pytest.raises(TrainingError, match="low over its high"):
        check(np.ones((1, 2)), np.zeros(2), low=1, high=0)


def test_a_solver_that_gives_up_is_not_taken_for_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gives_up = SimpleNamespace(status=4, message="numerical difficulties")
    monkeypatch.setattr(scipy.optimize, "linprog", lambda *_, **__: gives_up)
    with pytest.raises(TrainingError, match=r"undecided.*numerical difficulties"):
        check(np.ones((1, 2)), np.zeros(2))


def test_the_remark_lists_five_sets_and_counts_the_rest() -> None:
    sets = tuple(UnargmaxableSet((name,), 1) for name in names(7))
    sentence = remark(Argmaxability(1200, sets, 0.25))
    assert sentence.startswith(
        "Not argmaxable are 7 of the 1,200 label sets seen in training: topic 0 ("
    )
    assert "topic 4 (headlines: 1), and 2 more." in sentence
    assert "topic 5" not in sentence
