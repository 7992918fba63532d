"""The word-level tokenizer: its words, its bytes, and titles without any word."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from rocktag.classifiers import word_tokenizer
from rocktag.classifiers.token_ids import encode, id_of, pad
from rocktag.errors import TrainingError

TITLES = ["Motörhead's LAST tour", "Ghost tour!", "Ghost, live: tour"]


def built(**changes: int) -> bytes:
    options = {"maximum_length": 8, "vocabulary_size": 100, "minimum_headlines": 1}
    return word_tokenizer.build(TITLES, **{**options, **changes})


def opened(content: bytes) -> Tokenizer:
    return Tokenizer.from_str(content.decode())


def words_of(content: bytes, title: str) -> list[str]:
    return list(opened(content).encode(title).tokens)


def test_words_are_lower_case_without_accents_and_marks_stand_alone() -> None:
    expected = ["motorhead", "'", "s", "last", "tour"]
    assert words_of(built(), "MOTORHEAD'S last Tour") == expected


def test_padding_and_the_unknown_word_come_first_then_the_frequent_ones() -> None:
    vocabulary = word_tokenizer.vocabulary_of(built())
    assert list(vocabulary)[:4] == ["[PAD]", "[UNK]", "tour", "ghost"]
    assert list(vocabulary.values()) == list(range(len(vocabulary)))


def test_one_corpus_gives_one_file_whatever_the_order_of_its_titles() -> None:
    options = {"maximum_length": 8, "vocabulary_size": 100, "minimum_headlines": 1}
    assert word_tokenizer.build(TITLES[::-1], **options) == built() == built()


def test_size_and_minimum_bound_the_vocabulary() -> None:
    assert list(word_tokenizer.vocabulary_of(built(vocabulary_size=1)))[2:] == ["tour"]
    rare = word_tokenizer.vocabulary_of(built(minimum_headlines=2))
    assert list(rare)[2:] == ["tour", "ghost"]


def test_a_long_title_is_cut() -> None:
    assert words_of(built(maximum_length=2), "Ghost tour!") == ["ghost", "tour"]


@pytest.mark.parametrize("title", ["", " ", "\u0301\u0301", "\u2605 \u2606"])
def test_a_title_without_known_words_is_an_unknown_word(title: str) -> None:
    tokenizer = opened(built())
    (ids,) = encode(tokenizer, [title])
    assert set(ids) == {id_of(tokenizer, "[UNK]")} == {1}


def test_titles_without_words_give_no_vocabulary() -> None:
    with pytest.raises(TrainingError, match="no words to learn from"):
        word_tokenizer.build(
            ["", " "], maximum_length=8, vocabulary_size=9, minimum_headlines=1
        )


@given(st.lists(st.text(st.characters(codec="utf-8"))))
def test_every_title_has_a_token_within_the_vocabulary(titles: list[str]) -> None:
    content = built()
    size = len(word_tokenizer.vocabulary_of(content))
    for ids in encode(opened(content), titles):
        assert 1 <= len(ids) <= 8
        assert all(1 <= token < size for token in ids)


@given(st.lists(st.lists(st.integers(1, 9), min_size=1)), st.integers(1, 6))
def test_padding_keeps_the_beginning(ids: list[list[int]], length: int) -> None:
    padded = pad(ids, length)
    assert padded.shape == (len(ids), length)
    assert padded.dtype == np.int32
    for row, tokens in zip(padded, ids, strict=True):
        kept = tokens[:length]
        assert row.tolist() == kept + [0] * (length - len(kept))
