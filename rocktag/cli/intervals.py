"""How scores, differences and p-values are written for people."""

from __future__ import annotations

from rocktag.comparing import Difference, Interval


def interval_text(found: Interval | None) -> str | None:
    """Return a score with its interval.

    >>> interval_text(Interval(0.87654, 0.851, 0.9))
    '0.8765 (0.851 to 0.900)'
    """
    if found is None:
        return None
    return f"{found.value:.4f} ({found.low:.3f} to {found.high:.3f})"


def difference_text(found: Difference | None) -> str | None:
    """Return a difference with its p-value.

    >>> difference_text(Difference(0.012, -0.01, 0.03, 0.25))
    '+0.0120 (p 0.250)'
    """
    if found is None:
        return None
    return f"{found.value:+.4f} (p {p_value_text(found.p_value)})"


def p_value_text(found: float) -> str:
    """Return a p-value; of very small ones only that they are.

    >>> p_value_text(0.04), p_value_text(0.0001)
    ('0.040', '< 0.001')
    """
    return "< 0.001" if found < 0.001 else f"{found:.3f}"
