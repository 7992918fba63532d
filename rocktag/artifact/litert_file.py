"""model.tflite and tokenizer.json: any network that reads token ids, run by LiteRT.

The file says its own shape: one input, token ids (B, T) of int32, each axis fixed or
free; one output, probabilities (B, L) of float32. It masks padding by itself. LiteRT
and the tokenizer are the whole of it: no deep-learning framework is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from rocktag.classifiers import batches
from rocktag.classifiers.token_ids import (
    PADDING,
    UNKNOWN,
    Ragged,
    encode,
    id_of,
    pad,
)
from rocktag.errors import ArtifactError, brief
from rocktag.quiet import native_silence
from rocktag.types import Probabilities, TokenIds

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Predict: TypeAlias = Callable[[Sequence[str]], Probabilities]

THREADS = 2
_BATCH = 32  # headlines at once, where the file leaves it free


def load(
    model: bytes, tokenizer: bytes, *, where: str, threads: int = THREADS
) -> Predict:
    """Return the function from N texts, under their text view, to probabilities (N, L).

    Args:
        model: Of model.tflite.
        tokenizer: Of tokenizer.json.
        where: What they belong to, for messages.
        threads: That LiteRT computes with.

    Raises:
        ArtifactError: One of them is damaged, or of another form.
    """
    words = read_tokenizer(tokenizer, where=where)
    interpreter = _interpreter(model, threads, where)
    network = _Network(interpreter, id_of(words, PADDING), where)

    def predict(texts: Sequence[str]) -> Probabilities:
        return network.run(encoded(words, texts, where=where))

    return predict


class _Network:
    """A LiteRT interpreter for any number of headlines of any length.

    A file says of each axis of its input how long it is, or that any length will do.
    Headlines of like length go through it together, so that little of it is padding.
    """

    def __init__(self, interpreter: Any, padding: int, where: str) -> None:
        self._interpreter, self._padding = interpreter, padding
        self._input, self._output = _ends(interpreter, where)
        batch, length = (int(size) for size in self._input["shape_signature"])
        self._batch, self._length = _fixed(batch), _fixed(length)
        self._labels = int(self._output["shape"][1])

    def run(self, token_ids: Ragged) -> Probabilities:
        """Return the probabilities (N, L) of N headlines."""
        probabilities = np.zeros((len(token_ids), self._labels), dtype=np.float32)
        lengths = np.array([len(ids) for ids in token_ids], dtype=np.int64)
        for rows in batches.by_length(lengths, self._batch or _BATCH):
            found = self._invoke(self._padded([token_ids[row] for row in rows]))
            probabilities[rows] = found[: len(rows)]
        return probabilities

    def _padded(self, token_ids: Ragged) -> TokenIds:
        """Return a batch as the file takes it, the longest headline last."""
        missing = self._batch - len(token_ids) if self._batch else 0
        length = self._length or len(token_ids[-1])
        return pad([*token_ids, *[[]] * missing], length, self._padding)

    def _invoke(self, token_ids: TokenIds) -> Probabilities:
        number = self._input["index"]
        if tuple(self._interpreter.get_input_details()[0]["shape"]) != token_ids.shape:
            self._interpreter.resize_tensor_input(number, token_ids.shape, strict=True)
            self._interpreter.allocate_tensors()
        self._interpreter.set_tensor(number, token_ids)
        self._interpreter.invoke()
        found: Probabilities = self._interpreter.get_tensor(self._output["index"])
        return found


def _fixed(size: int) -> int | None:
    """Return the size of an axis, None where any will do.

    >>> _fixed(64), _fixed(-1)
    (64, None)
    """
    return size if size > 0 else None


def read_tokenizer(content: bytes, *, where: str) -> Tokenizer:
    """Return the tokenizer of tokenizer.json.

    Raises:
        ArtifactError: It is damaged, or lacks a token that every network needs.
    """
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_str(content.decode())
        for token in (PADDING, UNKNOWN):
            id_of(tokenizer, token)
    except Exception as error:  # the library raises plain Exception
        raise ArtifactError(
            f"{where}: tokenizer.json cannot be used ({brief(error)}); restore the"
            " folder from a copy, or train again"
        ) from error
    return tokenizer


def encoded(tokenizer: Tokenizer, texts: Sequence[str], *, where: str) -> Ragged:
    """Return the token ids of N texts.

    Raises:
        ArtifactError: The tokenizer's native code panicked, which is no `Exception`.
    """
    try:
        return encode(tokenizer, texts)
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # a type that nobody exports
            raise
        raise ArtifactError(
            f"{where}: tokenizer.json fails on a headline ({brief(error)}); restore"
            " the folder from a copy, or train again"
        ) from error


def _interpreter(content: bytes, threads: int, where: str) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    try:
        with native_silence():
            interpreter = Interpreter(model_content=content, num_threads=threads)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ArtifactError(
            f"{where}: model.tflite is not readable ({brief(error)}); restore the"
            " folder from a copy, or train again"
        ) from error
    return interpreter


def _ends(interpreter: Any, where: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what LiteRT says of the one input and the one output."""
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    found = [
        (np.dtype(end["dtype"]).name, len(end["shape"])) for end in (*inputs, *outputs)
    ]
    if len(inputs) != 1 or found != [("int32", 2), ("float32", 2)]:
        raise ArtifactError(
            f"{where}: model.tflite does not map token ids (int32) to probabilities"
            f" (float32) but has {found}; install a newer rocktag"
        )
    return inputs[0], outputs[0]
