"""In which number format a network is fitted: bfloat16 where the CPU computes it fast.

Under `mixed_bfloat16` weights and sums stay float32, products are bfloat16. A CPU
without instructions for it emulates them, much slower than float32: so it is measured.
"""

from __future__ import annotations

import time
from functools import cache
from typing import Any, Literal, TypeAlias

Precision: TypeAlias = Literal["float32", "mixed_bfloat16"]

_WORTHWHILE = 1.3  # times as fast; a noisy machine must not choose by chance
_SHAPE = (512, 768, 3072)  # a DistilBERT's widest layer, 32 headlines of 16 tokens
_ROUNDS = 7


@cache
def fastest() -> Precision:
    """Return the faster format of a layer's product on this machine, best of rounds.

    It is measured once a process: all folds are fitted in the same.
    """
    import tensorflow as tf

    rows, inner, columns = _SHAPE
    seconds = {}
    for dtype in (tf.float32, tf.bfloat16):
        left, right = (
            tf.cast(tf.random.stateless_normal(shape, (1, 2)), dtype)
            for shape in ((rows, inner), (inner, columns))
        )
        seconds[dtype] = min(_timed(left, right) for _ in range(_ROUNDS))
    ratio = seconds[tf.float32] / seconds[tf.bfloat16]
    return "mixed_bfloat16" if ratio >= _WORTHWHILE else "float32"


def _timed(left: Any, right: Any) -> float:
    import tensorflow as tf

    begun = time.perf_counter()
    tf.linalg.matmul(left, right).numpy()
    return time.perf_counter() - begun
