"""The topics scheme: its file, its functions, how votes become labels."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rocktag.artifact import load, publish
from rocktag.comparing.masking import masked
from rocktag.config import Settings
from rocktag.corpus import gather
from rocktag.errors import ArtifactError, ConfigError
from rocktag.labeling import keyword_rules, rules_of, topic_rules
from rocktag.labeling.function_report import function_rows
from rocktag.labeling.reading import tokens
from rocktag.labeling.topics import ABSENT, ABSTAIN, PRESENT, LabelingFunction, compiled
from rocktag.sampling import sample
from rocktag.training import Trained, train
from rocktag.types import NO_TOPIC, HumanLabels, SchemeName
from tests.figures import undrawn
from tests.once import Once

RULES = topic_rules()
ALL_FUNCTIONS = [
    pytest.param(column, function, id=function.written.full_name)
    for column, function in enumerate(RULES.functions)
]

FUNCTION = """
[[function]]
label = "{label}"
name = "{name}"
vote = "{vote}"
weight = {weight}
phrases = {phrases}
examples = ["any"]
counterexamples = ["other"]
"""
TOUR = FUNCTION.format(
    label="tour", name="first", vote="present", weight=1, phrases='["tour"]'
)


def scheme(*functions: str, head: str = "") -> bytes:
    text = f'labels = ["tour", "n/a"]\n{head}\n{"".join(functions)}'
    return text.encode()


def said(title: str) -> str:
    return " ".join(sorted(RULES.label(title)))


# ------------------------------------------------------------------ what is shipped


@pytest.mark.parametrize(("column", "function"), ALL_FUNCTIONS)
def test_every_function_fires_on_its_examples_only(
    column: int, function: LabelingFunction
) -> None:
    votes = RULES.votes(function.written.examples)[:, column]
    assert votes.tolist() == [function.vote] * len(votes)
    others = RULES.votes(function.written.counterexamples)[:, column]
    assert others.tolist() == [ABSTAIN] * len(others)


def test_no_common_word_votes_alone_where_the_one_beside_it_is_missing() -> None:
    """`follow ups?` is no plural that may be left out: `follow` alone would fire."""
    for function in topic_rules().functions:
        for phrase in function.written.phrases:
            words = phrase.split()
            kept = [word for word in words if word == "?" or not word.endswith("?")]
            assert len(kept) == len(words) or len(kept) > 1, phrase


def test_the_labels_are_the_studys_without_those_that_say_the_same() -> None:
    assert set(RULES.labels) == set(keyword_rules().labels) - {"vocalist", "play"}
    assert RULES.labels == tuple(sorted(RULES.labels))


@pytest.mark.parametrize(
    ("title", "labels"),
    [
        ("Grey Harbour hit the road this summer", "tour"),
        ("Not a single person was harmed", "n/a"),
        ("Grey Harbour man shows off his garden", "n/a"),
        ("Cover story: the year of Grey Harbour", "n/a"),
        ("On the cover of Rolling Stone: Grey Harbour", "n/a"),
        ("Grey Harbour man released from prison", "n/a"),
        ("Single-handedly, he saved the pub", "n/a"),
        ("Grey Harbour on Saturday Night Live", "n/a"),
        ("Grateful Dead fans and their vans", "n/a"),
        ("Death Cab for Cutie on their cats", "n/a"),
        ("Singer of Grey Harbour has passed away", "death singer"),
        ("Grey Harbour frontman quits", "lineup singer"),
        ("New face behind the kit for Grey Harbour", "drummer"),
        ("Rock and Roll Hall of Fame: who is in", "rrhof"),
        ("Songwriters Hall of Fame: who is in", "award"),
        ("Grammys: all the winners", "award grammy"),
        ("Grey Harbour \u2013 \u2018M\xfctter\u2019 (live video)", "perform video"),
        ("Grey Harbour sign to Epic Records", "n/a"),
        ("", "n/a"),
        ("!!! ???", "n/a"),
        ("東京事変", "n/a"),
    ],
)
def test_a_title_has_the_labels_that_a_reader_gives(title: str, labels: str) -> None:
    assert said(title) == labels


@settings(deadline=None)  # the first title that needs a function compiles it
@given(st.text(max_size=200))
def test_no_topic_stands_alone_and_places_are_in_the_title(title: str) -> None:
    labels = RULES.label(title)
    assert labels <= set(RULES.labels)
    assert labels == {NO_TOPIC} or NO_TOPIC not in labels
    ends = [0, *(place for span in RULES.spans(title) for place in span), len(title)]
    assert ends == sorted(ends)


@settings(deadline=None)
@given(st.text(max_size=120))
def test_case_accents_and_kinds_of_quotes_make_no_difference(title: str) -> None:
    curly = title.replace("'", "\u2019").replace('"', "\u201d")
    assert RULES.label(title) == RULES.label(curly)


@pytest.mark.parametrize(
    "other", ["MOTÖRHEAD TOUR", "motörhead tour", "Moto\u0308rhead tour"]
)
def test_a_word_is_the_same_however_it_is_typed(other: str) -> None:
    words = [token.word for token in tokens(other)]
    assert words == ["motorhead", "tour"]


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Slash's 'Big Plans' tour", "slash 'big_plans' tour"),
        ('"Big Plans" by Slash', "'big_plans' by slash"),
        ('Big Plans" by Slash', "'big_plans' by slash"),
        ('Slash plays "Big Plans', "slash plays 'big_plans'"),
        ("Slash: 'We will tour the world'", "slash : we will tour the world"),
        ("'No tour': Slash", "no tour : slash"),
        ("'We said no to a tour of the world,' Slash", None),
        ("The Roses' 90s tour", "the roses 90s tour"),
        ("Rock 'n' roll in the '90s", None),
        ("Line-up \u2013 a word", "line up - a word"),
    ],
)
def test_short_quotations_are_names_and_what_is_said_is_read(
    title: str, words: str | None
) -> None:
    read = " ".join(token.word for token in tokens(title))
    if words is None:
        assert "_" not in read
    else:
        assert read == words


@pytest.mark.parametrize(
    "piece",
    [
        "tour ",
        "' ",
        "'a ",
        '"a ',
        ": ",
        "@ ",
        "'Ten' ",
        "to play ",
        "release x ",
        "\u0301",
    ],
)
def test_the_time_grows_no_faster_than_the_title(piece: str) -> None:
    def seconds(size: int) -> float:
        title = piece * (size // len(piece))
        begun = time.process_time()
        RULES.label(title)
        return time.process_time() - begun

    seconds(1_000)  # the functions are compiled when first needed: not part of it
    assert seconds(300_000) < 10 * seconds(75_000) + 0.3  # 4 times if linear


def test_a_title_of_a_megabyte_takes_seconds() -> None:
    begun = time.process_time()
    assert RULES.label("'a tour: " * 110_000)
    assert time.process_time() - begun < 20


# ----------------------------------------------------------------- votes to labels


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(1, 9), st.booleans()),
        min_size=1,
        max_size=6,
    )
)
def test_the_heavier_side_of_the_votes_wins(
    functions: list[tuple[bool, int, bool]],
) -> None:
    source = scheme(
        TOUR,
        *(
            FUNCTION.format(
                label="tour",
                name=f"function {number}",
                vote="present" if is_for else "absent",
                weight=weight,
                phrases=f'["{"yes" if fires else "no"}"]',
            )
            for number, (is_for, weight, fires) in enumerate(functions)
        ),
    )
    rules = compiled(source, where="here")
    total = sum((1 if is_for else -1) * w for is_for, w, fires in functions if fires)
    assert ("tour" in rules.label("yes")) == (total > 0)
    votes = rules.votes(["yes"])[0, 1:].tolist()
    assert votes == [
        (PRESENT if is_for else ABSENT) if fires else ABSTAIN
        for is_for, _, fires in functions
    ]


def test_a_function_abstains_where_it_lacks_a_word_or_has_one_too_many() -> None:
    more = 'also = ["dates"]\nunless = ["bus"]\n'
    rules = compiled(scheme(TOUR + more), where="here")
    titles = ["tour dates", "tour", "tour bus dates", "dates"]
    assert rules.votes(titles)[:, 0].tolist() == [PRESENT, ABSTAIN, ABSTAIN, ABSTAIN]


def test_names_and_idioms_give_no_label() -> None:
    head = 'names = ["tour de grey"]\nidioms = ["tour guide|guides"]\n'
    known = FUNCTION.format(
        label="tour", name="@", vote="present", weight=1, phrases='["by @"]'
    )
    rules = compiled(scheme(TOUR, known, head=head), where="here")
    assert rules.label("Tour de Grey and the tour guides") == {NO_TOPIC}
    assert rules.label("By Tour de Grey") == {"tour"}
    assert rules.label("By Grey") == {NO_TOPIC}


def test_a_word_that_is_called_like_a_kind_of_words_is_a_word() -> None:
    kinds = '["name tour", "other tour", "number tour"]'
    one = FUNCTION.format(
        label="tour", name="first", vote="present", weight=1, phrases=kinds
    )
    rules = compiled(scheme(one, head='names = ["grey"]\n'), where="here")
    assert rules.label("Name tour") == {"tour"}
    others = ("Grey tour", "Big tour", "40 tour")
    assert [rules.label(title) for title in others] == [{NO_TOPIC}] * 3


@pytest.mark.parametrize(
    ("phrase", "found", "not_found"),
    [
        ("tour~", ["tours", "Touring"], ["tourist"]),
        ("a b|c", ["a b", "x a c"], ["a d", "b a"]),
        ("new song? tour", ["new tour", "new song tour"], ["new big tour"]),
        ("add ... dates", ["add dates", "add a b c d e f dates"], ["add a : dates"]),
        ("add ... dates", ["add"[:3] + " dates"], ["add a b c d e f g dates"]),
        ("^ tour $", ["Tour"], ["Tour it", "a tour"]),
        ("''  tour", ["'Big Plans' tour"], ["Big Plans tour"]),
        ("# dates", ["40 dates", "2020 dates"], ["forty dates", "40th dates"]),
        ("#th tour", ["40th tour", "1st tour"], ["40 tour"]),
        ("#year tour", ["1999 tour"], ["99 tour"]),
        ("{cities} tour", ["new york tour", "rome tour"], ["york tour", "tour"]),
        ("{works}", ["'Ten'", "Big Plans", "'big plans'"], ["ten", "big"]),
    ],
)
def test_a_phrase_is_found_where_it_stands(
    phrase: str, found: list[str], not_found: list[str]
) -> None:
    head = (
        '[lists]\ncities = ["new york", "rome"]\n[titles]\nworks = ["ten", "big plans"]'
    )
    one = FUNCTION.format(
        label="tour", name="first", vote="present", weight=1, phrases=f'["{phrase}"]'
    )
    rules = compiled(scheme(one, head=head), where="here")
    assert rules.votes(found)[:, 0].tolist() == [PRESENT] * len(found)
    assert rules.votes(not_found)[:, 0].tolist() == [ABSTAIN] * len(not_found)


# ----------------------------------------------------------------------- the file


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (b"labels = [", "here is not usable: not TOML"),
        (b"\xff", "not TOML in UTF-8"),
        (scheme(), "function: Field required"),
        (scheme(TOUR, TOUR), "function 'tour: first': stands twice"),
        (scheme(TOUR.replace('"tour"', '"tuor"', 1)), "'tuor: first': no such topic"),
        (scheme(TOUR.replace("weight = 1", "weight = 0")), "'tour: first'.weight: "),
        (scheme(TOUR.replace("weight", "wieght")), "'tour: first'.wieght: Extra"),
        (scheme(TOUR.replace('["any"]', "[]")), "'tour: first'.examples: "),
        (scheme(TOUR.replace('"present"', '"maybe"')), "'tour: first'.vote: "),
        (
            scheme(TOUR.replace('["tour"]', '["{x}"]')),
            "'tour: first': there is no list",
        ),
        (scheme(TOUR.replace('["tour"]', '["a (b"]')), "'(b' in 'a (b' is no element"),
        (scheme(TOUR.replace('["tour"]', '["^ ..."]')), "'^ ...' has no word"),
        (scheme(TOUR.replace('["tour"]', '["tour?"]')), "may be missing"),
        (scheme(TOUR, head='idioms = ["a_b"]'), "idioms: 'a_b' in 'a_b' is no element"),
        (scheme(TOUR).replace(b'"n/a"', b'"na"'), "n/a is missing"),
        (
            scheme(TOUR).replace(b'"n/a"', b'"n/a", "song"'),
            "no function votes on 'song'",
        ),
    ],
)
def test_a_scheme_that_cannot_be_used_is_refused_by_name(
    source: bytes, told: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        compiled(source, where="here")
    assert told in str(refusal.value)


def test_the_digest_is_of_the_file_and_nothing_else() -> None:
    one, again = (compiled(scheme(TOUR), where=name) for name in ("here", "there"))
    other = compiled(scheme(TOUR) + b"# said otherwise\n", where="here")
    assert one.digest == again.digest != other.digest
    assert len({one.digest, RULES.digest, keyword_rules().digest}) == 3


# ------------------------------------------------------------ what functions do


def test_the_report_counts_votes_overlap_conflict_and_agreement() -> None:
    dates = FUNCTION.format(
        label="tour", name="dates", vote="present", weight=1, phrases='["dates"]'
    )
    bus = FUNCTION.format(
        label="tour", name="bus", vote="absent", weight=2, phrases='["bus"]'
    )
    rules = compiled(scheme(TOUR, dates, bus), where="here")
    titles = ["tour", "tour dates", "tour bus", "none"]
    targets = np.array([[1, 0], [0, 1]], dtype=np.int8)
    known = np.ones((2, 2), dtype=np.bool_)
    people = HumanLabels(("tour", "tour bus"), targets, known)
    tour, date, against = function_rows(rules, titles, people)
    assert (tour.coverage, tour.overlap, tour.conflict) == (0.75, 0.5, 0.25)
    assert (date.coverage, date.overlap, date.conflict) == (0.25, 0.25, 0)
    assert (against.coverage, against.overlap, against.conflict) == (0.25, 0.25, 0.25)
    assert (tour.precision, tour.recall, tour.support) == (0.5, 1, 2)
    assert (date.precision, date.recall, date.support) == (None, 0, 0)
    assert (against.precision, against.recall, against.support) == (1, 1, 1)
    known = np.array([[True, True], [False, True]])
    tour, *_ = function_rows(rules, titles, replace(people, known=known))
    assert (tour.precision, tour.support) == (1, 1)


def test_explaining_names_the_words_and_the_functions() -> None:
    found = RULES.explain("Grey Harbour hit the road; a 'Big Plans' trailer")
    assert found.evidence["tour"] == "hit the road"
    assert found.evidence["trailer"] == "trailer"
    assert "tour: on the road" in found.topics
    assert found.labels == {"tour", "trailer"}


def test_masking_hides_the_words_that_speak_for_a_label() -> None:
    assert masked(["Ghost hit the road"], RULES) == [
        "Ghost something something something"
    ]


# ------------------------------------------------------------ training and serving


@pytest.fixture(scope="module", params=["keywords", "topics"])
def scheme_name(request: pytest.FixtureRequest) -> SchemeName:
    found: SchemeName = request.param
    return found


@pytest.fixture(scope="module")
def by_scheme(scheme_name: SchemeName, once: Once) -> Trained:
    """A tree on 1,000 invented headlines, labelled by one scheme."""
    chosen = {"classifier": "decision-tree", "labels": scheme_name, "rules_below": 30}
    corpus = gather((item.title for item in sample(1_000, seed=1)), "invented")
    settings_ = Settings.model_validate({"train": chosen})
    with undrawn():
        return once.trained(
            f"scheme-{scheme_name}",
            lambda: train(corpus, rules_of(scheme_name), settings_, lambda *_: None),
        )


def test_a_model_says_and_is_served_by_the_rules_it_learned_from(
    by_scheme: Trained, scheme_name: SchemeName, tmp_path: Path
) -> None:
    rules = rules_of(scheme_name)
    made = publish(tmp_path, by_scheme.draft, training_seconds=1)
    found = load(tmp_path, made.manifest.name)
    assert found.manifest.rules == scheme_name
    assert found.manifest.rules_sha256 == rules.digest
    assert found.manifest.labels == rules.labels
    served = found.manifest.rule_labels
    assert served
    titles = ["Ghost announce tour", "Grammys: all of them", "Slash is sober"]
    columns = [rules.labels.index(label) for label in served]
    answers = found.predict(titles)[:, columns]
    np.testing.assert_array_equal(answers, rules.label_matrix(titles, served))
    card = by_scheme.draft.files["README.md"].decode()
    assert (
        f"{scheme_name.removesuffix('s')} rules (SHA-256 {rules.digest})"
        in " ".join(card.split())
    )


def test_a_model_is_refused_where_its_own_rules_changed(
    by_scheme: Trained,
    scheme_name: SchemeName,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = publish(tmp_path, by_scheme.draft, training_seconds=1)
    changed = {
        "keywords": replace(keyword_rules(), digest="f" * 64),
        "topics": replace(topic_rules(), digest="f" * 64),
    }
    other: SchemeName = "topics" if scheme_name == "keywords" else "keywords"
    where = "rocktag.artifact.loading.rules_of"
    kept = {scheme_name: rules_of(scheme_name), other: changed[other]}
    monkeypatch.setattr(where, kept.__getitem__)
    assert load(tmp_path, made.manifest.name)
    monkeypatch.setattr(where, changed.__getitem__)
    with pytest.raises(ArtifactError, match=f"{scheme_name[:-1]} rules of SHA-256"):
        load(tmp_path, made.manifest.name)
