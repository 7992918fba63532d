"""Human labels of the database, to be scored against as those of a file are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from rocktag.comparing.gold import Gold
from rocktag.types import HumanLabels


def gold_of(human: HumanLabels, labels: Sequence[str], origin: str) -> Gold:
    """Return what people say of headlines; what is unknown is not scored.

    Args:
        human: M headlines, of these labels.
        labels: K, none of which counts as another.
        origin: Where it is from, for tables and messages.
    """
    total = hashlib.sha256()
    for title in human.titles:
        total.update(f"{title}\n".encode())
    total.update(human.targets.tobytes())
    total.update(human.known.tobytes())
    return Gold(
        file=origin,
        sha256=total.hexdigest(),
        titles=human.titles,
        labels=tuple(labels),
        targets=human.targets,
        scored=human.known,
    )
