"""Where the outputs of a network start."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def output_bias(label_shares: npt.NDArray[np.floating]) -> Any:
    """Return Keras' initialiser of the bias: the log-odds of the labels' shares (L,).

    A network that starts at "no" for rare labels need not learn that first.
    """
    from keras import initializers

    odds = label_shares / (1 - label_shares)
    return initializers.Constant(np.log(odds).astype(np.float32))
