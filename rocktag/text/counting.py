"""Numbers with what they count, for messages: "1 headline", "2 headlines"."""

from __future__ import annotations


def counted(number: float, one: str, more: str | None = None) -> str:
    """Return a number and what it counts, in the singular where it is 1.

    Args:
        number: How many.
        one: What stands behind 1.
        more: What stands behind other numbers; by default `one` with an s.

    >>> counted(1, "headline"), counted(0, "headline"), counted(1_200, "headline")
    ('1 headline', '0 headlines', '1,200 headlines')
    >>> counted(0.5, "hour"), counted(1.0, "hour")
    ('0.5 hours', '1 hour')
    >>> counted(1, "headline is", "headlines are")
    '1 headline is'
    """
    shown = f"{number:g}" if isinstance(number, float) else f"{number:,}"
    return f"{shown} {noun(number, one, more)}"


def noun(number: float, one: str, more: str | None = None) -> str:
    """Return what stands behind a number, as `counted` has it.

    >>> noun(1, "model"), noun(2, "model")
    ('model', 'models')
    """
    return one if number == 1 else more or f"{one}s"
