"""GELU with its derivative written out is GELU as Keras composes it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rocktag.classifiers import frameworks
from rocktag.classifiers.gelu import exact_gelu


def value_and_gradient(function: Any, x: npt.NDArray[np.float32]) -> tuple[Any, Any]:
    """Return f(x) and its derivative, times x + 1 that no term of it is hidden."""
    import tensorflow as tf

    given = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(given)
        value = function(given)
    return value.numpy(), tape.gradient(value, given, given + 1).numpy()


@settings(max_examples=50, deadline=None)
@given(arrays(np.float32, (3, 2), elements=st.floats(-12, 12, width=32)))
def test_it_is_keras_exact_gelu_and_so_is_its_derivative(
    x: npt.NDArray[np.float32],
) -> None:
    frameworks.prepare()
    from keras import activations

    composed = value_and_gradient(
        lambda given: activations.gelu(given, approximate=False), x
    )
    for ours, theirs in zip(value_and_gradient(exact_gelu, x), composed, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-5, abs=1e-5)
