"""A space's points: all of a grid, and which of them are left."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping

from rocktag.config import Range, Space, Value
from rocktag.searching.plan import Trial

Point = Mapping[str, Value]


def points(space: Space) -> Iterator[Point]:
    """Yield each point of a space without ranges, the last setting changing fastest.

    >>> list(points({"a": (1, 2), "b": ("x",)}))
    [{'a': 1, 'b': 'x'}, {'a': 2, 'b': 'x'}]
    """
    axes = [axis for axis in space.values() if not isinstance(axis, Range)]
    for values in itertools.product(*axes):
        yield dict(zip(space, values, strict=True))


def untried(space: Space, trials: Iterable[Trial]) -> list[Point]:
    """Return the points of a space without ranges at which no trial was finished."""
    tried = [trial.parameters for trial in finished(trials)]
    return [point for point in points(space) if point not in tried]


def is_exhausted(space: Space, trials: Iterable[Trial]) -> bool:
    """Tell whether every point was tried; where there is a range, never.

    >>> is_exhausted({"a": (1, 2)}, [Trial(0, "complete", 0.5, {"a": 1}, 0.1)])
    False
    """
    if any(isinstance(axis, Range) for axis in space.values()):
        return False
    return not untried(space, trials)


def finished(trials: Iterable[Trial]) -> list[Trial]:
    """Return the trials that need not be run again."""
    return [trial for trial in trials if trial.state in ("complete", "pruned")]


def same(trials: Iterable[Trial], point: Point) -> Trial | None:
    """Return the first finished trial at a point."""
    return next((t for t in finished(trials) if t.parameters == point), None)
