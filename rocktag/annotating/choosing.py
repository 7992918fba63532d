"""Which headlines are most worth a person's time.

A share is drawn at random from all that nobody has read, so that scores on it tell of
all headlines. The others are taken in turn, each time the best that is left, by

    suspect    the labels of the rules are probably wrong (from a file)
    uncertain  a probability is close to its threshold
    disagree   model and topic rules give different labels
    rare       it may carry labels that people have given to few headlines

from up to 20,000 unread headlines, half of them the newest. Without a model neither
uncertainty nor disagreement is known. No headline is nearly like one that is read or
chosen already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TextIO, TypeAlias

import numpy as np
import numpy.typing as npt

from rocktag.annotating.novelty import Novelty
from rocktag.comparing.gold import as_readers_say
from rocktag.db import Database
from rocktag.db.annotations import (
    given_counts,
    keys_of,
    read_titles,
    titles_of,
    unread_keys,
)
from rocktag.labeling import topic_rules
from rocktag.spreadsheet import row_writer
from rocktag.tagging import Tagger
from rocktag.types import Flags, Probabilities, Targets

RANDOM = "random"
COLUMNS = ("id", "title", "labels", "disputed", "source", "reason", "model")
Scores: TypeAlias = npt.NDArray[np.float64]  # (N,)

_POOL = 20_000  # headlines that are looked at; a model reads thousands a second


@dataclass(frozen=True, slots=True)
class Candidate:
    """A headline that a person may be asked about.

    Attributes:
        headline_id: Its key.
        title: The headline.
        source: Who published it.
        reason: Why it was chosen.
        model: The labels that the model gives it; none where there is no model.
    """

    headline_id: int
    title: str
    source: str
    reason: str = RANDOM
    model: tuple[str, ...] = ()


def choose(
    database: Database,
    tagger: Tagger | None,
    *,
    count: int,
    random_share: float,
    seed: int,
    suspects: Mapping[str, float] | None = None,
) -> list[Candidate]:
    """Return up to `count` headlines in an order that does not tell why they are there.

    Args:
        database: Where they are.
        tagger: The champion, if there is one.
        count: How many, at most.
        random_share: Of them drawn at random, in [0, 1].
        seed: Of every choice.
        suspects: Title to score, lower is worse.

    Raises:
        StoreError: The database refuses.
    """
    generator = np.random.default_rng(seed)
    with database.read() as connection:
        unread = unread_keys(connection)
        counts = given_counts(connection)
        novelty = Novelty(read_titles(connection))
        suspected = keys_of(connection, list(suspects or ()))
        drawn = [unread[at] for at in generator.permutation(len(unread))]
        pool = _pool(unread, drawn, chain.from_iterable(suspected.values()))
        wanted = {*drawn[: 4 * count], *pool}
        rows = titles_of(connection, sorted(wanted))
    candidates = {
        key: Candidate(key, title, source) for key, (title, source) in rows.items()
    }
    chosen = _take(
        (candidates[key] for key in drawn if key in candidates),
        round(count * random_share),
        novelty,
    )
    ranked = _ranked([candidates[key] for key in pool], tagger, counts, suspects or {})
    chosen += _in_turn(ranked, count - len(chosen), novelty)
    order = generator.permutation(len(chosen))
    return _with_model([chosen[at] for at in order], tagger)


def writing(file: TextIO, candidates: Sequence[Candidate]) -> None:
    """Write candidates as a CSV file for people to fill, and import to read back."""
    write = row_writer(file)
    write(COLUMNS)
    for item in candidates:
        model = ";".join(item.model)
        key = str(item.headline_id)
        write([key, item.title, "", "", item.source, item.reason, model])


def _pool(
    unread: Sequence[int], drawn: Sequence[int], suspected: Iterable[int]
) -> list[int]:
    """Return the newest, some of the others and the suspects, each once."""
    free = set(unread)
    newest = unread[-_POOL // 2 :]
    some = [*(key for key in suspected if key in free), *newest, *drawn[: _POOL // 2]]
    return list(dict.fromkeys(some))


def _take(
    candidates: Iterator[Candidate], count: int, novelty: Novelty
) -> list[Candidate]:
    """Return the first that are like nothing met before, and meet them."""
    taken: list[Candidate] = []
    while len(taken) < count and (item := next(candidates, None)) is not None:
        if not novelty.knows(item.title):
            novelty.add(item.title)
            taken.append(item)
    return taken


def _in_turn(
    ranked: Mapping[str, Sequence[Candidate]], count: int, novelty: Novelty
) -> list[Candidate]:
    """Return the best that is left of each reason in turn."""
    waiting = {reason: iter(items) for reason, items in ranked.items()}
    taken: list[Candidate] = []
    while waiting and len(taken) < count:
        for reason in list(waiting):
            found = _take(waiting[reason], min(1, count - len(taken)), novelty)
            taken += [replace(item, reason=reason) for item in found]
            if not found:
                del waiting[reason]
    return taken


def _ranked(
    pool: Sequence[Candidate],
    tagger: Tagger | None,
    counts: Mapping[str, int],
    suspects: Mapping[str, float],
) -> dict[str, list[Candidate]]:
    """Return reason to the headlines that it speaks for, the best first."""
    rules = topic_rules()
    titles = [item.title for item in pool]
    by_rules = rules.label_matrix(titles)
    scores = {"suspect": np.array([1 - suspects.get(title, 2.0) for title in titles])}
    may_carry: Flags = by_rules == 1
    if tagger is not None:
        probabilities, decided = tagger.tag(titles)
        by_model = as_readers_say(decided, tagger.labels, rules.labels)
        scores["uncertain"] = _uncertainty(probabilities, tagger)
        scores["disagree"] = (by_model != by_rules).sum(axis=1).astype(float)
        may_carry = may_carry | (by_model == 1)
    scores["rare"] = _rarity(may_carry, [counts.get(name, 0) for name in rules.labels])
    return {
        reason: [pool[at] for at in np.argsort(-score, kind="stable") if score[at] > 0]
        for reason, score in scores.items()
    }


def _uncertainty(probabilities: Probabilities, tagger: Tagger) -> Scores:
    """Return how close the closest probability is to its threshold, (N,) in [0, 1].

    The distance is measured by the farthest there may be on that side.
    """
    limits = np.clip(tagger.thresholds.astype(float), 1e-6, 1 - 1e-6)
    above = (probabilities - limits) / (1 - limits)
    below = (limits - probabilities) / limits
    distance = np.where(probabilities >= limits, above, below)
    found: Scores = 1 - distance.min(axis=1, initial=1.0)
    return found


def _rarity(may_carry: Flags, counts: Sequence[int]) -> Scores:
    """Return how much labels of a headline are wanted, (N,) in (0, 1].

    The second that may carry a label is wanted less than the first.
    """
    before: Scores = np.cumsum(may_carry, axis=0, dtype=np.float64) - may_carry
    of_labels = may_carry / (1 + np.array(counts) + before)
    wanted: Scores = of_labels.max(axis=1, initial=0.0)
    return wanted


def _with_model(
    candidates: Sequence[Candidate], tagger: Tagger | None
) -> list[Candidate]:
    if tagger is None or not candidates:
        return list(candidates)
    _, decided = tagger.tag([item.title for item in candidates])
    return [
        replace(item, model=_given(decided, row, tagger.labels))
        for row, item in enumerate(candidates)
    ]


def _given(decided: Targets, row: int, labels: Sequence[str]) -> tuple[str, ...]:
    return tuple(label for column, label in enumerate(labels) if decided[row, column])
