"""The split of a corpus into what teaches, chooses and examines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rocktag.errors import TrainingError, UsageError
from rocktag.splits import Split, fold, parts, split
from rocktag.types import Targets


def corpus(size: int, seed: int = 0) -> tuple[list[str], Targets]:
    generator = np.random.default_rng(seed)
    keys = [f"headline {number}" for number in generator.integers(0, size, size)]
    targets = generator.random((size, 4)) < np.array([0.5, 0.2, 0.1, 0.05])
    return keys, targets.astype(np.int8)


def divide(keys: list[str], targets: Targets, seed: int = 7) -> Split:
    return split(keys, targets, validation_fraction=0.1, test_fraction=0.2, seed=seed)


@settings(max_examples=30, deadline=None)
@given(st.integers(60, 200), st.integers(0, 2**31 - 1))
def test_a_split_is_a_partition_and_equal_keys_stay_together(
    size: int, seed: int
) -> None:
    keys, targets = corpus(size, seed)
    sides = divide(keys, targets, seed)
    rows = [sides.train, sides.validation, sides.test]
    assert sorted(np.concatenate(rows).tolist()) == list(range(size))
    assert all((np.diff(side) > 0).all() and side.dtype == np.int64 for side in rows)
    found = [{keys[row] for row in side} for side in rows]
    assert len(set.union(*found)) == sum(len(side) for side in found)


def test_one_seed_gives_one_split_and_another_seed_another() -> None:
    keys, targets = corpus(200)
    first, again, other = (divide(keys, targets, seed) for seed in (7, 7, 8))
    assert (first.train.tolist(), first.test.tolist()) == (
        again.train.tolist(),
        again.test.tolist(),
    )
    assert first.test.tolist() != other.test.tolist()


def test_each_side_has_its_share_of_headlines_and_of_a_rare_label() -> None:
    keys = [str(number) for number in range(1000)]
    targets = np.zeros((1000, 3), dtype=np.int8)
    targets[:, 0] = 1
    targets[::50, 1] = 1  # 20 positives
    sides = divide(keys, targets)
    assert abs(len(sides.test) - 200) <= 2
    assert abs(len(sides.validation) - 100) <= 2
    assert targets[sides.test, 1].sum() == 4
    assert targets[sides.validation, 1].sum() == 2


@pytest.mark.parametrize("different", [1, 2, 4])
def test_too_small_a_corpus_is_refused_with_what_to_do(different: int) -> None:
    keys = [str(number % different) for number in range(100)]
    targets = np.zeros((100, 2), dtype=np.int8)
    with pytest.raises(
        TrainingError, match=rf"headlines \({different}\).*add headlines"
    ):
        divide(keys, targets)


def test_an_empty_corpus_is_refused() -> None:
    with pytest.raises(TrainingError, match=r"different headlines \(0\)"):
        divide([], np.zeros((0, 3), dtype=np.int8))


@pytest.mark.parametrize(
    ("validation", "test"), [(0, 0.2), (0.1, 0), (0.5, 0.5), (-0.1, 0.2), (0.1, 1)]
)
def test_fractions_that_leave_a_side_empty_are_refused(
    validation: float, test: float
) -> None:
    keys, targets = corpus(100)
    with pytest.raises(UsageError, match="leave a side of the split empty"):
        split(keys, targets, validation_fraction=validation, test_fraction=test, seed=1)


def folded(keys: list[str], targets: Targets, folds: int, seed: int = 7) -> list[Split]:
    return fold(keys, targets, folds=folds, validation_fraction=0.1, seed=seed)


@settings(max_examples=20, deadline=None)
@given(st.integers(60, 160), st.integers(2, 6), st.integers(0, 2**31 - 1))
def test_each_headline_is_once_on_a_test_side_and_equal_keys_stay_together(
    size: int, folds: int, seed: int
) -> None:
    keys, targets = corpus(size, seed)
    sides = folded(keys, targets, folds, seed)
    assert len(sides) == folds
    assert sorted(np.concatenate([one.test for one in sides]).tolist()) == list(
        range(size)
    )
    for one in sides:
        rows = [one.train, one.validation, one.test]
        assert sorted(np.concatenate(rows).tolist()) == list(range(size))
        assert all(len(side) and (np.diff(side) > 0).all() for side in rows)
        found = [{keys[row] for row in side} for side in rows]
        assert len(set.union(*found)) == sum(len(side) for side in found)


@settings(max_examples=20, deadline=None)
@given(st.integers(60, 160), st.integers(2, 5), st.integers(0, 2**31 - 1))
def test_a_label_has_nearly_its_share_in_each_fold(
    size: int, folds: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    targets = generator.random((size, 4)) < np.array([0.5, 0.2, 0.1, 0.05])
    keys = [str(number) for number in range(size)]
    sides = folded(keys, targets.astype(np.int8), folds, seed)
    for column, positives in enumerate(targets.sum(axis=0).tolist()):
        counts = [int(targets[one.test, column].sum()) for one in sides]
        # Drawn the rarest label first; the others follow it, and can be off by more.
        assert max(abs(count - positives / folds) for count in counts) < 2
        if positives >= 2 * folds:
            assert min(counts) >= 1


@pytest.mark.parametrize("folds", [2, 3, 5])
def test_the_rarest_label_stands_in_every_fold_from_as_many_positives_as_folds(
    folds: int,
) -> None:
    keys = [str(number) for number in range(100)]
    targets = np.zeros((100, 3), dtype=np.int8)
    targets[:, 0] = 1
    targets[::3, 1] = 1
    targets[: folds + 1, 2] = 1
    for seed in range(5):
        sides = folded(keys, targets, folds, seed)
        counts = [int(targets[one.test, 2].sum()) for one in sides]
        assert sorted(counts) == [1] * (folds - 1) + [2]
        assert all(abs(len(one.test) - 100 / folds) <= 2 for one in sides)
        assert all(abs(len(one.validation) - 10) <= 1 for one in sides)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 24), st.integers(2, 6), st.integers(0, 2**31 - 1))
def test_a_corpus_too_small_for_its_folds_is_refused_or_every_side_has_headlines(
    size: int, folds: int, seed: int
) -> None:
    keys = [str(number) for number in range(size)]
    targets = np.random.default_rng(seed).integers(0, 2, (size, 3)).astype(np.int8)
    try:
        sides = folded(keys, targets, folds, seed)
    except TrainingError as error:
        refusal = str(error)
        assert f"too few different headlines ({size})" in refusal
        assert refusal.endswith("or take fewer folds")
        return
    for one in sides:
        assert min(len(one.train), len(one.validation), len(one.test)) >= 1


def test_one_seed_gives_the_same_folds_and_another_seed_others() -> None:
    keys, targets = corpus(200)
    first, again, other = (folded(keys, targets, 3, seed) for seed in (7, 7, 8))
    for one, same in zip(first, again, strict=True):
        for name in ("train", "validation", "test"):
            np.testing.assert_array_equal(getattr(one, name), getattr(same, name))
    assert first[0].test.tolist() != other[0].test.tolist()


@pytest.mark.parametrize(
    ("folds", "validation"),
    [(2, 0.5), (3, 0.7), (5, 0.8), (5, 0), (5, -0.1), (5, float("nan")), (1, 0.1)],
)
def test_folds_that_leave_nothing_to_learn_from_are_refused(
    folds: int, validation: float
) -> None:
    keys, targets = corpus(100)
    with pytest.raises(UsageError, match="leaves a side empty; give at least 2 folds"):
        fold(keys, targets, folds=folds, validation_fraction=validation, seed=1)


@settings(max_examples=20, deadline=None)
@given(st.integers(40, 120), st.integers(2, 5), st.integers(0, 2**31 - 1))
def test_folds_are_a_partition_and_equal_keys_stay_together(
    size: int, folds: int, seed: int
) -> None:
    keys, targets = corpus(size, seed)
    rows = parts(keys, targets, folds=folds, seed=seed)
    assert sorted(np.concatenate(rows).tolist()) == list(range(size))
    found = [{keys[row] for row in part} for part in rows]
    assert len(set.union(*found)) == sum(len(part) for part in found)


def test_cross_validation_draws_the_same_folds_as_those_without_validation() -> None:
    keys, targets = corpus(200)
    sides = fold(keys, targets, folds=4, validation_fraction=0.1, seed=3)
    drawn = parts(keys, targets, folds=4, seed=3)
    assert [one.test.tolist() for one in sides] == [part.tolist() for part in drawn]
