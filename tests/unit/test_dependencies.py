"""What rocktag needs, as the installed packages themselves say."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
EXTRAS = ("train", "postgres", "mysql", "docs", "dev")
PYTORCH = re.compile(r"(py)?torch|tf-keras")


def is_wanted(requirement: Requirement, extras: frozenset[str]) -> bool:
    """Whether a requirement holds here, with any of the extras or none."""
    marker = requirement.marker
    return marker is None or any(
        marker.evaluate({"extra": extra}) for extra in ("", *extras)
    )


def needed(name: str, *extras: str) -> set[str]:
    """Return the names of all packages that a package needs, and theirs."""
    pending, seen = [(name, frozenset(extras))], set()
    while pending:
        package = pending.pop()
        if package in seen:
            continue
        seen.add(package)
        try:
            lines = requires(package[0]) or []
        except PackageNotFoundError:
            continue  # it is named all the same
        for requirement in map(Requirement, lines):
            if is_wanted(requirement, package[1]):
                wanted = frozenset(requirement.extras)
                pending.append((canonicalize_name(requirement.name), wanted))
    return {package for package, _ in seen}


def test_no_package_needs_pytorch() -> None:
    names = needed("rocktag", *EXTRAS)
    assert {"keras-hub", "transformers", "safetensors", "huggingface-hub"} <= names
    assert len(names) > 50
    assert [name for name in names if PYTORCH.match(name)] == []
    assert find_spec("torch") is None


def test_every_package_needed_has_an_exact_version_and_no_other() -> None:
    lines = CONSTRAINTS.read_text("utf-8").splitlines()
    exact = [re.fullmatch(r"([A-Za-z0-9._-]+)==[0-9][\w.+!]*", line) for line in lines]
    assert None not in exact
    names = [canonicalize_name(found[1]) for found in exact if found]
    assert needed("rocktag", *EXTRAS) - {"rocktag", "setuptools", "wheel"} <= set(names)
    assert [name for name in names if PYTORCH.match(name)] == []


def test_the_rules_alone_import_no_scientific_library() -> None:
    program = (
        "import sys; from rocktag.labeling import keyword_rules;"
        " found = keyword_rules().label_matrix(['Ghost announce tour'], ['tour']);"
        " print(found.tolist(), {'sklearn', 'scipy', 'pandas'} & set(sys.modules));"
        " import sklearn"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ended.stdout == "[[1]] set()\n"
