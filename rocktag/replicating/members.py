"""What the original study and its predecessors trained, the quickest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rocktag.errors import UsageError, brief
from rocktag.text import TextView
from rocktag.types import ClassifierName

# An encoder was trained on running text: stems are no words to it.
MEMBERS: tuple[tuple[ClassifierName, tuple[TextView, ...]], ...] = (
    ("decision-tree", ("raw", "clean")),
    ("logistic-regression", ("raw", "clean")),
    ("random-forest", ("raw", "clean")),
    ("extra-trees", ("raw", "clean")),
    ("adaboost", ("raw", "clean")),
    ("cnn-bilstm", ("raw", "clean")),
    ("transformer", ("raw",)),
)


@dataclass(frozen=True, slots=True)
class Member:
    """One training of a study: a classifier on one text view."""

    classifier: ClassifierName
    text_view: TextView

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.classifier} on {self.text_view} text"


def members(classifiers: Sequence[str] | None = None) -> list[Member]:
    """Return the members of a study, the quickest first.

    >>> [member.name for member in members(["transformer"])]
    ['transformer on raw text']

    Args:
        classifiers: Only these; None for all.

    Raises:
        UsageError: One is unknown.
    """
    known = [name for name, _ in MEMBERS]
    if unknown := sorted(set(classifiers or ()) - set(known)):
        raise UsageError(
            f"unknown classifier {brief(repr(unknown[0]))}; known are"
            f" {', '.join(known)}"
        )
    return [
        Member(name, view)
        for name, views in MEMBERS
        for view in views
        if classifiers is None or name in classifiers
    ]
