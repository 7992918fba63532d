"""Headlines that break the model, found in their batch; the others are tagged."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rocktag.db.taggings import Claimed
from rocktag.tagging.tagger import Tagger
from rocktag.types import Probabilities, Targets

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tagged:
    """Headlines with their probabilities and labels, both (N, L)."""

    items: tuple[Claimed, ...]
    probabilities: Probabilities
    decided: Targets

    def halves(self) -> tuple[Tagged, Tagged]:
        """Return the first half and the rest."""
        middle = len(self.items) // 2
        return self._cut(slice(middle)), self._cut(slice(middle, None))

    def _cut(self, part: slice) -> Tagged:
        return Tagged(self.items[part], self.probabilities[part], self.decided[part])


def isolate(tagger: Tagger, items: Sequence[Claimed]) -> tuple[Tagged, dict[int, str]]:
    """Tag what can be tagged; halve a batch that fails until each culprit stands alone.

    Returns:
        The tagged ones, and headline key to error for the others.
    """
    try:
        probabilities, decided = tagger.tag([item.title for item in items])
    except Exception as error:
        # Any title may break a model in any way; it must stop nobody else's.
        if len(items) == 1:
            message = f"{type(error).__name__}: {error}"
            logger.warning(
                "headline %d fails: %s",
                items[0].headline_id,
                message,
                extra={"event": "headline_fails"},
            )
            return _nothing_tagged(tagger), {items[0].headline_id: message}
        middle = len(items) // 2
        first, first_errors = isolate(tagger, items[:middle])
        second, second_errors = isolate(tagger, items[middle:])
        return _joined(first, second), first_errors | second_errors
    return Tagged(tuple(items), probabilities, decided), {}


def _nothing_tagged(tagger: Tagger) -> Tagged:
    shape = (0, len(tagger.labels))
    return Tagged((), np.zeros(shape, np.float32), np.zeros(shape, np.int8))


def _joined(first: Tagged, second: Tagged) -> Tagged:
    return Tagged(
        first.items + second.items,
        np.concatenate([first.probabilities, second.probabilities]),
        np.concatenate([first.decided, second.decided]),
    )
