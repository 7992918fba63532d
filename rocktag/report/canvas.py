"""Figures: drawn once with matplotlib, then kept as files or set into a page.

A page takes a figure as inline SVG: its text stays text, its colours become those of
the page's theme, and it carries its title and its description for those who do not see
it. matplotlib draws both, so that a figure looks alike in a page, a file and a slide.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from xml.etree import ElementTree

from rocktag.text import printable

ImageFormat: TypeAlias = Literal["png", "svg"]
Draw: TypeAlias = Callable[
    [Sequence[Any]], None
]  # onto matplotlib's axes, a panel each

# What is drawn is drawn in these; a page replaces them by the variables of its theme.
INK, PAPER, GRID, ACCENT = "#000000", "#ffffff", "#d9d9d9", "#0b62a4"
_THEME = {INK: "--ink", PAPER: "--paper", GRID: "--grid", ACCENT: "--accent"}

_DECIMALS = re.compile(r"-?\d+\.\d+")
_COLOUR = re.compile("#[0-9a-f]{6}")
_REFERENCE = re.compile(r"#([A-Za-z]\w*)")
_DROPPED = {"metadata", "style"}  # elements: addresses on the web, and what CSS says


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A figure that can be drawn in any format.

    Attributes:
        name: Of its files, and of what is unique in a page.
        title: What it shows, in a line.
        description: What can be read from it, for those who cannot see it.
        draw: Draws it.
        panels: Axes of one height.
        height: Of a panel in a page, in inches; it is as wide as a telephone there.
        wide: Whether it needs more than that to be read: then it is scrolled.
    """

    name: str
    title: str
    description: str
    draw: Draw
    panels: int = 1
    height: float = 3.4
    wide: bool = False

    def files(self) -> dict[str, bytes]:
        """Return it as PNG and SVG, readable in black and white; same bytes again."""
        formats: tuple[ImageFormat, ...] = ("png", "svg")
        return {f"{self.name}.{one}": self.image(one) for one in formats}

    def image(self, image_format: ImageFormat) -> bytes:
        """Return it as an image with its panels side by side."""
        width = 7 + 2 * (self.panels - 1)
        with _drawn(self.panels, (1, self.panels), (width, 4)) as (axes, save):
            self.draw(axes)
            return save(image_format)

    def inline(self) -> str:
        """Return it as an SVG element of a page, two panels in a row at most."""
        columns = min(self.panels, 2)
        rows = -(-self.panels // columns)
        size = (7.5 if self.wide else 5, self.height * rows)
        with _drawn(self.panels, (rows, columns), size) as (axes, save):
            self.draw(axes)
            return _themed(save("svg"), self)


def drawn(drawings: Iterable[Drawing]) -> dict[str, bytes]:
    """Return the files of all the figures."""
    return {
        name: content
        for drawing in drawings
        for name, content in drawing.files().items()
    }


def log_scale(axis: Any) -> None:
    """Make an axis logarithmic, with plain numbers, after all is drawn on it."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    low, high = axis.get_data_interval()
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 200 * low else (1,)))
    axis.set_major_formatter("{x:,g}")
    axis.set_minor_formatter(NullFormatter())


Save: TypeAlias = Callable[[ImageFormat], bytes]


@contextmanager
def _drawn(
    panels: int, grid: tuple[int, int], size: tuple[float, float]
) -> Iterator[tuple[list[Any], Save]]:
    """Open axes, and give what returns the image of what was drawn on them."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    style: dict[Any, Any] = {  # matplotlib's type names every key there is
        "svg.hashsalt": "rocktag",  # no random names: the same data, the same bytes
        "svg.fonttype": "none",
        "text.parse_math": False,  # a dollar of somebody's file name is a dollar
        "font.size": 11 if size[0] > 5 else 10,
        "axes.axisbelow": True,
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=size, layout="constrained")
        found = figure.subplots(*grid, sharey=True, squeeze=False).ravel().tolist()
        for axes in found[panels:]:
            axes.remove()
        for axes in found[:panels]:
            axes.grid(visible=True, color=GRID)
        yield found[:panels], lambda image_format: _saved(figure, image_format)


def _saved(figure: Any, image_format: ImageFormat) -> bytes:
    """Return the image without a date, and without the name of what drew it."""
    names = ("Date", "Creator", "Format", "Type")
    named = {"svg": dict.fromkeys(names), "png": {"Software": None}}
    _lay_out(figure)
    image = io.BytesIO()
    figure.savefig(image, format=image_format, dpi=120, metadata=named[image_format])
    return image.getvalue()


def _lay_out(figure: Any) -> None:
    """Make room for all labels, once: matplotlib would draw all twice to do it."""
    if (engine := figure.get_layout_engine()) is not None:
        engine.execute(figure)
        figure.set_layout_engine(None)


def _themed(svg: bytes, drawing: Drawing) -> str:
    """Return matplotlib's SVG as an element that stands in a page beside others."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - drawn a moment ago, by ourselves
    _simplify(root)
    used = {
        name
        for element in root.iter()
        for key, value in element.attrib.items()
        if key == "href" or value.startswith("url(")
        for name in _REFERENCE.findall(value)
    }
    for element in root.iter():
        element.attrib = _attributes(element.attrib, used, drawing.name)
    for size in ("width", "height"):
        del root.attrib[size]  # the page decides
    root.attrib.update(_described(root, drawing))
    ElementTree.indent(root, space="")
    return ElementTree.tostring(root, encoding="unicode")


def _simplify(root: ElementTree.Element) -> None:
    """Take away namespaces, which HTML needs not, and what `_DROPPED` names."""
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.attrib = {
            key.rpartition("}")[2]: value for key, value in element.attrib.items()
        }
        for child in list(element):
            if child.tag.rpartition("}")[2] in _DROPPED:
                element.remove(child)


def _attributes(given: Mapping[str, str], used: set[str], name: str) -> dict[str, str]:
    """Return an element's attributes: short, in the theme, with names of the figure."""
    found: dict[str, str] = {}
    for key, value in given.items():
        match key:
            case "id":
                if value in used:
                    found[key] = f"{name}-{value}"
            case "href" | "clip-path":
                found[key] = _REFERENCE.sub(rf"#{name}-\1", value)
            case "style":
                found[key] = _style(value)
            case "version":
                pass
            case _:
                found[key] = _DECIMALS.sub(_short, " ".join(value.split()))
    return found


def _style(value: str) -> str:
    """Return a style in the theme's colours; the font is the page's."""
    kept = (part for part in value.split("; ") if not part.startswith("font-family"))
    return _COLOUR.sub(_variable, ";".join(kept).replace(": ", ":"))


def _variable(found: re.Match[str]) -> str:
    return f"var({_THEME[found[0]]})"


def _short(found: re.Match[str]) -> str:
    """Return a number of a 72nd of an inch with one decimal less than can be seen."""
    return f"{float(found[0]):.2f}".rstrip("0").rstrip(".")


def _described(root: ElementTree.Element, drawing: Drawing) -> dict[str, str]:
    """Give the image its alternative text; return the attributes that point to it."""
    texts = {"title": drawing.title, "desc": drawing.description}
    for place, (tag, text) in enumerate(texts.items()):
        element = ElementTree.Element(tag, {"id": f"{drawing.name}-{tag}"})
        element.text = printable(text)
        root.insert(place, element)
    return {
        "role": "img",
        "aria-labelledby": f"{drawing.name}-title",
        "aria-describedby": f"{drawing.name}-desc",
    }
