"""A bar that shows how far a training is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rocktag.cli.console import messages, note, progress

if TYPE_CHECKING:
    from rocktag.fitting import Progress


@contextmanager
def shown_progress(prefix: str = "") -> Iterator[Progress]:
    """Open a bar, and yield what a training tells its stages.

    Where no terminal is, each epoch has a line instead.
    """
    with progress() as bar:
        task = bar.add_task("train", total=None)

        def show(stage: str, done: int, steps: int, detail: str = "", /) -> None:
            description = f"{prefix}{stage}, {detail}" if detail else prefix + stage
            if stage.endswith("epoch") and not messages.is_terminal:  # of a fold too
                note(f"{prefix}{stage} {done} of {steps}, {detail}")
            total = steps or None  # of a pipe nobody knows the size
            bar.update(task, description=description, completed=done, total=total)

        yield show
