"""What a reader types, how far readers agree, and which headlines are alike."""

from __future__ import annotations

import io
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocktag.annotating import (
    CODES,
    Asked,
    Candidate,
    alpha,
    read_answer,
    read_suspects,
    said_of,
    writing,
)
from rocktag.annotating.novelty import Novelty
from rocktag.comparing import read_gold_rows
from rocktag.errors import InputError
from rocktag.labeling import topic_rules

LABELS = topic_rules().labels


def test_each_label_of_the_guide_has_one_code_and_no_code_is_a_label() -> None:
    assert sorted(CODES.values()) == sorted(LABELS)
    assert len(CODES) == len(LABELS)
    assert CODES.keys().isdisjoint(LABELS)
    assert {len(code) for code in CODES} == {2}


@given(st.sets(st.sampled_from(sorted(set(LABELS) - {"n/a"})), min_size=1), st.data())
def test_codes_and_names_in_any_order_mean_the_labels(
    labels: set[str], data: st.DataObject
) -> None:
    code_of = {label: code for code, label in CODES.items()}
    words = [
        data.draw(st.sampled_from([code_of[label], label, label.upper()]))
        for label in data.draw(st.permutations(sorted(labels)))
    ]
    asked = read_answer(data.draw(st.sampled_from([" ", ", ", ";"])).join(words))
    assert asked == Asked("labels", frozenset(labels))


@pytest.mark.parametrize("line", ["xy", "al xy", "na al", "al al?", ";", "u q", "\x1b"])
def test_what_means_nothing_is_told_and_stores_nothing(line: str) -> None:
    asked = read_answer(line)
    assert asked.fault
    assert asked.given == frozenset()


def test_what_other_readers_call_otherwise_is_the_same_label() -> None:
    assert read_answer("vocalist play").given == {"singer", "perform"}


def test_a_reader_speaks_of_every_label_but_those_in_doubt() -> None:
    said = said_of({"tour"}, {"date"})
    assert said.keys() == set(LABELS) - {"date"}
    assert [label for label, present in said.items() if present] == ["tour"]


units = st.lists(st.lists(st.booleans(), max_size=5), max_size=12)


@given(units)
def test_alpha_is_that_of_the_coincidence_matrix(said: list[list[bool]]) -> None:
    matrix = {(one, other): 0.0 for one in (False, True) for other in (False, True)}
    for unit in said:
        for pair in permutations(unit, 2):
            matrix[pair[0], pair[1]] += 1 / (len(unit) - 1)
    absent = matrix[False, False] + matrix[False, True]
    present = matrix[True, True] + matrix[True, False]
    found = alpha(said)
    if not absent * present:
        assert found is None
        return
    total = absent + present
    expected_differing = 2 * absent * present / (total - 1)
    observed_differing = matrix[False, True] + matrix[True, False]
    assert found == pytest.approx(1 - observed_differing / expected_differing)


@given(st.text("abc xyz", min_size=1).filter(str.strip), st.text("abc xyz"))
def test_likeness_is_mutual_and_a_headline_is_like_itself(one: str, other: str) -> None:
    assert Novelty([one]).knows(one)
    assert Novelty([one]).knows(other) == Novelty([other]).knows(one)


def test_what_is_exported_is_read_back_whatever_a_title_begins_with() -> None:
    titles = ["=1+1 is a song", "@Owls, live", '"Quoted", they say', "'+4 notes"]
    file = io.StringIO(newline="")
    writing(file, [Candidate(at, title, "s") for at, title in enumerate(titles)])
    rows = read_gold_rows(file.getvalue().encode(), Path("out.csv"), LABELS)
    assert [row.title for row in rows] == titles
    assert {row.cells["reason"] for row in rows} == {"random"}
    assert not any(row.given or row.disputed for row in rows)


def test_the_worst_score_of_a_suspect_counts(tmp_path: Path) -> None:
    path = tmp_path / "suspects.csv"
    path.write_text("title,label,score\nOwls rest,tour,0.4\nOwls rest,date,0.1\n")
    assert read_suspects(path) == {"Owls rest": 0.1}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("title,label\n", "no column score"),
        ("title,score\nOwls,often\n", "line 2"),
        ("title,score\nOwls,7\n", "not between 0 and 1"),
    ],
)
def test_a_file_of_no_suspects_is_refused(
    tmp_path: Path, content: str, why: str
) -> None:
    path = tmp_path / "suspects.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=why):
        read_suspects(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_suspects(tmp_path / "missing.csv")
