"""From a Keras model to the bytes that LiteRT serves."""

from __future__ import annotations

from typing import Any

from rocktag.quiet import native_silence


def freeze(model: Any, *, batch: int | None, length: int | None) -> Any:
    """Return the model as a function, once for every format it is converted to.

    The variables are frozen: from a Keras 3 model the converter would lose them and
    answer NaN. A recurrent network converts under a fixed shape only; others take
    whatever they are resized to.

    Args:
        model: A keras.Model of one input.
        batch: Headlines at once; None for any number.
        length: Tokens of each; None for any number.
    """
    import tensorflow as tf
    from tensorflow.python.framework import convert_to_constants

    def serve(token_ids: Any) -> Any:
        return model(token_ids, training=False)

    shape = tf.TensorSpec((batch, length), tf.int32, name="token_ids")
    with native_silence():
        return convert_to_constants.convert_variables_to_constants_v2(
            tf.function(serve, autograph=False).get_concrete_function(shape),
            lower_control_flow=False,  # lowered, loops get another form each time
        )


def to_litert(frozen: Any, *, quantised: bool) -> bytes:
    """Return model.tflite: token ids (batch, length) to probabilities (batch, L).

    Args:
        frozen: Of `freeze`.
        quantised: Whether weights are stored as int8 (dynamic range), else float32.
    """
    import tensorflow as tf

    with native_silence():
        converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
        if quantised:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        return bytes(converter.convert())
