"""The topics scheme: what a headline is about, by labelling functions that vote.

Each function looks for phrases and votes on one label: present, absent, or it abstains.
The votes on a label are combined by weighted majority,

    a headline carries the label where  sum of w_f v_f > 0,

with w_f the function's weight and v_f 1 where it votes present, -1 absent, 0 abstains.
A headline that carries none is `n/a`. The functions are data (`topics.toml`).

Source of labelling functions and their vote matrix: A. Ratner et al., Snorkel: Rapid
Training Data Creation with Weak Supervision, VLDB 2017.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from rocktag.labeling.alphabet import Alphabet
from rocktag.labeling.phrases import Finder
from rocktag.labeling.reading import Token, tokens
from rocktag.labeling.scheme import CastVote, Explanation, matrix
from rocktag.labeling.scheme_file import WrittenFunction, WrittenScheme, read_scheme
from rocktag.types import NO_TOPIC, SchemeName, Targets

ABSTAIN, ABSENT, PRESENT = -1, 0, 1

Votes: TypeAlias = npt.NDArray[np.int8]  # (N, F), of ABSTAIN, ABSENT and PRESENT

_READER = 2  # raised when the same file gives other labels, by another reading of it


@dataclass(frozen=True, slots=True)
class LabelingFunction:
    """One function, compiled; scheme_file says what it does.

    Attributes:
        written: What the file says of it.
        phrases: Finds what it fires on.
        also: Finds what must stand there too; None where nothing must.
        unless: Finds what keeps it from firing; None where nothing does.
    """

    written: WrittenFunction
    phrases: Finder
    also: Finder | None
    unless: Finder | None

    @property
    def vote(self) -> int:
        """What it says where it fires."""
        return PRESENT if self.written.vote == "present" else ABSENT

    def fires(self, letters: str, present: frozenset[str]) -> tuple[int, int] | None:
        """Return which words of a headline make it vote; None where it abstains."""
        found = self.phrases.search(letters, present)
        if found is None:
            return None
        if self.also and not self.also.search(letters, present):
            return None
        if self.unless and self.unless.search(letters, present):
            return None
        return found.span()


@dataclass(frozen=True, slots=True)
class Fired:
    """One function's vote on a headline.

    Attributes:
        column: Which function.
        start: The first of the words that it fired on.
        end: After the last.
    """

    column: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class TopicRules:
    """Labelling functions over a fixed list of labels; see the module's docstring.

    Attributes:
        labels: The L labels in the order of every matrix's columns.
        functions: The F functions in the order of a vote matrix's columns.
        digest: SHA-256 of the file and of how it is read.
    """

    labels: tuple[str, ...]
    functions: tuple[LabelingFunction, ...]
    digest: str
    _alphabet: Alphabet
    _names: Finder | None
    _idioms: Finder | None
    _may_fire: Mapping[str | None, frozenset[int]]  # see _columns_by_letter

    @property
    def name(self) -> SchemeName:
        """How the scheme is chosen."""
        return "topics"

    def label(self, title: str) -> frozenset[str]:
        """Return the labels of a title; never empty, `n/a` only alone.

        >>> sorted(topic_rules().label("Ghost hit the road this summer"))
        ['tour']
        >>> sorted(topic_rules().label("Not a single person was harmed"))
        ['n/a']
        """
        return _labels_of(self, title)

    def label_matrix(
        self, titles: Sequence[str], labels: Sequence[str] | None = None
    ) -> Targets:
        """Return the labels of N titles as a matrix (N, L) of 0 and 1.

        Args:
            titles: The N titles.
            labels: What the columns stand for; by default the rules' own.
        """
        return matrix([self.label(title) for title in titles], labels or self.labels)

    def votes(self, titles: Sequence[str]) -> Votes:
        """Return what each function says of N titles, as a matrix (N, F)."""
        found = np.full((len(titles), len(self.functions)), ABSTAIN, dtype=np.int8)
        for row, title in enumerate(titles):
            for vote in self._read(title)[1]:
                found[row, vote.column] = self.functions[vote.column].vote
        return found

    def explain(self, title: str) -> Explanation:
        """Return which words speak for which label, and which functions fired.

        >>> topic_rules().explain("Ghost hit the road").evidence
        {'tour': 'hit the road'}
        """
        read, fired = self._read(title)
        labels = self._combined(fired)
        written = [self.functions[vote.column].written for vote in fired]
        return Explanation(
            words=tuple(token.word for token in read),
            evidence={
                function.label: _said(title, read, vote)
                for function, vote in zip(written, fired, strict=True)
                if function.label in labels and function.vote == "present"
            },
            topics=tuple(
                f"{'not ' if function.vote == 'absent' else ''}{function.full_name}"
                for function in written
            ),
            labels=labels,
        )

    def spans(self, title: str) -> list[tuple[int, int]]:
        """Return where words stand that speak for a label, in reading order.

        >>> topic_rules().spans("Ghost hit the road")
        [(6, 9), (10, 13), (14, 18)]
        """
        read, fired = self._read(title)
        speaking = {
            place
            for vote in fired
            if self.functions[vote.column].vote == PRESENT
            for place in range(vote.start, vote.end)
        }
        return [(read[place].start, read[place].end) for place in sorted(speaking)]

    def votes_cast(self, title: str) -> list[CastVote]:
        """Return the vote of each function that fires.

        >>> [vote.function for vote in topic_rules().votes_cast("Ghost hit the road")]
        ['tour: on the road']
        """
        read, fired = self._read(title)
        return [
            CastVote(
                function=(written := self.functions[vote.column].written).full_name,
                label=written.label,
                is_for=written.vote == "present",
                start=read[vote.start].start,
                end=read[vote.end - 1].end,
            )
            for vote in fired
        ]

    def _read(self, title: str) -> tuple[list[Token], list[Fired]]:
        """Return the title's tokens and the votes that are cast on it."""
        read = tokens(title)
        letters = self._alphabet.letters(token.word for token in read)
        letters = _hidden(letters, self._names, self._alphabet.name)
        letters = _hidden(letters, self._idioms, self._alphabet.other)
        present = frozenset(letters)
        return read, [
            Fired(column, *span)
            for column in self._columns(present)
            if (span := self.functions[column].fires(letters, present)) is not None
        ]

    def _columns(self, present: frozenset[str]) -> list[int]:
        """Return the functions that may fire where these letters are, in order."""
        of = self._may_fire
        found = of[None].union(*(of[letter] for letter in present if letter in of))
        return sorted(found)

    def _combined(self, fired: Sequence[Fired]) -> frozenset[str]:
        """Return the labels whose votes for outweigh those against."""
        sums: dict[str, float] = {}
        for vote in fired:
            function = self.functions[vote.column]
            sign = 1 if function.vote == PRESENT else -1
            label = function.written.label
            sums[label] = sums.get(label, 0) + sign * function.written.weight
        given = frozenset(label for label, total in sums.items() if total > 0)
        return given or frozenset((NO_TOPIC,))


@lru_cache(maxsize=4_096)  # a batch's: a stacker asks, and the tally of the run again
def _labels_of(rules: TopicRules, title: str) -> frozenset[str]:
    """Return the labels of a title, read once as long as it is fresh in memory."""
    _, fired = rules._read(title)
    return rules._combined(fired)


def _hidden(letters: str, misleading: Finder | None, instead: str) -> str:
    """Return the letters with those of misleading phrases replaced."""
    if misleading is None or not misleading.search(letters, frozenset(letters)):
        return letters
    return misleading.pattern.sub(lambda found: instead * len(found[0]), letters)


def _said(title: str, read: Sequence[Token], vote: Fired) -> str:
    return title[read[vote.start].start : read[vote.end - 1].end]


@cache
def topic_rules() -> TopicRules:
    """Return the topics scheme, as the package ships it."""
    source = files("rocktag.labeling").joinpath("topics.toml").read_bytes()
    return compiled(source, where="topics.toml")


def compiled(source: bytes, *, where: str) -> TopicRules:
    """Return the rules that a scheme's file gives.

    Raises:
        ConfigError: It holds no usable scheme.
    """
    scheme = read_scheme(source, where=where)
    functions = tuple(_compiled(one, scheme) for one in scheme.functions)
    return TopicRules(
        labels=scheme.labels,
        functions=functions,
        digest=hashlib.sha256(b"%d\n%b" % (_READER, source)).hexdigest(),
        _alphabet=scheme.book.alphabet,
        _names=_finder(scheme.names, scheme),
        _idioms=_finder(scheme.idioms, scheme),
        _may_fire=_columns_by_letter(functions),
    )


def _columns_by_letter(
    functions: Sequence[LabelingFunction],
) -> Mapping[str | None, frozenset[int]]:
    """Return which functions need a letter, or one of several; None: which need none.

    A headline has few letters and most functions need one that it lacks: those are
    not even asked.
    """
    found: dict[str | None, set[int]] = {None: set()}
    for column, function in enumerate(functions):
        for letter in function.phrases.needed or (None,):
            found.setdefault(letter, set()).add(column)
    return {letter: frozenset(columns) for letter, columns in found.items()}


def _compiled(function: WrittenFunction, scheme: WrittenScheme) -> LabelingFunction:
    return LabelingFunction(
        written=function,
        phrases=scheme.book.finder(function.phrases),
        also=_finder(function.also, scheme),
        unless=_finder(function.unless, scheme),
    )


def _finder(phrases: Sequence[str], scheme: WrittenScheme) -> Finder | None:
    return scheme.book.finder(phrases) if phrases else None
