"""Whether two models that saw the same headlines differ, or chance has made it so."""

from __future__ import annotations

import math

_EXACT = 1_000  # headlines on which they differ; from there on the normal curve does


def mcnemar_p_value(only_first: int, only_second: int) -> float:
    """Return the two-sided p-value that two models give a label equally often.

    Only headlines count to which just one of them gives it: Q. McNemar, Note on the
    sampling error of the difference between correlated proportions, 1947; exact for
    few of them, with a continuity correction for many. In plain arithmetic, as the
    worker imports no SciPy.

    >>> mcnemar_p_value(0, 0), mcnemar_p_value(0, 8), mcnemar_p_value(900, 900)
    (1.0, 0.0078125, 1.0)

    Args:
        only_first: Headlines to which only the first gives it.
        only_second: Headlines to which only the second does.
    """
    differing, fewer = only_first + only_second, min(only_first, only_second)
    if differing <= _EXACT:
        tail = sum(math.comb(differing, count) for count in range(fewer + 1))
        return min(2 * tail / (1 << differing), 1.0)
    distance = max(abs(only_first - only_second) - 1, 0) / math.sqrt(differing)
    return math.erfc(distance / math.sqrt(2))
