"""Reading a page as a strict reader would: what stands in it, and whether it closes."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "link", "br", "hr", "img"}


@dataclass(slots=True)
class Element:
    """An element with its attributes and all the text in it."""

    tag: str
    attributes: dict[str, str]
    inside: list[str]
    text: str = ""


@dataclass(slots=True)
class Page:
    """A page that was read to its end.

    Attributes:
        elements: In the order in which they open.
        text: All of it, but the style.
    """

    elements: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, tag: str) -> list[Element]:
        """Return the elements of a kind."""
        return [element for element in self.elements if element.tag == tag]

    def ids(self) -> list[str]:
        """Return every id, in order."""
        return [one.attributes["id"] for one in self.elements if "id" in one.attributes]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page, self.open = Page(), list[Element]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        assert len(attributes) == len(attrs), f"<{tag}> has an attribute twice"
        element = Element(tag, attributes, [one.tag for one in self.open])
        self.page.elements.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data
        if not self.open or self.open[-1].tag != "style":
            self.page.text += data


def read_page(html: bytes) -> Page:
    """Return what stands in a page; refuse one whose elements do not close in order."""
    reader = _Reader()
    reader.feed(html.decode())
    reader.close()
    assert not reader.open, f"<{reader.open[-1].tag}> is left open"
    return reader.page
