"""Keywords hidden: no label is left, and nothing else is touched."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rocktag.comparing.masking import MASK, masked
from rocktag.labeling import keyword_rules
from rocktag.sampling import sample
from rocktag.text import clean, stems, word_spans
from rocktag.types import NO_TOPIC

RULES = keyword_rules()
TITLES = [headline.title for headline in sample(3_000, seed=4)]
# What rules read as words or as nothing: ligatures, marks, signs, full-width letters.
PIECES = st.sampled_from(
    [
        *("tour", "TOURS", "Announces", "line-up", "Rock Hall", "dead", "ﬁlm", "gig"),
        *("rock and roll hall of fame", "\uff34our", "álbum", "al\u0301bum", "鬼", "x"),
        *("İ", "⑴", "㏂", "½", "\u2019s", "\u2014", "-", "_", " ", ":", "\u200b", "ß"),
    ]
)
HOSTILE = st.lists(PIECES, max_size=12).map("".join)


def keywords_in(title: str) -> set[str]:
    return set(stems(title)) & RULES.keywords


@given(HOSTILE)
@example("line-up\u200b_")
@settings(max_examples=500, deadline=None)
def test_masking_never_leaves_a_keyword(title: str) -> None:
    (found,) = masked([title], RULES)
    assert not keywords_in(found)
    assert RULES.label(found) == {NO_TOPIC}


@given(st.text(max_size=60))
def test_masking_takes_any_text(title: str) -> None:
    (found,) = masked([title], RULES)
    assert not keywords_in(found)


def test_masking_never_leaves_a_label_in_an_invented_headline() -> None:
    found = masked(TITLES, RULES)
    assert not RULES.label_matrix(found)[:, topics()].any()
    assert RULES.label_matrix(TITLES)[:, topics()].any(axis=0).all()


def topics() -> list[int]:
    return [at for at, label in enumerate(RULES.labels) if label != NO_TOPIC]


def test_masking_leaves_all_other_words() -> None:
    for title, found in zip(TITLES, masked(TITLES, RULES), strict=True):
        expected = [w if w not in RULES.keywords else clean(MASK) for w in stems(title)]
        assert list(stems(found)) == expected, title


def test_a_title_without_keywords_stays_as_it_is() -> None:
    titles = ["  Ghost \u2013 Élan!  ", "", "Queen\u2019s ½ hour"]
    assert masked(titles, RULES) == titles


def test_the_mask_is_no_keyword_and_completes_no_topic() -> None:
    assert not keywords_in(MASK)
    assert not RULES.explain(MASK).topics


@given(HOSTILE | st.text(max_size=60) | st.sampled_from(TITLES))
@settings(max_examples=500, deadline=None)
def test_words_stand_where_they_are_said_to(title: str) -> None:
    found = list(word_spans(title))
    assert tuple(word for word, _, _ in found) == stems(title)
    places = [place for _, start, end in found for place in (start, end - 1)]
    assert places == sorted(places)
    assert all(0 <= place < len(title) for place in places)
