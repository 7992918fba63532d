"""The original study's network: word vectors, convolution, BiLSTM, attention.

A builder only; `neural_training` fits what it returns. Padding is masked throughout:
padding more changes no output, so batches are padded as little as they need.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from rocktag.classifiers import frameworks
from rocktag.classifiers.output import output_bias

NAME = "cnn_bilstm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """What the network looks like.

    Attributes:
        embedding_dimension: D, numbers a word; given vectors have their own.
        embedding_trainable: Whether word vectors are learned, or stay as given.
        embedding_dropout: Share of the D numbers left out of a headline in training.
        filters: Of the convolution.
        kernel_width: Words that the convolution sees at once.
        lstm_units: U, of each direction.
        attention: additive: one weight a word, the weighted mean joined with the
            maximum over words; dot-product: every word attends to every word, then the
            maximum over words, as in the study.
        dense_layers: Between pooling and output.
        dense_units: Of each of them.
        dropout: Share left out after each of them in training.
        prior_bias: Whether the outputs start at the labels' shares instead of a half.
    """

    embedding_dimension: int = 100
    embedding_trainable: bool = True
    embedding_dropout: float = 0.2
    filters: int = 128
    kernel_width: int = 5
    lstm_units: int = 128
    attention: Literal["additive", "dot-product"] = "additive"
    dense_layers: int = 1
    dense_units: int = 128
    dropout: float = 0.3
    prior_bias: bool = True


def build(
    architecture: Architecture,
    *,
    vocabulary_size: int,
    label_shares: npt.NDArray[np.floating],
    vectors: npt.NDArray[np.float32] | None = None,
    fixed_length: int | None = None,
) -> Any:
    """Return the network as a keras.Model: token ids (B, T) to probabilities (B, L).

    Args:
        architecture: Its form.
        vocabulary_size: V, words with padding (0) and the unknown word (1).
        label_shares: (L,), share of the training headlines with each label, in (0, 1).
        vectors: (V, D), to start the words from; None to start from chance.
        fixed_length: T, for a network to be served: its LSTM is one step after another
            instead of a loop, in LiteRT twice as fast. None for any T.
    """
    frameworks.prepare()
    import keras
    from keras import layers, ops

    # Layers
    embed = _embedding(architecture, vocabulary_size, vectors)
    drop_numbers = layers.SpatialDropout1D(
        architecture.embedding_dropout, name="embedding_dropout"
    )
    convolve = layers.Conv1D(
        architecture.filters,
        architecture.kernel_width,
        padding="same",
        activation="relu",
        name="convolution",
    )
    normalise = layers.BatchNormalization(name="normalisation")
    forward, backward = (
        layers.LSTM(
            architecture.lstm_units,
            return_sequences=True,
            unroll=fixed_length is not None,
            name=name,
        )
        for name in ("forward_lstm", "backward_lstm")
    )
    classify = layers.Dense(
        len(label_shares),
        activation="sigmoid",
        bias_initializer=output_bias(label_shares)
        if architecture.prior_bias
        else "zeros",
        name="probabilities",
    )

    # Graph
    token_ids = keras.Input((fixed_length,), dtype="int32", name="token_ids")  # (B, T)
    real = ops.not_equal(token_ids, 0)  # (B, T), False where padding
    weight = ops.expand_dims(ops.cast(real, "float32"), -1)  # (B, T, 1), 0 padding
    words = drop_numbers(embed(token_ids) * weight)  # (B, T, D)
    features = normalise(convolve(words), mask=real) * weight  # (B, T, filters)
    ahead = forward(features, mask=real)  # (B, T, U)
    # Turned here: layers.Bidirectional forgets to turn the mask of unrolled steps.
    back = backward(ops.flip(features, 1), mask=ops.flip(real, 1))  # (B, T, U)
    states = ops.concatenate([ahead, ops.flip(back, 1)], axis=-1)  # (B, T, 2U)
    pooled = _attend(architecture, states, real, weight)  # (B, 2U) or (B, 4U)
    for number in range(1, architecture.dense_layers + 1):
        pooled = layers.Dense(
            architecture.dense_units, activation="relu", name=f"dense_{number}"
        )(pooled)  # (B, dense_units)
        pooled = layers.Dropout(architecture.dropout, name=f"dropout_{number}")(pooled)
    return keras.Model(token_ids, classify(pooled), name=NAME)


def _embedding(
    architecture: Architecture,
    vocabulary_size: int,
    vectors: npt.NDArray[np.float32] | None,
) -> Any:
    """Return the layer of the word vectors (V, D)."""
    from keras import initializers, layers

    if vectors is None:
        start: Any = "uniform"
        dimension = architecture.embedding_dimension
    else:
        start, dimension = initializers.Constant(vectors), vectors.shape[1]
    return layers.Embedding(
        vocabulary_size,
        dimension,
        embeddings_initializer=start,
        trainable=architecture.embedding_trainable,
        name="embedding",
    )


def _attend(architecture: Architecture, states: Any, real: Any, weight: Any) -> Any:
    """Return what the states (B, T, 2U) of the real tokens come to."""
    from keras import layers, ops

    # So that no maximum is padding's. Subtracted: Keras takes a sum for that of a bias,
    # over the wrong axis, where a single title has as many tokens as there are numbers.
    far = (1 - weight) * 1e4  # (B, T, 1)
    match architecture.attention:
        case "additive":
            score = layers.Dense(1, activation="tanh", name="attention_score")
            attention = layers.Softmax(axis=1, name="attention")(
                score(states), mask=ops.expand_dims(real, -1)
            )  # (B, T, 1), sums to 1 over T
            mean = ops.sum(attention * states, axis=1)  # (B, 2U)
            maximum = ops.max(states - far, axis=1)  # (B, 2U)
            return ops.concatenate([mean, maximum], axis=-1)  # (B, 4U)
        case "dot-product":
            attend = layers.Attention(name="attention")
            attended = attend([states, states], mask=[real, real])  # (B, T, 2U)
            return ops.max(attended - far, axis=1)  # (B, 2U)
