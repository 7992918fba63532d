"""TensorFlow and Keras, made ready in one place: quiet, on the CPU, and repeatable."""

from __future__ import annotations

import os
import sys

from rocktag.errors import UsageError
from rocktag.quiet import native_silence

_ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",  # errors only
    "CUDA_VISIBLE_DEVICES": "-1",  # one seed, one model: no GPU
}


def prepare() -> None:
    """Import TensorFlow and Keras, without a word; `import keras` is cheap after it.

    Raises:
        UsageError: They are not installed.
    """
    if "keras" in sys.modules:
        return
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        with native_silence():
            import keras
            import tensorflow  # noqa: F401 - Keras imports parts of it only
    except ImportError as error:
        raise UsageError(
            f"{error.name} is not installed, neural classifiers need it;"
            " run: pip install 'rocktag[train]'"
        ) from error
    keras.config.disable_interactive_logging()


def start_over(seed: int) -> None:
    """Forget other models' names and seed every generator: one seed, one model."""
    prepare()
    import keras
    import tensorflow as tf

    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    # It counts each new model as one function that is traced again and again.
    tf.get_logger().setLevel("ERROR")
