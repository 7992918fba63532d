"""Libraries that do more than they are asked: what they write, what they import."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from types import ModuleType

_STANDARD_ERROR = 2


@contextmanager
def native_silence() -> Iterator[None]:
    """Drop what the process writes to standard error; what is raised still comes out.

    TensorFlow and LiteRT announce processors and delegates there, whatever their log
    level says. It is the whole process that is silent: keep it short.
    """
    try:
        kept = os.dup(_STANDARD_ERROR)
    except OSError:  # there is none: nothing to silence
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STANDARD_ERROR)
        yield
    finally:
        os.dup2(kept, _STANDARD_ERROR)
        os.close(kept)
        os.close(nowhere)


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Let imports of modules fail that nobody has imported yet.

    For a library that imports large ones for parts of it that are not used here, and
    does without where they are not installed.
    """
    hiding = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hiding))  # type: ignore[arg-type]  # None: absent
    try:
        yield
    finally:
        for name in hiding:
            del sys.modules[name]


def alone(name: str) -> ModuleType:
    """Import a module of a package without what the package itself imports.

    For a library of which one small part is used here. What is imported so is nobody
    else's: a later import of the package finds it as if this had not been.

    Raises:
        ModuleNotFoundError: There is no such module.
    """
    package = name.partition(".")[0]
    if package in sys.modules:
        return import_module(name)
    try:
        _stand_in(name)
        return import_module(name)
    finally:
        for one in [key for key in sys.modules if key.partition(".")[0] == package]:
            del sys.modules[one]


def _stand_in(name: str) -> None:
    """Enter the packages above a module, each with its path and nothing in it."""
    above: list[str] = []
    path: Sequence[str] | None = None
    for part in name.split(".")[:-1]:
        above.append(part)
        package = ".".join(above)
        spec = PathFinder.find_spec(package, path)
        if spec is None:
            raise ModuleNotFoundError(f"No module named {package!r}", name=package)
        sys.modules[package] = module_from_spec(spec)
        path = spec.submodule_search_locations
