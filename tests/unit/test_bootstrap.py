"""Intervals and p-values: of counted decisions, drawn again with a seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import binom

from rocktag.comparing.bootstrap import Resampled, mcnemar, resample
from rocktag.comparing.counts import SCORES, count, scores_of
from rocktag.metrics import score
from rocktag.types import Targets

LABELS = ("tour", "album", "song", "n/a")
few = settings(max_examples=25, deadline=None)
DECISIONS = arrays.arrays(np.int8, (30, 4), elements=st.integers(0, 1))
SEEDS = st.integers(0, 2**32 - 1)


def matrix(rows: list[list[int]]) -> Targets:
    return np.array(rows, dtype=np.int8)


def resampled(targets: Targets, decided: Targets, seed: int = 1) -> Resampled:
    return resample(count(targets, decided), resamples=200, seed=seed)


def invented(size: int, wrong: float, seed: int) -> tuple[Targets, Targets]:
    """Return targets, and decisions of which a share is wrong."""
    generator = np.random.default_rng(seed)
    targets = (generator.random((size, 4)) < 0.3).astype(np.int8)
    flipped = generator.random((size, 4)) < wrong
    return targets, np.where(flipped, 1 - targets, targets).astype(np.int8)


@few
@given(DECISIONS, DECISIONS)
def test_the_values_are_those_of_the_metrics(
    targets: Targets, decided: Targets
) -> None:
    expected = score(targets, decided, LABELS).averages()
    found = scores_of(count(targets, decided))
    assert found == pytest.approx({name: expected[name] for name in SCORES})


@few
@given(DECISIONS, DECISIONS, SEEDS)
def test_an_interval_holds_its_value(
    targets: Targets, decided: Targets, seed: int
) -> None:
    for interval in resampled(targets, decided, seed).intervals().values():
        assert 0 <= interval.low <= interval.value <= interval.high <= 1 + 1e-12


@few
@given(DECISIONS, DECISIONS, SEEDS)
def test_a_model_does_not_differ_from_itself(
    targets: Targets, decided: Targets, seed: int
) -> None:
    one, same = (resampled(targets, decided, seed) for _ in range(2))
    for difference in one.less(same).values():
        assert (difference.value, difference.low, difference.high) == (0, 0, 0)
        assert difference.p_value == 1
    assert mcnemar(one.exact, same.exact) == 1


@few
@given(DECISIONS, DECISIONS, DECISIONS)
def test_a_difference_turned_round_has_the_other_sign(
    targets: Targets, first: Targets, second: Targets
) -> None:
    one, other = resampled(targets, first), resampled(targets, second)
    forth, back = one.less(other), other.less(one)
    for name in SCORES:
        assert forth[name].value == pytest.approx(-back[name].value)
        assert forth[name].low == pytest.approx(-back[name].high)
        assert forth[name].p_value == back[name].p_value
    assert mcnemar(one.exact, other.exact) == mcnemar(other.exact, one.exact)


def test_the_seed_settles_the_draws() -> None:
    case = invented(300, 0.1, 1)
    assert resampled(*case).intervals() == resampled(*case).intervals()
    assert resampled(*case, 2).intervals() != resampled(*case).intervals()


def test_draws_do_not_depend_on_how_many_are_made_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = invented(300, 0.1, 1)
    at_once = resampled(*case).draws["micro_f1"]
    monkeypatch.setattr("rocktag.comparing.bootstrap._CHUNK", 1_000)
    assert np.array_equal(resampled(*case).draws["micro_f1"], at_once)


def test_a_resample_has_the_scores_of_its_headlines() -> None:
    targets, decided = invented(50, 0.2, 3)
    drawn = np.random.default_rng(1).integers(0, 50, (200, 50))
    found = resampled(targets, decided).draws
    for row in range(5):
        rows = drawn[row]
        expected = score(targets[rows], decided[rows], LABELS).averages()
        for name in SCORES:
            assert found[name][row] == pytest.approx(expected[name])


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    # 0.3 of the labels, 0.1 of them wrong: precision .27 / (.27 + .07), recall .9.
    truth = 2 * 0.27 / (2 * 0.27 + 0.07 + 0.03)
    found = [
        resampled(*invented(400, 0.1, seed)).intervals()["micro_f1"]
        for seed in range(200)
    ]
    covered = sum(one.low <= truth <= one.high for one in found)
    # So few or so many come by chance once in ten thousand times.
    low, high = binom.interval(0.9999, 200, 0.95)
    assert low - 6 <= covered <= high


def test_a_better_model_is_told_from_chance_and_an_equal_one_is_not() -> None:
    targets, good = invented(500, 0.02, 1)
    _, bad = invented(500, 0.2, 1)
    bad = np.where(np.random.default_rng(5).random(targets.shape) < 0.2, 1 - bad, bad)
    clear = resampled(targets, good).less(resampled(targets, bad.astype(np.int8)))
    assert clear["micro_f1"].low > 0
    assert clear["micro_f1"].p_value < 0.05
    p_values = []
    for seed in range(60):
        first = resampled(targets, invented_again(targets, seed))
        second = resampled(targets, invented_again(targets, 1_000 + seed))
        p_values.append(first.less(second)["micro_f1"].p_value)
    assert sum(p < 0.05 for p in p_values) <= binom.ppf(0.9999, 60, 0.06)


def invented_again(targets: Targets, seed: int) -> Targets:
    """Return decisions of which a tenth is wrong."""
    flipped = np.random.default_rng(seed).random(targets.shape) < 0.1
    return np.where(flipped, 1 - targets, targets).astype(np.int8)


def test_a_label_that_a_resample_lacks_does_not_pull_the_macro_average_down() -> None:
    targets = np.zeros((100, 4), dtype=np.int8)
    targets[:50, 0], targets[0, 1], targets[50:, 3] = 1, 1, 1
    found = resampled(targets, targets.copy()).intervals()["macro_f1"]
    assert (found.low, found.value, found.high) == (0.75, 0.75, 0.75)


def test_one_headline_of_a_rare_label_may_always_be_chance() -> None:
    targets = np.zeros((600, 4), dtype=np.int8)
    targets[:300, 0], targets[300:, 3], targets[0, 1] = 1, 1, 1
    missed = targets.copy()
    missed[0, 1] = 0
    found = resampled(targets, missed)
    macro = found.less(resampled(targets, targets.copy()))["macro_f1"]
    assert macro.value == pytest.approx(-0.25)
    assert macro.high == 0
    assert macro.p_value > 0.5
    interval = found.intervals()["macro_f1"]
    assert (interval.low, interval.high) == pytest.approx((0.5, 0.75))


@few
@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_the_sign_test_of_the_headlines_that_tell(
    first: int, second: int
) -> None:
    one = np.repeat([True, False, True], [first, second, 7])
    other = np.repeat([False, True, True], [first, second, 7])
    total = first + second
    tail = binom.cdf(min(first, second), total, 0.5) if total else 1
    assert mcnemar(one, other) == pytest.approx(min(1, 2 * tail))


def test_decisions_that_are_not_scored_count_nowhere() -> None:
    targets, decided = matrix([[1, 0], [1, 1]]), matrix([[0, 0], [1, 1]])
    scored = np.array([[False, True], [True, True]])
    found = scores_of(count(targets, decided, scored=scored))
    assert (found["micro_recall"], found["subset_accuracy"]) == (1, 1)
    assert found["hamming_loss"] == 0
    assert scores_of(count(targets, decided))["hamming_loss"] == 0.25


def test_macro_averages_are_of_the_labels_chosen() -> None:
    targets, decided = matrix([[1, 0], [1, 0]]), matrix([[1, 1], [1, 0]])
    both = scores_of(count(targets, decided))
    one = scores_of(count(targets, decided, averaged=np.array([True, False])))
    assert (both["macro_f1"], one["macro_f1"]) == (0.5, 1)
    assert both["micro_f1"] == one["micro_f1"]
