"""A model card, from Markdown to a part of a page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from rocktag.text import printable

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_LOWER = 2  # levels that a heading of the card is below one of the page


def html(text: str) -> str:
    """Return the card as HTML, in which what looks like HTML or a link is text.

    >>> print(html("# Model of <b>Queen</b>"))
    <h3>Model of &lt;b&gt;Queen&lt;/b&gt;</h3>
    <BLANKLINE>
    """
    from markupsafe import Markup

    reader = _reader()
    tokens = reader.parse(printable(text))
    for token in tokens:
        if token.type.startswith("heading_"):
            token.tag = f"h{int(token.tag[1]) + _LOWER}"
        if token.type == "th_open":
            token.attrSet("scope", "col")
    page: str = reader.renderer.render(tokens, reader.options, {})
    return Markup(page)  # noqa: S704 - markdown-it escapes what it is given


@cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.disable(["link", "autolink", "image"])
    reader.add_render_rule("table_open", _open_table)
    reader.add_render_rule("table_close", _close_table)
    return reader


def _open_table(_: Any, tokens: Sequence[Token], place: int, *__: Any) -> str:
    """Return the beginning of a table; the text before it is its caption."""
    from markupsafe import escape

    before = [token.content for token in tokens[:place] if token.type == "inline"]
    caption = escape(before[-1] if before else "Table of the model card")
    return (
        '<div class="scroll" tabindex="0"><table>'
        f'<caption class="hidden">{caption}</caption>'
    )


def _close_table(*_: Any) -> str:
    return "</table></div>\n"
