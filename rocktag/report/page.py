"""A page: sections of prose, facts, tables and figures, set into one HTML file.

The file needs no network and no script, and forbids both: whatever a headline holds is
text in it. Same parts, same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, TypeAlias

from rocktag.report import card
from rocktag.report.canvas import Drawing
from rocktag.report.occlusion import WorstError
from rocktag.text import printable

if TYPE_CHECKING:
    from jinja2 import Environment

PAGE_NAME = "report.html"

Cell: TypeAlias = str | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first cell of each row names it.

    Attributes:
        caption: What it shows.
        header: Of each column.
        rows: Counts are int, scores are float.
        is_shaded: Whether scores are shaded, so that low ones are found.
        is_wide: Whether nothing stands beside it.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    is_shaded: bool = False
    is_wide: bool = False

    def columns(self) -> list[tuple[str, bool]]:
        """Return each column's heading, and whether it holds numbers only."""
        cells = zip(*self.rows, strict=True) if self.rows else [[""]] * len(self.header)
        return [
            (name, all(map(_is_number, column)))
            for name, column in zip(self.header, cells, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Tiles:
    """The few numbers that are looked for first, each with what it is."""

    items: Sequence[tuple[Cell, str]]


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what they are."""

    items: Sequence[tuple[str, Cell]]


@dataclass(frozen=True, slots=True)
class Errors:
    """Headlines that a model is wrong about, with the words that drove it."""

    items: Sequence[WorstError]


@dataclass(frozen=True, slots=True)
class Card:
    """A model card, in Markdown."""

    text: str


Part: TypeAlias = str | Table | Tiles | Facts | Errors | Card | Drawing


@dataclass(frozen=True, slots=True)
class Section:
    """A section with its parts in reading order; a text is a paragraph.

    Attributes:
        name: By which it is linked to.
        title: Its heading.
        parts: What stands in it.
    """

    name: str
    title: str
    parts: Sequence[Part]


def render(title: str, lead: str, sections: Sequence[Section]) -> bytes:
    """Return the page.

    Args:
        title: What it is about.
        lead: What to know before reading on, in a sentence or two.
        sections: Those without a part are left out.
    """
    page = _environment().get_template("page.html.jinja")
    shown = [section for section in sections if section.parts]
    return page.render(title=title, lead=lead, sections=shown).encode()


def ranged(value: float, low: float, high: float, form: str = ".4f") -> str:
    r"""Return a cell of a score with its interval, which stays on one line.

    >>> ranged(0.98765, 0.98, 0.99)
    '0.9877 (0.9800,\xa00.9900)'
    """
    return f"{value:{form}} ({low:{form}},\xa0{high:{form}})"


def form_of(score: str) -> str:
    """Return how a score of that name is written; a hamming loss is very small.

    >>> f"{0.00034:{form_of('hamming_loss')}}"
    '0.00034'
    """
    return ".5f" if score == "hamming_loss" else ".4f"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("rocktag.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    environment.filters.update(
        card=card.html,
        cell=_cell,
        driver=WorstError.driver,
        html=_markup,
        is_number=_is_number,
        kind=_kind,
        strength=_strength,
    )
    style = files("rocktag.report").joinpath("templates/page.css")
    environment.globals["style"] = _markup(style.read_text())
    return environment


def _visible(value: object) -> object:
    """Escape the control characters of every text but the page's own."""
    from markupsafe import Markup

    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value)
    return value


def _markup(html: str) -> str:
    """Return what is HTML already, and was escaped where it was made."""
    from markupsafe import Markup

    return Markup(html)  # noqa: S704 - figures, card and style are made here


def _kind(part: Part) -> str:
    return type(part).__name__.lower()


def _cell(value: Cell) -> str:
    """Return a cell as it is read.

    >>> _cell(12345), _cell(0.98765), _cell(None), _cell("n/a")
    ('12,345', '0.9877', '-', 'n/a')
    """
    match value:
        case None:
            return "-"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:.4f}"
        case str():
            return value


def _is_number(value: Cell) -> bool:
    """Tell whether a cell stands to the right, as numbers do.

    >>> _is_number("0.98 (0.97, 0.99)"), _is_number("98.1 %"), _is_number("tour")
    (True, True, False)
    """
    return not any(map(str.isalpha, value)) if isinstance(value, str) else True


def _strength(effect: float) -> str:
    """Return how strongly a word is marked, by how far it moves the probability."""
    return f"{min(abs(effect), 1):.2f}"
