"""A stream of invented headlines whose labels are as frequent as the study's.

How many headlines of each kind there are is settled before the first is drawn
(systematic sampling: a kind's count is its share of the corpus, rounded up or down), so
that no label is missing by chance; their order, wording and source are random.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import accumulate, pairwise
from random import Random

from rocktag.errors import UsageError
from rocktag.sampling.grammar import expand, headline_grammar
from rocktag.sampling.typography import Capitals, Quotes, set_title
from rocktag.types import Headline

FIRST_DAY = datetime(2019, 1, 1, tzinfo=UTC)
LAST_DAY = datetime(2025, 1, 1, tzinfo=UTC)  # the first moment not covered any more

_SECONDS = int((LAST_DAY - FIRST_DAY).total_seconds())


@dataclass(frozen=True, slots=True)
class Outlet:
    """An invented publisher.

    Attributes:
        name: Source of its headlines and first part of their URLs.
        weight: Its part of all headlines, out of the sum of all outlets' weights.
        capitals: How it capitalises a title.
        quotes: Which quotation marks and apostrophes it prints.
    """

    name: str
    weight: int
    capitals: Capitals
    quotes: Quotes


def sample(count: int, *, seed: int) -> Iterator[Headline]:
    """Return that many invented headlines, one at a time; the seed settles all.

    From 3,000 headlines on, each label of the keyword rules occurs three times or more.

    Raises:
        UsageError: The count is negative.

    >>> [headline.external_id for headline in sample(2, seed=7)]
    ['sample-7-0000000', 'sample-7-0000001']
    """
    if count < 0:
        raise UsageError(f"cannot sample {count} headlines; ask for 0 or more")
    return _headlines(count, seed)


def quotas(weights: Sequence[int], count: int, start: float) -> list[int]:
    """Split a count by weight: a part is its exact share, rounded up or down.

    `start`, in [0, 1), says who gains by the rounding.
    Source: W. G. Madow, On the theory of systematic sampling II, 1949.

    >>> quotas([5, 3, 2], 7, 0.5)
    [4, 2, 1]
    """
    total = sum(weights)
    offset = int(start * total)
    ends = [(count * end + offset) // total for end in accumulate(weights, initial=0)]
    return [end - begin for begin, end in pairwise(ends)]


def _headlines(count: int, seed: int) -> Iterator[Headline]:
    random = Random(seed)  # noqa: S311 (a corpus, not a secret)
    weights = [kind.weight for kind in headline_grammar(FIRST_DAY.year).kinds]
    remaining = quotas(weights, count, random.random())
    for index in range(count):
        kind = _draw(remaining, count - index, random)
        remaining[kind] -= 1
        yield _headline(kind, f"sample-{seed}-{index:07d}", random)


def _draw(weights: Sequence[int], total: int, random: Random) -> int:
    ticket = int(random.random() * total)
    for index, weight in enumerate(weights):
        if ticket < weight:
            return index
        ticket -= weight
    raise AssertionError(f"the weights sum to less than {total}")


def _headline(kind: int, external_id: str, random: Random) -> Headline:
    outlets, total = _outlets()
    outlet = outlets[_draw([outlet.weight for outlet in outlets], total, random)]
    published = FIRST_DAY + timedelta(seconds=int(random.random() * _SECONDS))
    text = expand(headline_grammar(published.year).kinds[kind].title, random)
    return Headline(
        source=outlet.name,
        external_id=external_id,
        title=set_title(text, outlet.capitals, outlet.quotes),
        url=f"https://{outlet.name}.example/{published:%Y/%m}/{external_id}",
        published_at=published,
    )


@cache
def _outlets() -> tuple[tuple[Outlet, ...], int]:
    source = files("rocktag.sampling").joinpath("outlets.toml").read_text("utf-8")
    outlets = tuple(Outlet(**entry) for entry in tomllib.loads(source)["outlet"])
    return outlets, sum(outlet.weight for outlet in outlets)
