"""Markdown: paragraphs that are filled, and tables."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

_WIDTH = 88


def paragraph(text: str) -> str:
    """Return a paragraph in lines of at most 88 characters."""
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def item(text: str) -> str:
    """Return an item of a list, likewise."""
    return paragraph(f"- {text}").replace("\n", "\n  ")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table.

    >>> print(table(["label", "F1"], [["tour", "0.99"]]))
    | label | F1 |
    | --- | --- |
    | tour | 0.99 |
    """
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
