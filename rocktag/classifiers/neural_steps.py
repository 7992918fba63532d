"""What TensorFlow runs: one step of learning, one of predicting, and the optimiser.

Each is traced once, for batches of any size and length.
"""

from __future__ import annotations

from typing import Any

from rocktag.classifiers.fused_adamw import fused_adamw
from rocktag.classifiers.neural_types import Schedule


def optimizer_of(schedule: Schedule, steps: int) -> Any:
    """Return AdamW; its rate changes over the schedule's epochs of `steps` batches."""
    several = schedule.accumulated_batches
    return fused_adamw(
        _learning_rate(schedule, schedule.epochs * steps),
        weight_decay=schedule.weight_decay,
        gradient_clip=schedule.gradient_clip,
        gradient_accumulation_steps=several if several > 1 else None,
    )


def _learning_rate(schedule: Schedule, steps: int) -> Any:
    """Return the rate of each of all steps: a number, or Keras' schedule."""
    from keras.optimizers import schedules

    peak, rising = schedule.learning_rate, round(schedule.warm_up * steps)
    falling = max(steps - rising, 1)
    match schedule.learning_rate_decay:
        case "cosine":
            after: Any = schedules.CosineDecay(peak, falling)
        case "linear":
            after = schedules.PolynomialDecay(peak, falling, end_learning_rate=0.0)
        case "none":
            after = peak
    return _warmed_up(peak, rising, after) if rising else after


def _warmed_up(peak: float, rising: int, after: Any) -> Any:
    """Return a schedule that rises to `peak` in so many steps, then goes `after`."""
    from keras import ops
    from keras.optimizers import schedules

    class WarmUp(schedules.LearningRateSchedule):  # type: ignore[misc]
        def __call__(self, step: Any) -> Any:
            done = ops.cast(step, "float32")
            later = after(ops.maximum(done - rising, 0)) if callable(after) else after
            return ops.where(done < rising, peak * (done + 1) / rising, later)

    return WarmUp()


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
