"""From a Keras model to the bytes that LiteRT serves."""

from __future__ import annotations

from typing import Any

from rocktag.quiet import native_silence


def to_litert(
    model: Any, *, batch: int | None, length: int | None, quantised: bool
) -> bytes:
    """Return model.tflite: token ids (batch, length) to probabilities (batch, L).

    The variables are frozen first: from a Keras 3 model the converter would lose them
    and answer NaN. A recurrent network converts under a fixed shape only; others take
    whatever they are resized to.

    Args:
        model: A keras.Model of one input.
        batch: Headlines at once; None for any number.
        length: Tokens of each; None for any number.
        quantised: Whether weights are stored as int8 (dynamic range), else float32.
    """
    import tensorflow as tf
    from tensorflow.python.framework import convert_to_constants

    def serve(token_ids: Any) -> Any:
        return model(token_ids, training=False)

    shape = tf.TensorSpec((batch, length), tf.int32, name="token_ids")
    with native_silence():
        concrete = tf.function(serve, autograph=False).get_concrete_function(shape)
        frozen = convert_to_constants.convert_variables_to_constants_v2(
            concrete,
            lower_control_flow=False,  # lowered, loops get another form each time
        )
        converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
        if quantised:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        return bytes(converter.convert())
