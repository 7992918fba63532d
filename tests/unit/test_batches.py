"""Batches: every headline once, like lengths together, little padding."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from rocktag.classifiers import batches
from rocktag.types import Targets

LENGTHS = st.lists(st.integers(1, 60), max_size=300).map(
    lambda lengths: np.array(lengths, dtype=np.int64)
)

TARGETS = arrays.arrays(
    np.int8,
    st.tuples(st.integers(0, 30), st.integers(1, 5)),
    elements=st.integers(0, 1),
)


@given(LENGTHS, st.integers(1, 40), st.integers(0, 9))
def test_shuffled_batches_hold_every_headline_once(
    lengths: batches.Lengths, size: int, seed: int
) -> None:
    plan = batches.shuffled(lengths, size, np.random.default_rng(seed))
    assert sorted(row for batch in plan for row in batch) == list(range(len(lengths)))
    assert all(1 <= len(batch) <= size for batch in plan)


@given(LENGTHS, st.integers(1, 40))
def test_batches_by_length_are_ordered_and_whole(
    lengths: batches.Lengths, size: int
) -> None:
    plan = batches.by_length(lengths, size)
    order = [int(row) for batch in plan for row in batch]
    assert sorted(order) == list(range(len(lengths)))
    assert (np.diff(lengths[order]) >= 0).all()


def test_one_generator_gives_one_order_and_another_another() -> None:
    lengths = np.arange(1, 200)
    plans = [
        np.concatenate(batches.shuffled(lengths, 8, np.random.default_rng(seed)))
        for seed in (1, 1, 2)
    ]
    assert (plans[0] == plans[1]).all()
    assert not (plans[0] == plans[2]).all()


@given(TARGETS, st.integers(0, 60))
def test_every_headline_is_shown_and_a_label_with_any_as_often_as_is_asked(
    targets: Targets, minimum: int
) -> None:
    rows = batches.shown(targets, minimum)
    assert sorted(set(rows.tolist())) == list(range(len(targets)))
    assert (np.diff(rows) >= 0).all()
    positives = targets.sum(axis=0)
    times = targets[rows].sum(axis=0)
    assert (times >= np.where(positives > 0, minimum, 0)).all()


@given(TARGETS, st.integers(0, 60))
def test_no_headline_is_shown_more_often_than_its_rarest_label_asks(
    targets: Targets, minimum: int
) -> None:
    rows = batches.shown(targets, minimum)
    positives = targets.sum(axis=0).tolist()
    for row, labels in enumerate(targets):
        asked = [
            -(-minimum // count)
            for count, has in zip(positives, labels, strict=True)
            if has
        ]
        assert (rows == row).sum() == max([1, *asked])


@given(TARGETS)
def test_nothing_is_repeated_where_nothing_is_asked(targets: Targets) -> None:
    assert batches.shown(targets, 0).tolist() == list(range(len(targets)))
