"""AdamW in as few passes over memory as TensorFlow can do it in.

Keras composes an update of a dozen operations, each of which reads and writes arrays as
large as the variable: a fifth of a step of a transformer on a CPU. This one hands Adam,
the norm of the gradients and the decay to kernels that do more at once; all else stays
Keras'.
"""

from __future__ import annotations

from typing import Any


def fused_adamw(
    learning_rate: Any, *, weight_decay: float, gradient_clip: float, **arguments: Any
) -> Any:
    """Return a keras.optimizers.Adam with decoupled decay (Loshchilov and Hutter 2019).

    Args:
        learning_rate: A number, or Keras' schedule.
        weight_decay: Times the learning rate: what a step takes off each weight.
        gradient_clip: Largest norm of all gradients together; 0: no limit.
        arguments: As Adam takes them, but for `amsgrad`.
    """
    import tensorflow as tf
    from keras import ops, optimizers

    class FusedAdamW(optimizers.Adam):  # type: ignore[misc]
        def _clip_gradients(self, grads: list[Any]) -> list[Any]:
            if not gradient_clip:
                return grads
            return list(tf.clip_by_global_norm(grads, gradient_clip)[0])

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            place = self._get_variable_index(variable)
            step = ops.cast(self.iterations + 1, "float32")
            rate = tf.cast(learning_rate, tf.float32)
            if weight_decay:
                variable.assign(variable * (1 - rate * weight_decay))
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=self._momentums[place].value.handle,
                v=self._velocities[place].value.handle,
                beta1_power=self.beta_1**step,
                beta2_power=self.beta_2**step,
                lr=rate,
                beta1=self.beta_1,
                beta2=self.beta_2,
                epsilon=self.epsilon,
                grad=tf.convert_to_tensor(gradient),  # an embedding's is sparse
            )

    return FusedAdamW(learning_rate, **arguments)
