"""What TensorFlow runs: one step of learning, one of predicting, and the optimiser.

Each is traced once, for batches of any size and length.
"""

from __future__ import annotations

from typing import Any

from rocktag.classifiers.neural_types import Schedule


def optimizer_of(schedule: Schedule, steps: int) -> Any:
    """Return AdamW; its rate may fall over the schedule's epochs of `steps` batches."""
    from keras import optimizers

    rate: Any = schedule.learning_rate
    if schedule.learning_rate_decay == "cosine":
        rate = optimizers.schedules.CosineDecay(rate, schedule.epochs * steps)
    return optimizers.AdamW(rate, weight_decay=schedule.weight_decay)


def compiled_step(model: Any, optimizer: Any, negative_focus: float) -> Any:
    """Return one step of learning: token ids and targets to loss and probabilities."""
    import tensorflow as tf
    from keras import ops

    def step(token_ids: Any, targets: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            probabilities = model(token_ids, training=True)  # (B, L)
            loss = ops.mean(_loss(targets, probabilities, negative_focus))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss, probabilities

    shapes = [
        tf.TensorSpec((None, None), tf.int32),
        tf.TensorSpec((None, model.output_shape[-1]), tf.float32),
    ]
    return tf.function(step, input_signature=shapes, autograph=False)


def compiled_forward(model: Any) -> Any:
    """Return the model as it serves, token ids (B, T) to probabilities (B, L)."""
    import tensorflow as tf

    def forward(token_ids: Any) -> Any:
        return model(token_ids, training=False)

    shapes = [tf.TensorSpec((None, None), tf.int32)]
    return tf.function(forward, input_signature=shapes, autograph=False)


def _loss(targets: Any, probabilities: Any, negative_focus: float) -> Any:
    """Return the cross-entropy of each decision (B, L), easy negatives made small."""
    from keras import ops

    entropy = ops.binary_crossentropy(targets, probabilities)
    if not negative_focus:
        return entropy
    return entropy * (targets + (1 - targets) * probabilities**negative_focus)
