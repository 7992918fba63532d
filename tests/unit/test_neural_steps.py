"""The learning rate of each step, and gradients of several batches for one update."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rocktag.classifiers import frameworks
from rocktag.classifiers.neural_steps import optimizer_of
from rocktag.classifiers.neural_types import Schedule

SCHEDULE = Schedule(
    maximum_length=8,
    pad_always=False,
    batch_size=16,
    epochs=4,
    patience=4,
    learning_rate=0.01,
    learning_rate_decay="linear",
    weight_decay=0.0,
    negative_focus=0.0,
    warm_up=0.25,
)


def rates(schedule: Schedule, steps: int) -> list[float]:
    """Return the learning rate of every step of all epochs, and of one after."""
    frameworks.prepare()
    optimizer = optimizer_of(schedule, steps)
    found = []
    for step in range(schedule.epochs * steps + 1):
        optimizer.iterations.assign(step)
        found.append(float(optimizer.learning_rate))
    return found


def test_the_rate_rises_to_its_peak_and_falls_to_nothing_in_a_line() -> None:
    found = rates(SCHEDULE, 5)  # 5 of 20 steps rise
    rising = [0.01 * step / 5 for step in (1, 2, 3, 4, 5)]
    falling = [0.01 * (1 - step / 15) for step in range(16)]
    assert found == pytest.approx([*rising, *falling], abs=1e-8)


def test_a_cosine_is_half_way_down_in_the_middle() -> None:
    found = rates(replace(SCHEDULE, learning_rate_decay="cosine", warm_up=0.0), 5)
    assert found[0] == pytest.approx(0.01)
    assert found[10] == pytest.approx(0.005)
    assert found[20] == pytest.approx(0, abs=1e-8)


def test_without_decay_the_rate_stays_at_its_peak_after_the_warm_up() -> None:
    constant = replace(SCHEDULE, learning_rate_decay="none")
    assert rates(constant, 5)[4:] == pytest.approx([0.01] * 17)
    assert rates(replace(constant, warm_up=0.0), 5) == pytest.approx([0.01] * 21)


@settings(max_examples=10, deadline=None)
@given(
    st.sampled_from(["linear", "cosine", "none"]),
    st.floats(0, 0.99),
    st.integers(1, 8),
    st.integers(1, 3),
)
def test_a_rate_is_never_over_its_peak_and_rises_before_it_falls(
    decay: Any, warm_up: float, steps: int, epochs: int
) -> None:
    schedule = replace(
        SCHEDULE, learning_rate_decay=decay, warm_up=warm_up, epochs=epochs
    )
    found = rates(schedule, steps)
    assert max(found[:-1]) == pytest.approx(0.01)
    assert min(found[:-1]) > 0
    top = int(np.argmax(np.round(found, 9)))
    assert (np.diff(found[: top + 1]) >= -1e-9).all()
    assert (np.diff(found[top:]) <= 1e-9).all()


def test_gradients_of_several_batches_are_averaged_for_one_update() -> None:
    frameworks.start_over(1)
    from keras import Variable, ops

    plain = replace(
        SCHEDULE, learning_rate_decay="none", warm_up=0.0, gradient_clip=0.0
    )
    weights = Variable([1.0, 1.0], dtype="float32")
    optimizer = optimizer_of(replace(plain, accumulated_batches=2), 4)
    optimizer.build([weights])
    optimizer.apply([ops.array([1.0, 0.0])], [weights])
    assert np.asarray(weights).tolist() == [1.0, 1.0]
    optimizer.apply([ops.array([0.0, 0.0])], [weights])
    assert np.asarray(weights).tolist() == pytest.approx([0.99, 1.0], abs=1e-5)


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.floats(-10, 10), min_size=6, max_size=6),
    st.floats(1e-5, 0.1),
    st.floats(0, 0.1),
    st.sampled_from([0.0, 1.0]),
)
def test_an_update_is_that_of_keras_own_adamw(
    numbers: list[float], rate: float, decay: float, clip: float
) -> None:
    frameworks.start_over(1)
    from keras import Variable, ops, optimizers

    schedule = replace(
        SCHEDULE,
        learning_rate=rate,
        learning_rate_decay="none",
        warm_up=0.0,
        weight_decay=decay,
        gradient_clip=clip,
    )
    clipped = clip or None
    ended = []
    for optimizer in (
        optimizers.AdamW(rate, weight_decay=decay, global_clipnorm=clipped),
        optimizer_of(schedule, 4),
    ):
        weights = [Variable([1.0, -2.0], dtype="float32"), Variable(3.0)]
        optimizer.build(weights)
        for start in (0, 3):
            *pair, alone = numbers[start : start + 3]
            optimizer.apply([ops.array(pair), ops.array(alone)], weights)
        ended.append(np.concatenate([np.ravel(weight) for weight in weights]))
    assert ended[0] == pytest.approx(ended[1], rel=1e-5, abs=1e-6)
