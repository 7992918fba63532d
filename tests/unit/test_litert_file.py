"""LiteRT: a network's file says what Keras says, and is refused where it is damaged."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rocktag.artifact import litert_file
from rocktag.classifiers import cnn_bilstm, conversion, frameworks, word_tokenizer
from rocktag.classifiers.token_ids import pad
from rocktag.errors import ArtifactError

TITLES = ["Ghost announce tour", "Queen", "Ghost live album tour of the year, again"]
TOKENIZER = word_tokenizer.build(
    TITLES, maximum_length=6, vocabulary_size=50, minimum_headlines=1
)
ROWS = word_tokenizer.vocabulary_of(TOKENIZER)


@pytest.fixture(scope="module")
def network() -> Any:
    """A tiny random network."""
    frameworks.start_over(2)
    return cnn_bilstm.build(
        cnn_bilstm.Architecture(
            embedding_dimension=6, filters=6, lstm_units=4, dense_units=6
        ),
        vocabulary_size=len(ROWS),
        label_shares=np.array([0.3, 0.1]),
    )


@pytest.fixture(scope="module")
def frozen(network: Any) -> Any:
    """It, to be converted."""
    return conversion.freeze(network, batch=4, length=6)


@pytest.fixture(scope="module")
def model(frozen: Any) -> bytes:
    """It, as model.tflite."""
    return conversion.to_litert(frozen, quantised=False)


@pytest.mark.parametrize(("quantised", "tolerance"), [(False, 1e-6), (True, 2e-3)])
def test_litert_says_what_keras_says(
    network: Any, frozen: Any, quantised: bool, tolerance: float
) -> None:
    content = conversion.to_litert(frozen, quantised=quantised)
    predict = litert_file.load(content, TOKENIZER, where="here")
    for count in (0, 1, 4, 11):
        titles = [TITLES[number % 3] for number in range(count)]
        found = predict(titles)
        words = [title.lower().replace(",", " ,").split() for title in titles]
        ids = [[ROWS[word] for word in title] for title in words]
        assert found.shape == (count, 2)
        assert found.dtype == np.float32
        if count:
            expected = network(pad(ids, 6), training=False).numpy()
            np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


def test_one_network_gives_one_file(network: Any, model: bytes) -> None:
    again = conversion.freeze(network, batch=4, length=6)
    assert conversion.to_litert(again, quantised=False) == model


@pytest.mark.parametrize("title", ["", "\u0301", "\u2605\u2605", "x" * 2_000])
def test_any_title_has_finite_probabilities(model: bytes, title: str) -> None:
    found = litert_file.load(model, TOKENIZER, where="here")([title])
    assert ((found > 0) & (found < 1)).all()


def test_a_titles_neighbours_do_not_matter(model: bytes) -> None:
    predict = litert_file.load(model, TOKENIZER, where="here")
    together = predict(TITLES * 3)
    alone = np.concatenate([predict([title]) for title in TITLES * 3])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "damage",
    [lambda _: b"", lambda content: content[:1_000], lambda _: b"x" * 5_000],
    ids=["empty", "cut", "other"],
)
def test_a_damaged_model_is_refused(
    model: bytes, damage: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(ArtifactError, match=r"model\.tflite .*train again"):
        litert_file.load(damage(model), TOKENIZER, where="here")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\xff", TOKENIZER.replace(b"[UNK]", b"[OUT]")]
)
def test_a_damaged_tokenizer_is_refused(model: bytes, content: bytes) -> None:
    with pytest.raises(ArtifactError, match=r"tokenizer\.json .*train again"):
        litert_file.load(model, content, where="here")


def test_a_model_of_other_ends_is_refused() -> None:
    import keras

    values = keras.Input((6,), name="values")
    other = keras.Model(values, keras.layers.Dense(2)(values))
    import tensorflow as tf

    concrete = tf.function(lambda x: other(x)).get_concrete_function(
        tf.TensorSpec((4, 6), tf.float32)
    )
    content = tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert()
    with pytest.raises(ArtifactError, match="install a newer rocktag"):
        litert_file.load(content, TOKENIZER, where="here")


def test_reading_loads_no_framework(model: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(model)
    (tmp_path / "tokenizer.json").write_bytes(TOKENIZER)
    code = (
        "import sys, pathlib\nfrom rocktag.artifact import litert_file\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "names = ('model.tflite', 'tokenizer.json')\n"
        "files = [(folder / name).read_bytes() for name in names]\n"
        "print(litert_file.load(*files, where='here')(['Ghost tour']).shape)\n"
        "print(sorted({'tensorflow', 'keras', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "(1, 2)\n[]\n"
    assert done.stderr == ""
