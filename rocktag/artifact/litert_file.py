"""model.tflite and tokenizer.json: any network that reads token ids, run by LiteRT.

The file says its own shape: one input, token ids (B, T) of int32; one output,
probabilities (B, L) of float32. It masks padding by itself. LiteRT and the tokenizer
are the whole of it: no deep-learning framework is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from rocktag.classifiers.token_ids import PADDING, UNKNOWN, encode, id_of, pad
from rocktag.errors import ArtifactError
from rocktag.quiet import native_silence
from rocktag.types import Probabilities, TokenIds

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Predict: TypeAlias = Callable[[Sequence[str]], Probabilities]

THREADS = 2


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
    words = _tokenizer(tokenizer, where)
    network = _Network(_interpreter(model, threads, where), where)
    padding = id_of(words, PADDING)

    def predict(texts: Sequence[str]) -> Probabilities:
        return network.run(pad(encode(words, texts), network.length, padding))

    return predict


class _Network:
    """A LiteRT interpreter of a fixed shape, for any number of headlines."""

    def __init__(self, interpreter: Any, where: str) -> None:
        self._interpreter = interpreter
        self._input, self._output = _ends(interpreter, where)
        self.batch, self.length = map(int, self._input["shape"])
        self._labels = int(self._output["shape"][1])

    def run(self, token_ids: TokenIds) -> Probabilities:
        """Return the probabilities (N, L) of token ids (N, length)."""
        probabilities = np.zeros((len(token_ids), self._labels), dtype=np.float32)
        full = np.zeros((self.batch, self.length), dtype=np.int32)
        for start in range(0, len(token_ids), self.batch):
            part = token_ids[start : start + self.batch]
            full[: len(part)] = part  # what stays of the batch before is not read
            self._interpreter.set_tensor(self._input["index"], full)
            self._interpreter.invoke()
            found = self._interpreter.get_tensor(self._output["index"])
            probabilities[start : start + len(part)] = found[: len(part)]
        return probabilities


def _tokenizer(content: bytes, where: str) -> Tokenizer:
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_str(content.decode())
        for token in (PADDING, UNKNOWN):
            id_of(tokenizer, token)
    except Exception as error:  # the library raises plain Exception
        raise ArtifactError(
            f"{where}: tokenizer.json cannot be used ({error}); restore the folder"
            " from a copy, or train again"
        ) from error
    return tokenizer


def _interpreter(content: bytes, threads: int, where: str) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    try:
        with native_silence():
            interpreter = Interpreter(model_content=content, num_threads=threads)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ArtifactError(
            f"{where}: model.tflite is not readable ({error}); restore the folder from"
            " a copy, or train again"
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
