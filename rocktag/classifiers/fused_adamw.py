"""AdamW whose update of a variable is one pass over memory.

Keras composes Adam's update of a dozen operations, each of which reads and writes
arrays as large as the variable: a fifth of a step of a transformer on a CPU. This one
hands the update to TensorFlow's own kernel; all else stays Keras'.
"""

from __future__ import annotations

from typing import Any


def fused_adamw(learning_rate: Any, **arguments: Any) -> Any:
    """Return a keras.optimizers.AdamW (Loshchilov and Hutter 2019).

    Args:
        learning_rate: A number, or Keras' schedule.
        arguments: As AdamW takes them, but for `amsgrad`.
    """
    import tensorflow as tf
    from keras import ops, optimizers

    class FusedAdamW(optimizers.AdamW):  # type: ignore[misc]
        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            place = self._get_variable_index(variable)
            step = ops.cast(self.iterations + 1, "float32")
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=self._momentums[place].value.handle,
                v=self._velocities[place].value.handle,
                beta1_power=self.beta_1**step,
                beta2_power=self.beta_2**step,
                lr=tf.cast(learning_rate, tf.float32),
                beta1=self.beta_1,
                beta2=self.beta_2,
                epsilon=self.epsilon,
                grad=tf.convert_to_tensor(gradient),  # an embedding's is sparse
            )

    return FusedAdamW(learning_rate, **arguments)
