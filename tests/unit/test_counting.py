"""Messages count in words that fit the number."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import rocktag
from rocktag.text import counted, noun

_COUNTED = (
    "decisions|epochs|faults|fields|folds|functions|headlines|models|positives|rows"
    "|suspects|trials|versions"
)
# With up to one word between: "3 labelling functions".
_PLURAL = re.compile(rf" (?:[a-z]+ )?(?:{_COUNTED})\b")


@given(st.integers(-10, 10_000_000))
def test_only_one_is_told_in_the_singular(number: int) -> None:
    assert counted(number, "row") == f"{number:,} {'row' if number == 1 else 'rows'}"
    assert noun(number, "is", "are") == ("is" if number == 1 else "are")


def test_no_message_tells_of_one_in_the_plural() -> None:
    """What counts these words in an f-string does so with `counted`."""
    package = Path(rocktag.__file__).parent
    found = [
        f"{path.relative_to(package)}:{value.lineno} {ast.unparse(value.value)}"
        for path in sorted(package.rglob("*.py"))
        for value in _bare_counts(ast.parse(path.read_text("utf-8")))
    ]
    assert found == []


def _bare_counts(tree: ast.AST) -> Iterator[ast.FormattedValue]:
    """Yield the numbers before a plural, but for constants and shares of several."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.JoinedStr):
            continue
        for value, after in pairwise(node.values):
            if (
                isinstance(value, ast.FormattedValue)
                and _is_number(value)
                and isinstance(after, ast.Constant)
                and _PLURAL.match(str(after.value))
            ):
                yield value


def _is_number(value: ast.FormattedValue) -> bool:
    """Tell whether it is shown as a number: with `:,`, or as a length."""
    if isinstance(value.value, ast.Name) and value.value.id.isupper():
        return False
    is_length = ast.unparse(value.value).startswith("len(")
    form = value.format_spec and ast.unparse(value.format_spec)
    return is_length or form == "f','"
