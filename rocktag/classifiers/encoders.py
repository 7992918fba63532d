"""Pre-trained BERT and DistilBERT encoders: keras-hub's backbones of a checkpoint.

A checkpoint is a folder in the Hugging Face layout with config.json and
model.safetensors. It is read without PyTorch; on the reference's inputs the hidden
states are the reference's to 1e-4.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from rocktag.classifiers.gelu import exact_gelu
from rocktag.classifiers.precision import Precision
from rocktag.errors import TrainingError

_BACKBONES = {"bert": "BertBackbone", "distilbert": "DistilBertBackbone"}
_ACTIVATIONS = ("gelu", "gelu_new", "gelu_pytorch_tanh")  # the last two are one
_CONFIG, _WEIGHTS = "config.json", "model.safetensors"
_PREFIX = "distilbert."


def encoder(
    checkpoint: Path, *, precision: Precision = "float32", load_weights: bool = True
) -> Any:
    """Return a keras.Model: token ids and padding mask (B, T) to states (B, T, D).

    Args:
        checkpoint: Its folder.
        precision: What it computes in; weights are float32.
        load_weights: Whether it starts at the checkpoint, or from chance.

    Raises:
        TrainingError: The checkpoint is of another architecture, or damaged.
    """
    import keras
    import keras_hub

    kind = _kind(checkpoint)
    try:
        with (
            _as_expected(checkpoint)
            if load_weights
            else nullcontext(checkpoint) as folder
        ):
            backbone = getattr(keras_hub.models, kind).from_preset(
                str(folder), load_weights=load_weights, dtype=precision
            )
    except Exception as error:  # whatever the reader of safetensors raises
        raise TrainingError(
            f"the checkpoint in {checkpoint} cannot be read ({error}); fetch it again"
        ) from error
    if _activation(checkpoint) == "gelu":
        _compute_exactly(backbone)
    states = backbone.output
    if isinstance(states, dict):  # BERT's has a pooled one too, nothing here reads it
        states = states["sequence_output"]
    return keras.Model(backbone.input, states, name="encoder")


def inputs_of(encode: Any, token_ids: Any, real: Any) -> dict[str, Any]:
    """Return what an encoder asks for; a headline is one segment.

    Args:
        encode: The encoder.
        token_ids: (B, T).
        real: (B, T), 1 where a token is, 0 where padding.
    """
    from keras import ops

    given = {"token_ids": token_ids, "padding_mask": real}
    if "segment_ids" in encode.input:
        given["segment_ids"] = ops.zeros_like(token_ids)
    return given


def longest(checkpoint: Path) -> int:
    """Return the most tokens of a headline that an encoder has positions for."""
    return int(_configuration(checkpoint).get("max_position_embeddings", 512))


def vocabulary_size(checkpoint: Path) -> int:
    """Return how many words an encoder has vectors for; a tokenizer may have fewer."""
    return int(_configuration(checkpoint).get("vocab_size", 0))


def _kind(checkpoint: Path) -> str:
    """Return the name of the backbone that computes what the checkpoint says."""
    found, activation = _configuration(checkpoint), _activation(checkpoint)
    kind = _BACKBONES.get(str(found.get("model_type")))
    if kind is None:
        raise TrainingError(
            f"{checkpoint / _CONFIG} is of no BERT or DistilBERT; give the checkpoint"
            " of one as train.transformer.base"
        )
    position = found.get("position_embedding_type", "absolute")
    if activation not in _ACTIVATIONS or position != "absolute":
        raise TrainingError(
            f"{checkpoint / _CONFIG} has the activation {activation!r} and {position}"
            " positions; only gelu and absolute ones can be computed, give another base"
        )
    return kind


def _activation(checkpoint: Path) -> str:
    found = _configuration(checkpoint)
    return str(found.get("hidden_act", found.get("activation", "gelu")))


def _compute_exactly(backbone: Any) -> None:
    """Let feed-forward layers compute gelu itself, for which keras-hub's BERT has tanh.

    The approximation moves all-MiniLM-L6-v2's hidden states by up to 0.007.
    """
    for layer in backbone.layers:
        dense = getattr(layer, "_feedforward_intermediate_dense", None)
        if dense is not None:
            dense.activation = exact_gelu


@contextmanager
def _as_expected(checkpoint: Path) -> Iterator[Path]:
    """Open a checkpoint whose weights have the names that keras-hub looks for.

    A DistilBERT saved without any head lacks the prefix that one with a head has.
    """
    from safetensors import safe_open
    from safetensors.numpy import load_file, save_file

    with safe_open(str(checkpoint / _WEIGHTS), framework="np") as file:
        names = list(file.keys())
    is_distilbert = _kind(checkpoint) == _BACKBONES["distilbert"]
    if not is_distilbert or any(name.startswith(_PREFIX) for name in names):
        yield checkpoint
        return
    with tempfile.TemporaryDirectory(prefix="rocktag-") as folder:
        weights = load_file(str(checkpoint / _WEIGHTS))
        named = {f"{_PREFIX}{name}": array for name, array in weights.items()}
        save_file(named, str(Path(folder) / _WEIGHTS))
        (Path(folder) / _CONFIG).write_bytes((checkpoint / _CONFIG).read_bytes())
        yield Path(folder)


def _configuration(checkpoint: Path) -> dict[str, Any]:
    path = checkpoint / _CONFIG
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"{path} cannot be read ({error}); fetch it again"
        ) from error
    return found if isinstance(found, dict) else {}
