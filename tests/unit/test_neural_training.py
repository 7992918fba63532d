"""Fitting a network: its history, when it stops, and how it goes on after a break."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rocktag.classifiers import cnn_bilstm, frameworks, neural_training
from rocktag.classifiers.checkpoints import Checkpoint, sweep
from rocktag.classifiers.neural_types import Examples, Fitting, Schedule
from rocktag.errors import TrainingError
from tests.once import Once

LABELS = ("album", "tour", "n/a")
WORDS = 20
SMALL = cnn_bilstm.Architecture(
    embedding_dimension=6, filters=6, lstm_units=4, dense_units=6
)
SCHEDULE = Schedule(
    maximum_length=12,
    pad_always=False,
    batch_size=16,
    epochs=4,
    patience=4,
    learning_rate=0.01,
    learning_rate_decay="cosine",
    weight_decay=0.001,
    negative_focus=2.0,
)


def examples(count: int, seed: int) -> Examples:
    """Return headlines whose words 2 and 3 are what the labels are of."""
    generator = np.random.default_rng(seed)
    ids = [
        generator.integers(2, WORDS, generator.integers(1, 10)).tolist()
        for _ in range(count)
    ]
    topics = np.array([[2 in words, 3 in words] for words in ids], dtype=np.int8)
    none = (topics.sum(axis=1, keepdims=True) == 0).astype(np.int8)
    return Examples(ids, np.concatenate([topics, none], axis=1))


TRAINING, VALIDATION = examples(120, 1), examples(40, 2)


def model(seed: int = 1) -> Any:
    frameworks.start_over(seed)
    return cnn_bilstm.build(SMALL, vocabulary_size=WORDS, label_shares=np.full(3, 0.3))


def fitted(network: Any, schedule: Schedule = SCHEDULE, **options: Any) -> Fitting:
    return neural_training.fit(
        network, TRAINING, VALIDATION, LABELS, schedule, seed=1, **options
    )


def assert_same(first: Fitting, second: Fitting) -> None:
    assert first.epochs == second.epochs
    for before, after in zip(first.best_weights, second.best_weights, strict=True):
        np.testing.assert_array_equal(before, after)


class Interrupt:
    """Progress that is interrupted in the middle of an epoch."""

    def __init__(self, epoch: int) -> None:
        steps = -(-len(TRAINING.token_ids) // SCHEDULE.batch_size)
        self.at = (epoch - 1) * steps + 3

    def __call__(self, stage: str, done: int, steps: int, detail: str) -> None:
        """Raise where it is time."""
        if stage == "fit" and done == self.at:
            raise KeyboardInterrupt


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    """Where a training can be broken off."""
    return Checkpoint(tmp_path / "checkpoints" / "fingerprint")


@pytest.fixture(scope="module")
def uninterrupted(once: Once) -> Fitting:
    """What a training comes to that nobody broke off."""
    return once("fitting", lambda: fitted(model()))


def test_history_has_a_row_an_epoch_and_the_loss_falls(uninterrupted: Fitting) -> None:
    rows = uninterrupted.epochs
    assert [row.epoch for row in rows] == [1, 2, 3, 4]
    assert rows[-1].training_loss < rows[0].training_loss
    for row in rows:
        for score in (row.validation_micro_f1, row.training_subset_accuracy):
            assert 0 <= score <= 1


@pytest.mark.parametrize("focus", [0.0, 2.0])
def test_the_loss_of_validation_is_that_of_training(focus: float) -> None:
    schedule = replace(SCHEDULE, epochs=1, learning_rate=1e-9, negative_focus=focus)
    frameworks.start_over(1)
    network = cnn_bilstm.build(
        replace(SMALL, embedding_dropout=0, dropout=0),
        vocabulary_size=WORDS,
        label_shares=np.full(3, 0.3),
    )
    (row,) = neural_training.fit(
        network, TRAINING, TRAINING, LABELS, schedule, seed=1
    ).epochs
    # Batch normalisation of 16 headlines is not that of all.
    assert row.training_loss == pytest.approx(row.validation_loss, rel=0.05)


def test_it_stops_when_patience_runs_out_and_the_best_weights_are_restored() -> None:
    schedule = replace(
        SCHEDULE,
        epochs=30,
        patience=2,
        learning_rate=0.5,
        learning_rate_decay="none",
    )
    network = model()
    fitting = fitted(network, schedule)
    assert len(fitting.epochs) == fitting.best_epoch + 2 < 30
    losses = [row.validation_loss for row in fitting.epochs]
    assert fitting.best_epoch == 1 + int(np.argmin(losses))
    for found, best in zip(network.get_weights(), fitting.best_weights, strict=True):
        np.testing.assert_array_equal(found, best)


def test_a_loss_that_is_not_finite_is_an_error() -> None:
    with pytest.raises(TrainingError, match="lower the learning rate"):
        fitted(model(), replace(SCHEDULE, learning_rate=float("inf")))


def test_an_interruption_keeps_the_best_so_far_and_resumed_it_never_was(
    uninterrupted: Fitting, checkpoint: Checkpoint
) -> None:
    network = model()
    fitting = fitted(network, progress=Interrupt(3), checkpoint=checkpoint)
    assert fitting.interrupted
    assert fitting.epochs == uninterrupted.epochs[:2]
    for found, best in zip(network.get_weights(), fitting.best_weights, strict=True):
        np.testing.assert_array_equal(found, best)
    assert checkpoint.load() is not None
    resumed = fitted(model(), checkpoint=checkpoint, resume=True)
    assert not resumed.interrupted
    assert_same(resumed, uninterrupted)
    checkpoint.remove()
    assert not checkpoint.folder.parent.exists()


def test_an_interruption_of_the_first_epoch_leaves_nothing(
    checkpoint: Checkpoint,
) -> None:
    with pytest.raises(KeyboardInterrupt):
        fitted(model(), progress=Interrupt(1), checkpoint=checkpoint)
    assert checkpoint.load() is None


def test_one_seed_gives_one_fitting_and_when_it_is_over_nothing_is_left_to_learn(
    uninterrupted: Fitting, checkpoint: Checkpoint
) -> None:
    told: list[tuple[int, int]] = []
    whole = fitted(
        model(),
        checkpoint=checkpoint,
        progress=lambda stage, done, steps, _: (
            told.append((done, steps)) if stage == "epoch" else None
        ),
    )
    assert_same(whole, uninterrupted)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]  # each epoch once
    network = model(seed=2)
    again = fitted(network, checkpoint=checkpoint, resume=True, progress=Interrupt(1))
    assert not again.interrupted
    assert_same(again, uninterrupted)
    for found, best in zip(network.get_weights(), again.best_weights, strict=True):
        np.testing.assert_array_equal(found, best)


def test_a_checkpoint_that_cannot_be_written_is_told_and_training_goes_on(
    uninterrupted: Fitting, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    fitting = fitted(model(), checkpoint=Checkpoint(tmp_path / "file" / "below"))
    assert_same(fitting, uninterrupted)
    assert len(caplog.messages) == 4
    assert "cannot be written: Not a directory" in caplog.text
    assert "training goes on" in caplog.text


def test_nothing_to_resume_is_an_error(checkpoint: Checkpoint) -> None:
    with pytest.raises(TrainingError, match="train without --resume"):
        fitted(model(), checkpoint=checkpoint, resume=True)


def test_a_damaged_checkpoint_is_an_error(checkpoint: Checkpoint) -> None:
    checkpoint.save({"a": np.zeros(3)}, {"epochs": []})
    file = next(checkpoint.folder.iterdir())
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(TrainingError, match="no readable checkpoint"):
        checkpoint.load()


def test_a_checkpoint_gives_back_what_it_was_given(checkpoint: Checkpoint) -> None:
    for number in (1, 2):
        checkpoint.save({"a": np.full(3, number)}, {"loss": number / 3})
    kept = checkpoint.load()
    assert kept is not None
    assert kept[0]["a"].tolist() == [2, 2, 2]
    assert kept[1] == {"loss": 2 / 3}
    assert len(list(checkpoint.folder.iterdir())) == 1


def test_a_checkpoint_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="cannot be written"):
        Checkpoint(tmp_path / "file" / "below").save({}, {})


def test_one_training_at_a_time_has_a_checkpoint(checkpoint: Checkpoint) -> None:
    other = Checkpoint(checkpoint.folder)
    checkpoint.take()
    with pytest.raises(TrainingError, match="another process trains the same"):
        other.take()
    checkpoint.release()
    assert not checkpoint.folder.parent.exists()
    other.take()
    other.remove()


def test_a_lock_goes_with_whoever_forgets_it(checkpoint: Checkpoint) -> None:
    forgotten = Checkpoint(checkpoint.folder)
    forgotten.take()
    del forgotten
    checkpoint.take()
    checkpoint.release()


def test_a_folder_that_cannot_be_written_is_found_before_training(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="nothing was trained; make room or set"):
        Checkpoint(tmp_path / "file" / "below").take()


def test_old_checkpoints_are_swept_but_for_those_in_use(tmp_path: Path) -> None:
    kept = [Checkpoint(tmp_path / name) for name in ("old", "new", "in-use")]
    for each in kept:
        each.save({}, {})
    (tmp_path / "orphan.lock").write_text("")
    kept[2].take()
    for path in (*tmp_path.iterdir(), *tmp_path.glob("*/*")):
        if "new" not in str(path.relative_to(tmp_path)):
            os.utime(path, (0, 0))
    sweep(tmp_path, 14)
    assert {path.name for path in tmp_path.iterdir()} == {
        "new",
        "in-use",
        "in-use.lock",
    }
    kept[2].release()
    sweep(tmp_path, 0)
    assert not list(tmp_path.iterdir())
