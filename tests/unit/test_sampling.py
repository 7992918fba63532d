"""What `rocktag.sampling` promises: the study's label frequencies, in variety."""

from __future__ import annotations

import csv
import io
import itertools
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, timedelta
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rocktag.sampling
from rocktag.errors import UsageError
from rocktag.labeling import RuleReport, analyse, keyword_rules
from rocktag.sampling import sample, write_csv
from rocktag.sampling.corpus import FIRST_DAY, LAST_DAY, quotas
from rocktag.sampling.grammar import (
    Grammar,
    Kind,
    Symbol,
    build,
    expand,
    headline_grammar,
)
from rocktag.sampling.typography import set_title
from rocktag.text import refusal, tidy
from rocktag.types import Headline

STUDY_SHARES = {  # of the 698 headlines of the original study
    "announce": 0.155,
    "release": 0.123,
    "tour": 0.093,
    "album": 0.087,
    "show": 0.082,
    "song": 0.076,
    "video": 0.057,
    "death": 0.056,
    "single": 0.056,
    "watch": 0.054,
    "cover": 0.033,
    "festival": 0.029,
    "play": 0.029,
    "date": 0.026,
    "perform": 0.023,
    "tribute": 0.020,
    "guitarist": 0.013,
    "singer": 0.013,
    "lineup": 0.0115,
    "trailer": 0.010,
    "rrhof": 0.010,
    "reunion": 0.0086,
    "drummer": 0.0086,
    "review": 0.0057,
    "vocalist": 0.0057,
    "setlist": 0.0057,
    "bassist": 0.0057,
    "grammy": 0.0043,
    "award": 0.004,
    "movie": 0.003,
    "reschedule": 0.0025,
    "birthday": 0.002,
    "drug": 0.0015,
    "art": 0.0014,
    "rehab": 0.0008,
}
KINDS = headline_grammar(2022).kinds
SEEDS = st.integers(min_value=0, max_value=2**32)


@cache
def corpus(count: int, seed: int) -> tuple[Headline, ...]:
    return tuple(sample(count, seed=seed))


@cache
def report(count: int, seed: int) -> RuleReport:
    rules = keyword_rules()
    titles = [headline.title for headline in corpus(count, seed)]
    return analyse(rules.label_matrix(titles), rules.labels)


def symbols_below(symbol: Symbol) -> Iterator[Symbol]:
    waiting, seen = [symbol], {id(symbol)}
    while waiting:
        found = waiting.pop()
        yield found
        for part in itertools.chain.from_iterable(found.alternatives):
            if isinstance(part, Symbol) and id(part) not in seen:
                seen.add(id(part))
                waiting.append(part)


def has_cycle(symbol: Symbol, above: frozenset[int] = frozenset()) -> bool:
    if id(symbol) in above:
        return True
    parts = set(itertools.chain.from_iterable(symbol.alternatives))
    below = [part for part in parts if isinstance(part, Symbol)]
    return any(has_cycle(part, above | {id(symbol)}) for part in below)


# ------------------------------------------------------------------- label frequencies
@pytest.mark.parametrize(("count", "seed"), [(20_000, 7), (5_000, 1), (5_000, 2026)])
def test_labels_are_as_frequent_as_in_the_study(count: int, seed: int) -> None:
    found = report(count, seed)
    shares = dict(zip(found.labels, found.coverage.tolist(), strict=True))
    for label, share in STUDY_SHARES.items():
        assert shares[label] == pytest.approx(share, rel=0.1, abs=0.0008), label


@pytest.mark.parametrize(("count", "seed"), [(20_000, 7), (5_000, 1), (5_000, 2026)])
def test_a_third_of_the_headlines_has_no_topic(count: int, seed: int) -> None:
    found = report(count, seed)
    assert 0.31 <= found.coverage[found.labels.index("n/a")] <= 0.36


@pytest.mark.parametrize(("count", "seed"), [(20_000, 7), (5_000, 1), (5_000, 2026)])
def test_a_headline_carries_nearly_one_and_a_half_labels(count: int, seed: int) -> None:
    assert 1.40 <= report(count, seed).cardinality <= 1.50


def test_rehab_stays_the_rarest_label() -> None:
    counts = dict(zip(keyword_rules().labels, report(20_000, 7).counts, strict=True))
    assert counts["rehab"] == min(counts.values())
    assert 10 <= counts["rehab"] <= 21


@pytest.mark.parametrize("seed", [0, 3, 99])
def test_three_thousand_headlines_have_every_label_three_times(seed: int) -> None:
    assert report(3_000, seed).counts.min() >= 3


@given(count=st.integers(3_000, 10**7), start=st.floats(0, 1, exclude_max=True))
def test_no_label_can_miss_from_three_thousand_headlines_on(
    count: int, start: float
) -> None:
    occurrences = Counter[str]()
    parts = quotas([kind.weight for kind in KINDS], count, start)
    for kind, part in zip(KINDS, parts, strict=True):
        occurrences.update(dict.fromkeys(kind.labels, part))
    assert all(occurrences[label] >= 3 for label in keyword_rules().labels)


@given(
    weights=st.lists(st.integers(1, 5_000), min_size=1, max_size=40),
    count=st.integers(0, 10**7),
    start=st.floats(0, 1, exclude_max=True),
)
def test_quotas_round_each_share_and_lose_nothing(
    weights: list[int], count: int, start: float
) -> None:
    parts = quotas(weights, count, start)
    assert sum(parts) == count
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - count * weight) < sum(weights)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "+".join(kind.labels))
def test_a_kind_of_headline_carries_the_labels_it_claims(kind: Kind) -> None:
    random, rules = Random(5), keyword_rules()  # noqa: S311 (a fixed draw)
    for alternative in kind.title.alternatives:
        only = Symbol("", (alternative,))
        for title in (expand(only, random) for _ in range(12)):
            assert rules.label(title) == frozenset(kind.labels), title


# ----------------------------------------------------------------------------- variety
def test_titles_hardly_ever_repeat() -> None:
    titles = {headline.title for headline in corpus(20_000, 7)}
    assert len(titles) >= 0.97 * 20_000


def test_no_opening_of_four_words_makes_up_more_than_a_hundredth() -> None:
    openings = Counter(tuple(h.title.split()[:4]) for h in corpus(20_000, 7))
    assert openings.most_common(1)[0][1] <= 200


@pytest.mark.parametrize(
    "paraphrase",
    [
        "hit the road",
        "passed away",
        "frontman",
        "behind the kit",
        "reunite",
        "run with",
    ],
)
def test_topics_are_also_told_without_their_keyword(paraphrase: str) -> None:
    rules = keyword_rules()
    titles = [h.title for h in corpus(20_000, 7) if paraphrase in h.title.lower()]
    assert any(rules.label(title) == {"n/a"} for title in titles)


@pytest.mark.parametrize(
    "wording",
    [
        *("line-up", "rock and roll hall of fame", "drops", "unveils", "gigs"),
        *("concerts", "tracks", "\u2019s", "\u201c", "é", "watch: ", "date night"),
    ],
)
def test_keywords_come_in_many_wordings(wording: str) -> None:
    assert any(wording in h.title.lower() for h in corpus(20_000, 7))


def test_some_titles_shout() -> None:
    shouting = sum(headline.title.isupper() for headline in corpus(20_000, 7))
    assert 100 < shouting < 1_000


# ----------------------------------------------------------------------------- grammar
def test_the_grammar_has_at_least_four_hundred_templates() -> None:
    assert sum(len(kind.title.alternatives) for kind in KINDS) >= 400


def test_every_symbol_is_reachable_from_a_title() -> None:
    grammar = headline_grammar(2022)
    titles = Symbol("", ((*(kind.title for kind in grammar.kinds),),))
    reached = {symbol.name for symbol in symbols_below(titles)}
    assert set(grammar.symbols) <= reached


def test_no_symbol_can_vanish_or_recurse_for_ever() -> None:
    for symbol in headline_grammar(2022).symbols.values():
        assert symbol.alternatives, symbol.name
        assert all(symbol.alternatives), symbol.name
        assert not has_cycle(symbol), symbol.name


def test_no_notation_is_left_in_a_title() -> None:
    for headline in corpus(20_000, 7):
        assert not set("{}<>|") & set(headline.title), headline.title


def test_kinds_differ_in_their_labels_and_no_template_stands_twice() -> None:
    label_sets = [frozenset(kind.labels) for kind in KINDS]
    assert len(set(label_sets)) == len(label_sets)
    assert {label for labels in label_sets for label in labels} == set(
        keyword_rules().labels
    )
    assert all(kind.weight > 0 for kind in KINDS)


def test_an_undefined_symbol_is_refused() -> None:
    with pytest.raises(KeyError, match="bnad"):
        build({"band": ["Ghost"], "title": ["{bnad} tour"]}, [])


def test_a_choice_may_be_nothing() -> None:
    kind = {"labels": ["n/a"], "weight": 1, "titles": ["{a}<| again>"]}
    grammar: Grammar = build({"a": ["Once"]}, [kind])
    random = Random(5)  # noqa: S311 (a fixed draw)
    found = {expand(grammar.kinds[0].title, random) for _ in range(20)}
    assert found == {"Once", "Once again"}


# -------------------------------------------------------------------------- typography
@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("a eerie tune", "An eerie tune"),
        ("a European tour", "A European tour"),
        ("a 18-date tour", "An 18-date tour"),
        ("a unlikely hit, a unique one-off", "An unlikely hit, a unique one-off"),
        ("Foxes's  return ", "Foxes' return"),
    ],
)
def test_articles_genitives_and_spaces_are_mended(text: str, printed: str) -> None:
    assert set_title(text, "sentence", "straight") == printed


def test_an_outlet_keeps_to_its_capitals_and_quotes() -> None:
    text = "Kestrels don't play 'Fire' in the rain: \"we can't\""
    assert set_title(text, "title", "curly") == (
        "Kestrels Don’t Play ‘Fire’ in the Rain: “We Can’t”"  # noqa: RUF001
    )
    assert set_title(text, "upper", "straight") == text.upper()


# -------------------------------------------------------------------------- the stream
def test_public_names_are_sorted() -> None:
    assert rocktag.sampling.__all__ == sorted(rocktag.sampling.__all__)


@settings(max_examples=25)
@given(count=st.integers(0, 300), seed=SEEDS)
def test_the_seed_settles_the_corpus(count: int, seed: int) -> None:
    headlines = list(sample(count, seed=seed))
    assert len(headlines) == count
    assert headlines == list(sample(count, seed=seed))


def test_another_process_draws_the_same_corpus() -> None:
    program = (
        "import sys; from rocktag.sampling import sample, write_csv;"
        "sys.stdout.reconfigure(encoding='utf-8', newline='');"
        "write_csv(sample(500, seed=7), sys.stdout)"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    here = io.StringIO()
    write_csv(corpus(500, 7), here)
    assert outputs == {here.getvalue().encode()}


def test_other_seeds_give_other_titles() -> None:
    one = {headline.title for headline in corpus(5_000, 1)}
    other = {headline.title for headline in corpus(5_000, 2026)}
    assert len(one & other) < 0.02 * 5_000


def test_a_billion_headlines_begin_at_once() -> None:
    first = list(itertools.islice(sample(10**9, seed=7), 3))
    assert len({headline.external_id for headline in first}) == 3


def test_a_negative_count_is_refused_before_the_first_headline() -> None:
    with pytest.raises(UsageError, match="cannot sample -1 headlines; ask for 0"):
        sample(-1, seed=7)


def test_every_headline_keeps_the_promises_of_its_type() -> None:
    headlines = corpus(20_000, 7)
    assert len({headline.external_id for headline in headlines}) == len(headlines)
    assert len({headline.source for headline in headlines}) == 12
    for headline in headlines:
        assert refusal(headline.title) is None
        assert headline.title == tidy(headline.title)
        assert (headline.url or "").startswith(f"https://{headline.source}.example/")
        published = headline.published_at
        assert published is not None
        assert published.utcoffset() == timedelta(0)
        assert FIRST_DAY <= published < LAST_DAY


def test_a_headline_speaks_of_the_year_it_was_published_in() -> None:
    for headline in corpus(20_000, 7):
        published = headline.published_at
        assert published is not None
        near = {published.year, published.year + 1}
        named = {year for year in range(2019, 2027) if str(year) in headline.title}
        assert named <= near, headline.title


# ---------------------------------------------------------------------------- the file
def test_a_written_file_gives_the_headlines_back() -> None:
    headlines, file = corpus(500, 7), io.StringIO(newline="")
    assert write_csv(headlines, file) == 500
    file.seek(0)
    rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["external_id", "source", "title", "url", "published_at"]
    assert [row["title"] for row in rows] == [headline.title for headline in headlines]
    assert all(row["published_at"].endswith("+00:00") for row in rows)


def test_no_headlines_give_a_file_of_column_names() -> None:
    file = io.StringIO(newline="")
    assert write_csv([], file) == 0
    assert file.getvalue() == "external_id,source,title,url,published_at\n"


def test_dates_are_in_utc() -> None:
    assert FIRST_DAY.tzinfo is UTC
    assert LAST_DAY.tzinfo is UTC
