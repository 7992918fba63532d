"""What all processes of a test run share: made by the first that asks for it.

pytest-xdist runs tests in several processes, and each makes its own session fixtures.
What takes seconds is made once here, and read by the others.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from rocktag.locks import locked
from rocktag.training import Trained

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Once:
    """Makes things by name, once a test run.

    Attributes:
        folder: What all processes of the run, and no other run, can read.
    """

    folder: Path

    def __call__(self, name: str, make: Callable[[], T]) -> T:
        """Return what `make` returns, or returned when it was called for this name."""
        path = self.folder / f"{name}.pickle"
        with locked(path.with_suffix(".lock")):
            if not path.is_file():
                path.write_bytes(pickle.dumps(make()))
        found: T = pickle.loads(path.read_bytes())  # noqa: S301 - written by ourselves
        return found

    def trained(self, name: str, train: Callable[[], Trained]) -> Trained:
        """Return a training, with nothing kept of it that it could be resumed from."""

        def finished() -> Trained:
            made = train()
            for checkpoint in made.checkpoints:
                checkpoint.remove()
            return replace(made, checkpoints=())

        return self(name, finished)
