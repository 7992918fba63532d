"""Drift: no alarm where nothing moved, an alarm where it did, rare labels included."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rocktag.drift import (
    frozen_edges,
    histogram,
    population_stability_index,
    two_proportion_p_value,
)

PROBABILITIES = arrays(
    np.float32, st.integers(1, 200), elements=st.floats(0, 1, width=32)
)
COUNTS = st.lists(st.integers(0, 10_000), min_size=2, max_size=10)


@given(PROBABILITIES)
def test_every_probability_falls_into_one_bin(probabilities: np.ndarray) -> None:
    edges = frozen_edges(probabilities)
    counted = histogram(probabilities, edges)
    assert len(edges) <= 9
    assert list(edges) == sorted(edges)
    assert len(counted) == len(edges) + 1
    assert sum(counted) == len(probabilities)


@given(st.integers(0, 5), st.integers(20, 400))
def test_bins_of_many_values_are_about_equal(seed: int, count: int) -> None:
    values = np.random.default_rng(seed).random(count * 10).astype(np.float32)
    counted = histogram(values, frozen_edges(values))
    assert len(counted) == 10
    assert max(counted) - min(counted) <= 2


@given(COUNTS, st.integers(1, 50))
def test_the_same_shape_has_hardly_any_index(counts: list[int], times: int) -> None:
    repeated = [count * times for count in counts]
    assert population_stability_index(counts, counts) == pytest.approx(0)
    if min(counts) > 1_000:
        assert population_stability_index(counts, repeated) < 0.001


@given(COUNTS, st.data())
def test_the_index_is_symmetric_and_not_negative(
    counts: list[int], data: st.DataObject
) -> None:
    size = len(counts)
    other = data.draw(st.lists(st.integers(0, 10_000), min_size=size, max_size=size))
    forth = population_stability_index(counts, other)
    assert forth >= 0
    assert forth == pytest.approx(population_stability_index(other, counts))


def test_the_index_is_the_formula() -> None:
    # Half a headline is added to each bin, so 899.5 is 900 of 1,000.
    by_hand = (0.5 - 0.9) * math.log(0.5 / 0.9) + (0.5 - 0.1) * math.log(0.5 / 0.1)
    found = population_stability_index([8_999, 999], [4_999, 4_999])
    assert found == pytest.approx(by_hand, rel=0.001)


@given(st.integers(1, 5_000), st.integers(1, 5_000), st.floats(0, 1))
def test_a_p_value_is_a_probability(
    assigned: int, more: int, expected_rate: float
) -> None:
    found = two_proportion_p_value(assigned, assigned + more, expected_rate, 6_000)
    assert 0 <= found <= 1


def test_the_p_value_is_scipys_chi_square() -> None:
    from scipy.stats import chi2_contingency

    table = [[30, 970], [90, 5_910]]
    expected = chi2_contingency(table, correction=True).pvalue
    assert two_proportion_p_value(30, 1_000, 90 / 6_000, 6_000) == pytest.approx(
        expected, rel=1e-6
    )


def test_a_rare_label_that_multiplies_is_seen_by_the_test_not_by_the_index() -> None:
    expected, observed = [5_400, 594, 6], [900, 90, 10]
    assert population_stability_index(expected, observed) < 0.1
    assert two_proportion_p_value(10, 1_000, 6 / 6_000, 6_000) < 0.001
