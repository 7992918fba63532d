"""The original study's keyword rules: which labels a headline's words give it.

The rules are data (`keywords.toml`); `KeywordRules.label` is the one function over
them. They reproduce the label sets that the study's author published for 1,000
headlines but for a few whose words a part-of-speech tagger had misread.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from rocktag.labeling.scheme import CastVote, Explanation, matrix
from rocktag.text.normalization import stem, stems, synonyms_source, word_spans
from rocktag.types import NO_TOPIC, SchemeName, Targets


@dataclass(frozen=True, slots=True)
class Topic:
    """One entry of the topic dictionary.

    Attributes:
        name: What the study calls it, such as "tour announcement".
        quantifier: Whether `all` of the keywords must occur or `any`.
        keywords: The keywords, stemmed.
    """

    name: str
    quantifier: Literal["all", "any"]
    keywords: frozenset[str]

    def is_complete(self, words: frozenset[str]) -> bool:
        """Say whether these stemmed words complete the topic."""
        if self.quantifier == "all":
            return self.keywords <= words
        return not self.keywords.isdisjoint(words)


@dataclass(frozen=True, slots=True)
class KeywordRules:
    """Keyword rules over a fixed list of labels.

    Attributes:
        labels: The L labels in the order of every matrix's columns.
        topics: The topic dictionary.
        digest: SHA-256 of the rules and synonyms, to tell one state from another.
    """

    labels: tuple[str, ...]
    topics: tuple[Topic, ...]
    digest: str
    _label_of: Mapping[str, str] = field(repr=False)

    @property
    def name(self) -> SchemeName:
        """How the scheme is chosen."""
        return "keywords"

    @property
    def keywords(self) -> frozenset[str]:
        """The stemmed words that give labels, where a topic is complete."""
        return frozenset(self._label_of)

    def label(self, title: str) -> frozenset[str]:
        """Return the labels of a title; never empty, `n/a` only alone.

        >>> sorted(keyword_rules().label("Ghost unveil new album, share a track"))
        ['album', 'announce', 'release', 'song']
        >>> sorted(keyword_rules().label("A date with destiny"))
        ['n/a']
        """
        words = frozenset(stems(title))
        found = words & self._label_of.keys()
        if found and any(topic.is_complete(words) for topic in self.topics):
            return frozenset(self._label_of[word] for word in found)
        return frozenset((NO_TOPIC,))

    def explain(self, title: str) -> Explanation:
        """Return which word gave which label, and which topics made them count.

        >>> keyword_rules().explain("Ghost book tour dates").evidence
        {'tour': 'tour', 'date': 'date'}
        """
        words = stems(title)
        present = frozenset(words)
        return Explanation(
            words=words,
            evidence={self._label_of[w]: w for w in words if w in self._label_of},
            topics=tuple(t.name for t in self.topics if t.is_complete(present)),
            labels=self.label(title),
        )

    def spans(self, title: str) -> list[tuple[int, int]]:
        """Return where keywords stand, in reading order.

        >>> keyword_rules().spans("Ghost book TOUR dates")
        [(11, 15), (16, 21)]
        """
        keywords = self.keywords
        return [(at, end) for word, at, end in word_spans(title) if word in keywords]

    def votes_cast(self, title: str) -> list[CastVote]:
        """Return a vote for each keyword, whether or not a topic is complete.

        >>> [vote.function for vote in keyword_rules().votes_cast("Ghost on TOUR")]
        ['tour: the word tour']
        """
        return [
            CastVote(f"{label}: the word {label}", label, True, start, end)
            for word, start, end in word_spans(title)
            if (label := self._label_of.get(word)) is not None
        ]

    def label_matrix(
        self, titles: Sequence[str], labels: Sequence[str] | None = None
    ) -> Targets:
        """Return the labels of N titles as a matrix (N, L) of 0 and 1.

        Args:
            titles: The N titles.
            labels: What the columns stand for, where it is not the rules' own order;
                labels unknown to the rules are never given.
        """
        return matrix([self.label(title) for title in titles], labels or self.labels)


@cache
def keyword_rules() -> KeywordRules:
    """Return the study's rules, as the package ships them."""
    source = files("rocktag.labeling").joinpath("keywords.toml").read_bytes()
    content = tomllib.loads(source.decode())
    labels = tuple(content["labels"])
    return KeywordRules(
        labels=labels,
        topics=tuple(_topic(entry) for entry in content["topic"]),
        digest=hashlib.sha256(source + synonyms_source()).hexdigest(),
        _label_of={stem(label): label for label in labels if label != NO_TOPIC},
    )


def _topic(entry: Mapping[str, Any]) -> Topic:
    quantifier: Literal["all", "any"] = "all" if "all" in entry else "any"
    keywords = frozenset(stem(keyword) for keyword in entry[quantifier])
    return Topic(entry["name"], quantifier, keywords)
