"""Given word vectors: where they land, how much they cover, and what is said of it."""

from __future__ import annotations

import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rocktag.classifiers import cnn_bilstm, neural_training
from rocktag.classifiers.neural_types import Examples, Schedule
from rocktag.cli.word_vectors import word_vectors_of
from rocktag.config import TrainSettings
from rocktag.embeddings import WordVectors
from rocktag.errors import InputError, UsageError
from rocktag.fitting import Task, fit, word_vectors
from rocktag.fitting.fitted import Vectors
from rocktag.splits import Split

GLOVE = "tour 0.5 -0.5\nalbum 1 2\nunasked 3 4\nbad line\ndates 7 8\n"
VOCABULARY = {"[PAD]": 0, "[UNK]": 1, "tour": 2, "new": 3, "album": 4, "dates": 5}
TOKEN_IDS = [[2, 2, 3], [4, 1], [2, 5], [3, 3, 3, 3]]


def task_of(vectors: Vectors | None, **chosen: Any) -> Task:
    """Four headlines, of which the first three are learned from."""
    rows = [np.array(side) for side in ([0, 1, 2], [3], [3])]
    return Task(
        titles=["", "", "", ""],
        targets=np.eye(4, 2, dtype=np.int8),
        labels=("tour", "n/a"),
        rows=Split(*rows),
        settings=TrainSettings(classifier="cnn-bilstm", **chosen),
        checkpoints=Path("nowhere"),
        vectors=vectors,
    )


@pytest.fixture
def glove(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.2d.txt"
    path.write_text(GLOVE)
    return path


def start_of(file: Path, **chosen: Any) -> word_vectors.Start:
    vectors = partial(word_vectors.read, file, preferred_dimension=100)
    found = word_vectors.start(
        task_of(vectors, **chosen), VOCABULARY, TOKEN_IDS, lambda *_: None
    )
    assert found is not None
    return found


def test_words_of_the_file_have_its_vectors_and_others_small_random_ones(
    glove: Path,
) -> None:
    vectors = start_of(glove).vectors
    assert vectors.dtype == np.float32
    assert vectors[[2, 4, 5]].tolist() == [[0.5, -0.5], [1, 2], [7, 8]]
    assert vectors[0].tolist() == [0, 0]
    others = vectors[[1, 3]]
    assert (np.abs(others) <= 0.05).all()
    assert (others != 0).all()


def test_the_seed_settles_where_unknown_words_start(glove: Path) -> None:
    first, again, other = (start_of(glove, seed=seed).vectors for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first[[1, 3]] != other[[1, 3]]).all()
    assert (first[[2, 4, 5]] == other[[2, 4, 5]]).all()


def test_coverage_is_of_the_words_and_of_the_training_headlines(glove: Path) -> None:
    # Of tour, new, album, dates all but new; of tour tour new, album [UNK], tour dates
    # all but new and the unknown word.
    start = start_of(glove)
    assert word_vectors.facts(start)["given_vectors"] == {
        "origin": "tiny.2d.txt",
        "sha256": start.read.sha256,
        "dimension": 2,
        "vocabulary_coverage": 3 / 4,
        "token_coverage": 5 / 7,
        "malformed_lines": 1,
    }
    said = word_vectors.remark(start)
    assert "75.0% of the vocabulary and 71.4% of the training" in said
    assert str(glove.parent) not in said


def test_without_a_file_vectors_are_trained_from_scratch() -> None:
    assert word_vectors.start(task_of(None), VOCABULARY, TOKEN_IDS, print) is None
    assert word_vectors.facts(None) == {"word_vectors": "from scratch"}


def test_vectors_of_other_words_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.txt"
    path.write_text("ZZ 1 2\nYY 3 4\n")
    with pytest.raises(InputError, match="has none of the 4 words of the headlines"):
        start_of(path)


@pytest.mark.parametrize(("words", "told"), [(1, True), (10, False)])
def test_what_is_strange_about_a_file_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: int, told: bool
) -> None:
    path = tmp_path / "strange.txt"
    known = "".join(f"word{n} 1 2\n" for n in range(words))
    path.write_text(known + "word0 3 4\n" + "x 1 2\n" * 9 + "bad\n" * 7)
    chosen = TrainSettings.model_validate({"cnn_bilstm": {"embedding_dimension": 2}})
    vectors = word_vectors_of(path, chosen)
    vectors({f"word{n}": n for n in range(100)}, lambda *_: None)
    said = capsys.readouterr().err
    assert said.count("0 numbers, not 2") == 5
    assert "2 more; 7 of" in said
    assert "lines whose word stood before: 1; its first vector counts" in said
    assert ("1.0% of the 100 words" in said) == told


def test_the_configured_dimension_chooses_from_an_archive_of_several(
    tmp_path: Path,
) -> None:
    path = tmp_path / "tiny.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny.2d.txt", GLOVE)
        archive.writestr("tiny.3d.txt", "tour 1 2 3\nalbum 4 5 6\n")

    def dimension(file: str | Path, preferred: int) -> WordVectors:
        return word_vectors.read(
            file, {"tour": 0}, lambda *_: None, preferred_dimension=preferred
        )

    assert dimension(path, 3).dimension == 3
    assert dimension(f"{path}:tiny.2d.txt", 3).dimension == 2


def test_a_classifier_without_word_vectors_refuses_them() -> None:
    task = task_of(lambda *_: pytest.fail("read"))
    settings = TrainSettings(classifier="adaboost")
    other = Task(
        titles=task.titles,
        targets=task.targets,
        labels=task.labels,
        rows=task.rows,
        settings=settings,
        checkpoints=task.checkpoints,
        vectors=task.vectors,
    )
    with pytest.raises(UsageError, match="without --glove"):
        fit(other, lambda *_: None)


@pytest.mark.parametrize("trainable", [False, True])
def test_a_frozen_embedding_stays_as_it_was_given(glove: Path, trainable: bool) -> None:
    vectors = start_of(glove).vectors
    architecture = cnn_bilstm.Architecture(
        filters=4, lstm_units=2, dense_units=4, embedding_trainable=trainable
    )
    model = cnn_bilstm.build(
        architecture,
        vocabulary_size=len(vectors),
        label_shares=np.array([0.5, 0.5]),
        vectors=vectors,
    )
    embedding = model.get_layer("embedding")
    np.testing.assert_array_equal(embedding.get_weights()[0], vectors)
    schedule = Schedule(
        maximum_length=4,
        pad_always=True,
        batch_size=4,
        epochs=1,
        patience=1,
        learning_rate=0.1,
        learning_rate_decay="none",
        weight_decay=0.1,
        negative_focus=0.0,
    )
    examples = Examples(TOKEN_IDS, np.eye(4, 2, dtype=np.int8))
    neural_training.fit(
        model, examples, examples, ("tour", "n/a"), schedule, seed=1, progress=None
    )
    stayed = (embedding.get_weights()[0] == vectors).all()
    assert stayed == (not trainable)
