"""Whether more is installed than the worker needs."""

from __future__ import annotations

from importlib.util import find_spec

from rocktag.errors import UsageError

_TRAINING_PACKAGES = ("iterstrat", "jinja2", "markdown_it", "matplotlib", "pandas")


def check_installed(*also: str) -> None:
    """Refuse at once, not after minutes, where only the worker's packages are.

    Raises:
        UsageError: A package that training needs is missing, or one named here.
    """
    needed = (*_TRAINING_PACKAGES, *also)
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"{', '.join(missing)} not installed, training needs it;"
            " run: pip install 'rocktag[train]'"
        )
