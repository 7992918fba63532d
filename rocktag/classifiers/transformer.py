"""A pre-trained BERT or DistilBERT encoder with a head for the labels.

A builder only; `neural_training` fits what it returns. Padding is masked: padding more
changes no output.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from rocktag.classifiers import encoders, frameworks
from rocktag.classifiers.output import output_bias
from rocktag.classifiers.precision import Precision
from rocktag.classifiers.token_ids import PADDING, UNKNOWN
from rocktag.errors import TrainingError
from rocktag.quiet import native_silence

NAME = "transformer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """What stands on the encoder.

    Attributes:
        head: mean-max: mean and maximum over the tokens; cls: the first token through a
            dense layer with ReLU, as in the study.
        dropout: Share left out before the output in training.
        prior_bias: Whether the outputs start at the labels' shares instead of a half.
    """

    head: Literal["cls", "mean-max"] = "mean-max"
    dropout: float = 0.1
    prior_bias: bool = True


def build(
    architecture: Architecture,
    checkpoint: Path,
    *,
    label_shares: npt.NDArray[np.floating],
    precision: Precision = "float32",
    load_weights: bool = True,
) -> Any:
    """Return the network as a keras.Model: token ids (B, T) to probabilities (B, L).

    Args:
        architecture: The head's form.
        checkpoint: A folder with config.json and model.safetensors.
        label_shares: (L,), share of the training headlines with each label, in (0, 1).
        precision: What the encoder computes in; weights and outputs are float32.
        load_weights: Whether the encoder starts at the checkpoint, or from chance.

    Raises:
        TrainingError: The checkpoint is of another architecture, or damaged.
    """
    frameworks.prepare()
    import keras
    from keras import layers, ops

    # Layers
    encode = encoders.encoder(
        checkpoint, precision=precision, load_weights=load_weights
    )
    drop = layers.Dropout(architecture.dropout, name="dropout")
    classify = layers.Dense(
        len(label_shares),
        activation="sigmoid",
        bias_initializer=output_bias(label_shares)
        if architecture.prior_bias
        else "zeros",
        dtype="float32",
        name="probabilities",
    )

    # Graph
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")  # (B, T)
    real = ops.cast(ops.not_equal(token_ids, 0), "int32")  # (B, T), 0 where padding
    states = encode(encoders.inputs_of(encode, token_ids, real))  # (B, T, D)
    pooled = _pool(architecture, states, real)  # (B, 2D) or (B, D)
    return keras.Model(token_ids, classify(drop(pooled)), name=NAME)


def tokenizer_json(checkpoint: Path, maximum_length: int) -> bytes:
    """Return tokenizer.json of a checkpoint, cutting at a length, padding nothing.

    Raises:
        TrainingError: The checkpoint has no tokenizer that can be served.
    """
    frameworks.prepare()
    with native_silence():
        from transformers import AutoTokenizer
    try:
        loaded = AutoTokenizer.from_pretrained(str(checkpoint), local_files_only=True)
        words = loaded.backend_tokenizer
        known = {token: words.token_to_id(token) for token in (PADDING, UNKNOWN)}
    except Exception as error:  # whatever the reader of the files raises
        raise TrainingError(
            f"the tokenizer in {checkpoint} cannot be read ({error}); fetch it again"
        ) from error
    if known[PADDING] != 0 or known[UNKNOWN] is None:
        raise TrainingError(
            f"the tokenizer in {checkpoint} has not {PADDING} as its first word and"
            f" {UNKNOWN} among the others; give a BERT or DistilBERT checkpoint"
        )
    _check_words(words, checkpoint)
    words.no_padding()
    words.enable_truncation(maximum_length)
    return str(words.to_str()).encode()


def _check_words(words: Any, checkpoint: Path) -> None:
    """Refuse a tokenizer that knows no words, or some that have no vector."""
    size, known = words.get_vocab_size(), encoders.vocabulary_size(checkpoint)
    if not len(words.get_added_tokens_decoder()) < size <= known:
        raise TrainingError(
            f"the tokenizer in {checkpoint} has {size:,} words, the encoder {known:,};"
            " give a checkpoint with its own tokenizer"
        )


def _pool(architecture: Architecture, states: Any, real: Any) -> Any:
    """Return what the states (B, T, D) of the real tokens come to, in float32."""
    from keras import layers, ops

    states = ops.cast(states, "float32")
    match architecture.head:
        case "cls":
            dense = layers.Dense(
                states.shape[-1], activation="relu", dtype="float32", name="dense"
            )
            return dense(states[:, 0])  # (B, D)
        case "mean-max":
            weight = ops.expand_dims(ops.cast(real, "float32"), -1)  # (B, T, 1)
            mean = ops.sum(states * weight, axis=1) / ops.sum(weight, axis=1)
            # Far below, so that no maximum is padding's.
            maximum = ops.max(states - (1 - weight) * 1e4, axis=1)
            return ops.concatenate([mean, maximum], axis=-1)  # (B, 2D)
