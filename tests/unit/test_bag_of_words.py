"""The study's baselines, on corpora small enough to read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rocktag
from rocktag.classifiers.bag_of_words import (
    Settings,
    build,
    fit,
    predict_probabilities,
)
from rocktag.errors import TrainingError
from rocktag.types import BagOfWordsName, Targets

NAMES: tuple[BagOfWordsName, ...] = get_args(BagOfWordsName)

SMALL = Settings(forest_trees=5, adaboost_estimators=5, adaboost_depth=2)
WORDS = ("tour", "album", "ghost", "queen", "new", "live")
TEXTS = [
    f"{first} {second} {third}"
    for first in WORDS
    for second in WORDS
    for third in ("today", "again", "soon")
]


def targets_of(texts: list[str]) -> Targets:
    """Three labels that are words, and two that none and all of the texts have."""
    topics = [[word in text.split() for word in WORDS[:3]] for text in texts]
    return np.array([[*row, False, True] for row in topics], dtype=np.int8)


def fitted(name: BagOfWordsName, settings: Settings = SMALL, seed: int = 3) -> Any:
    pipeline = build(name, text_view="raw", seed=seed, settings=settings)
    fit(pipeline, TEXTS, targets_of(TEXTS))
    return pipeline


@pytest.mark.parametrize("name", NAMES)
def test_every_classifier_learns_labels_that_are_words(name: BagOfWordsName) -> None:
    unseen = ["a tour by Ghost", "Queen album", "QUEEN live"]
    probabilities = predict_probabilities(fitted(name), unseen)
    assert probabilities.dtype == np.float32
    assert ((probabilities > 0.5) == targets_of(list(map(str.lower, unseen)))).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_label_that_none_or_all_have_is_certain(name: BagOfWordsName) -> None:
    probabilities = predict_probabilities(fitted(name), ["anything", "tour"])
    assert (probabilities[:, 3] == 0).all()
    assert (probabilities[:, 4] == 1).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("texts", [["", "?!", "\U0001f3b8"], ["unknown words"], []])
def test_a_title_without_known_words_has_probabilities_too(
    name: BagOfWordsName, texts: list[str]
) -> None:
    probabilities = predict_probabilities(fitted(name), texts)
    assert probabilities.shape == (len(texts), 5)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


@pytest.mark.parametrize("name", NAMES)
def test_what_no_word_tells_apart_is_the_share_of_the_headlines(
    name: BagOfWordsName,
) -> None:
    pipeline = build(name, text_view="raw", seed=1, settings=SMALL)
    fit(pipeline, ["same", "same"], np.array([[0, 1], [1, 1]], dtype=np.int8))
    probability = predict_probabilities(pipeline, ["same"])[0, 0]
    assert 0 <= probability <= 1
    if name != "random-forest":  # whose trees see samples of the headlines
        assert probability == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("name", NAMES)
def test_one_seed_gives_one_answer(name: BagOfWordsName) -> None:
    first, again = (predict_probabilities(fitted(name), TEXTS) for _ in range(2))
    assert (first == again).all()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=8))
def test_a_title_is_answered_alike_alone_and_in_company(texts: list[str]) -> None:
    pipeline = PIPELINES.setdefault("adaboost", fitted("adaboost"))
    alone = [predict_probabilities(pipeline, [text])[0] for text in texts]
    assert np.array_equal(predict_probabilities(pipeline, texts), np.array(alone))


PIPELINES: dict[str, Any] = {}


def test_adaboosts_probability_is_above_one_half_where_it_predicts_the_label() -> None:
    pipeline = fitted("adaboost")
    native = pipeline.predict(TEXTS)
    assert ((predict_probabilities(pipeline, TEXTS) > 0.5) == native).all()


def test_rounding_leads_no_vote_of_adaboost_out_of_0_to_1(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = ["metal tour", "pop album", "rock tour", "jazz album"]
    targets = np.array([[1, 0], [0, 1], [1, 0], [0, 1]], dtype=np.int8)
    model = build("adaboost", text_view="raw", seed=7, settings=Settings())
    fit(model, texts, targets)
    kind = type(model[-1].estimators_[0])
    for vote in (-2.0000000000000004, 2.0000000000000004):
        monkeypatch.setattr(kind, "decision_function", lambda *_, v=vote: np.full(4, v))
        found = predict_probabilities(model, texts)
        assert ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize("name", [name for name in NAMES if name != "adaboost"])
def test_the_other_probabilities_are_scikit_learns(name: BagOfWordsName) -> None:
    pipeline = fitted(name)
    native = [columns[:, -1] for columns in pipeline.predict_proba(TEXTS)[:3]]
    found = predict_probabilities(pipeline, TEXTS)[:, :3]
    np.testing.assert_allclose(found, np.transpose(native), rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_progress_counts_every_label_once(name: BagOfWordsName) -> None:
    seen: list[tuple[int, int]] = []
    pipeline = build(name, text_view="clean", seed=1, settings=SMALL)
    fit(
        pipeline,
        TEXTS,
        targets_of(TEXTS),
        lambda done, total: seen.append((done, total)),
    )
    assert seen == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_accents_and_capitals_do_not_matter_on_raw_text() -> None:
    probabilities = predict_probabilities(fitted("decision-tree"), ["TÖUR", "tour"])
    assert (probabilities[0] == probabilities[1]).all()


@pytest.mark.parametrize(
    ("texts", "minimum"), [(["", "!"], 1), (["ghost tour", "queen album"], 3)]
)
def test_texts_without_terms_are_refused_with_what_to_do(
    texts: list[str], minimum: int
) -> None:
    chosen = Settings(minimum_headlines=minimum)
    pipeline = build("decision-tree", text_view="raw", seed=1, settings=chosen)
    with pytest.raises(TrainingError, match=r"2 training headlines.*add headlines"):
        fit(pipeline, texts, np.eye(2, dtype=np.int8))


def test_importing_the_classifiers_does_not_load_scikit_learn() -> None:
    script = (
        "import rocktag.classifiers.bag_of_words, rocktag.splits, rocktag.thresholds,"
        " rocktag.metrics, sys; sys.exit('sklearn' in sys.modules)"
    )
    root = Path(rocktag.__file__).parents[1]
    subprocess.run([sys.executable, "-c", script], cwd=root, check=True)
