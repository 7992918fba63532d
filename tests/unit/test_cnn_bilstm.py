"""The network: shapes, where it starts, and that padding more changes nothing."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rocktag.classifiers import cnn_bilstm, frameworks
from rocktag.classifiers.neural_steps import compiled_forward
from rocktag.classifiers.token_ids import pad

WORDS, LABELS = 30, 3
Attention = Literal["additive", "dot-product"]
TITLES = st.lists(
    st.lists(st.integers(1, WORDS - 1), min_size=1, max_size=9), min_size=1, max_size=4
)


def architecture(attention: Attention, **changes: Any) -> cnn_bilstm.Architecture:
    small = {"embedding_dimension": 5, "filters": 4, "lstm_units": 3, "dense_units": 4}
    return cnn_bilstm.Architecture(attention=attention, **{**small, **changes})


def network(attention: Attention = "additive", **options: Any) -> Any:
    """Return a random network, the same each time."""
    frameworks.start_over(1)
    vectors = options.pop("vectors", None)
    fixed_length = options.pop("fixed_length", None)
    model = cnn_bilstm.build(
        architecture(attention, **options),
        vocabulary_size=WORDS,
        label_shares=np.array([0.5, 0.1, 0.01]),
        vectors=vectors,
        fixed_length=fixed_length,
    )
    generator = np.random.default_rng(1)
    if vectors is None:  # away from zeros and ones, so that every path counts
        model.set_weights(
            [
                np.abs(weights + generator.normal(0, 0.3, weights.shape))
                if "variance" in variable.path
                else weights + generator.normal(0, 0.3, weights.shape)
                for variable, weights in zip(
                    model.weights, model.get_weights(), strict=True
                )
            ]
        )
    return model


NETWORKS: dict[Attention, Any] = {}


def known(attention: Attention) -> Any:
    if attention not in NETWORKS:
        NETWORKS[attention] = network(attention)
    return NETWORKS[attention]


@cache
def compiled(attention: Attention) -> Any:
    """Return what the network says, as training asks it."""
    return compiled_forward(known(attention))


def test_token_ids_become_a_probability_for_each_label() -> None:
    model = known("additive")
    assert model.input_shape == (None, None)
    assert model.output_shape == (None, LABELS)
    found = model(pad([[3, 4], [5]], 7), training=False).numpy()
    assert found.shape == (2, LABELS)
    assert ((found > 0) & (found < 1)).all()


@pytest.mark.parametrize("attention", ["additive", "dot-product"])
@settings(deadline=None, max_examples=25)
@given(titles=TITLES, more=st.integers(1, 20))
@example(titles=[[1, 1, 1, 1]], more=2)  # then as many tokens as states have numbers
def test_padding_more_changes_nothing(
    attention: Attention, titles: list[list[int]], more: int
) -> None:
    predict = compiled(attention)
    longest = max(map(len, titles))
    short = predict(pad(titles, longest)).numpy()
    long = predict(pad(titles, longest + more)).numpy()
    np.testing.assert_allclose(short, long, rtol=0, atol=1e-5)


@pytest.mark.parametrize("attention", ["additive", "dot-product"])
def test_the_unrolled_network_says_the_same(attention: Attention) -> None:
    titles = [[3, 4, 5, 6, 7, 8], [9, 2], [1]]
    unrolled = network(attention, fixed_length=10)
    found = unrolled(pad(titles, 10), training=False).numpy()
    expected = known(attention)(pad(titles, 6), training=False).numpy()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_training_takes_no_notice_of_padding_in_its_statistics() -> None:
    means = []
    for length in (4, 12):
        model = network(embedding_dropout=0, dropout=0)
        model(pad([[3, 4, 5, 6], [7, 8]], length), training=True)
        means.append(model.get_layer("normalisation").moving_mean.numpy())
    np.testing.assert_allclose(means[0], means[1], rtol=0, atol=1e-6)


def test_outputs_start_at_the_labels_shares() -> None:
    frameworks.start_over(1)
    shares = np.array([0.5, 0.1, 0.01])
    model = cnn_bilstm.build(
        architecture("additive", dense_layers=0),
        vocabulary_size=WORDS,
        label_shares=shares,
    )
    output = model.get_layer("probabilities")
    np.testing.assert_allclose(
        output.bias.numpy(), np.log(shares / (1 - shares)), rtol=1e-5
    )


def test_vectors_that_are_given_start_the_words_or_stay() -> None:
    vectors = np.random.default_rng(1).normal(size=(WORDS, 7)).astype(np.float32)
    for trainable in (True, False):
        model = network(vectors=vectors, embedding_trainable=trainable)
        embedding = model.get_layer("embedding")
        assert embedding.trainable is trainable
        np.testing.assert_array_equal(embedding.get_weights()[0], vectors)


def test_the_studys_network_has_its_layers() -> None:
    model = network("dot-product", dense_layers=2, prior_bias=False)
    names = [layer.name for layer in model.layers]
    assert {"convolution", "attention", "dense_1", "dense_2", "dropout_2"} <= set(names)
    assert type(model.get_layer("attention")).__name__ == "Attention"
    assert model.get_layer("convolution").kernel_size == (5,)
