"""McNemar's test in plain arithmetic is SciPy's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from rocktag.paired import mcnemar_p_value


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 500), st.integers(0, 500))
def test_the_exact_test_is_the_binomial_one(first: int, second: int) -> None:
    found = mcnemar_p_value(first, second)
    if first + second:
        expected = binomtest(first, first + second).pvalue
        assert found == pytest.approx(expected, rel=1e-9)
    else:
        assert found == 1.0
    assert found == mcnemar_p_value(second, first)


@pytest.mark.parametrize(("first", "second"), [(520, 500), (700, 600), (3_000, 2_800)])
def test_the_normal_curve_is_near_the_exact_test(first: int, second: int) -> None:
    expected = binomtest(first, first + second).pvalue
    assert mcnemar_p_value(first, second) == pytest.approx(expected, rel=0.05)
