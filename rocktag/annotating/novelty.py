"""Headlines that say nearly the same: one of them is enough for a reader.

Two headlines are near-duplicates where their sets of stemmed words A and B overlap by

    |A and B| / |A or B|  >=  0.7.

Source: P. Jaccard, The distribution of the flora in the alpine zone, 1912.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from rocktag.text import split_key

_NEARLY_EQUAL = 0.7


class Novelty:
    """The headlines met so far, found again by their words."""

    def __init__(self, titles: Iterable[str] = ()) -> None:
        self._sizes: list[int] = []
        self._with_word: dict[str, list[int]] = defaultdict(list)
        for title in titles:
            self.add(title)

    def add(self, title: str) -> None:
        """Meet a headline.

        >>> met = Novelty(["Ghost announce a world tour"])
        >>> met.knows("Ghost announces world tour!"), met.knows("Ghost release album")
        (True, False)
        """
        words = _words(title)
        for word in words:
            self._with_word[word].append(len(self._sizes))
        self._sizes.append(len(words))

    def knows(self, title: str) -> bool:
        """Tell whether a headline nearly like this one was met."""
        words = _words(title)
        shared = Counter(at for word in words for at in self._with_word.get(word, ()))
        return any(
            common >= _NEARLY_EQUAL * (len(words) + self._sizes[at] - common)
            for at, common in shared.items()
        )


def _words(title: str) -> frozenset[str]:
    return frozenset(split_key(title).split())
