"""The space of a search: every fault at once, and what a study is known by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocktag.config import Range, Settings, Space, load
from rocktag.errors import ConfigError, UsageError
from rocktag.searching import Method, Plan
from rocktag.searching.points import points

FAULTY = """
[tag]
batch_size = 0
[search.space.cnn-bilstm]
learning_rat = [1]
learning_rate = [0.0, 0.1, "x"]
epochs = {low = 5, high = 2}
attention = {low = 1, high = 2}
dropout = 3
[search.space.decision-tree]
tree_depth = [1, 1]
forest_terms = {low = 0.1, high = 2.0, log = true}
[search.space.nobody]
a = [1]
"""


def plan_of(space: dict[str, Any], method: Method = "random", **train: Any) -> Plan:
    settings = Settings.model_validate(
        {
            "train": {"classifier": "decision-tree", **train},
            "search": {"space": {"decision-tree": space}},
        }
    )
    return Plan(
        train=settings.train,
        search=settings.search,
        corpus_sha256="c" * 64,
        rules_sha256="r" * 64,
        method=method,
    )


def test_all_faults_of_the_spaces_are_told_at_once_with_their_paths(
    tmp_path: Path,
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(FAULTY)
    with pytest.raises(ConfigError) as caught:
        load(file)
    paths = {fault.partition(": ")[0] for fault in caught.value.faults}
    cnn, tree = "search.space.cnn-bilstm", "search.space.decision-tree"
    assert paths == {
        "tag.batch_size",
        f"{cnn}.learning_rat",
        f"{cnn}.learning_rate.0",
        f"{cnn}.learning_rate.2",
        f"{cnn}.epochs",
        f"{cnn}.attention",
        f"{cnn}.dropout",
        f"{tree}.tree_depth",
        f"{tree}.forest_terms.high",
        "search.space.nobody",
    }


def test_a_space_given_replaces_the_shipped_one_and_leaves_the_others() -> None:
    search = Settings.model_validate(
        {"search": {"space": {"cnn-bilstm": {"epochs": [2]}}}}
    ).search
    assert search.space == {"cnn-bilstm": {"epochs": (2,)}}
    search = Settings.model_validate(
        {"search": {"space": {"adaboost": {"adaboost_depth": {"low": 1, "high": 9}}}}}
    ).search
    assert search.space["adaboost"] == {"adaboost_depth": Range(low=1, high=9)}
    assert search.space["cnn-bilstm"]["batch_size"] == (64, 128)


def test_settings_with_a_space_are_read_back_as_they_were_shown() -> None:
    values = {"space": {"decision-tree": {"tree_depth": {"low": 1, "high": 9}}}}
    settings = Settings.model_validate({"search": values})
    shown = settings.displayable()["search"]
    assert Settings.model_validate({"search": shown}).search == settings.search


def test_a_grid_of_ranges_says_what_to_do_for_each() -> None:
    ends = {"low": 1, "high": 3}
    with pytest.raises(ConfigError) as caught:
        plan_of({"tree_depth": ends, "ngrams": ends}, "grid")
    assert len(caught.value.faults) == 2
    assert all("give a list" in fault for fault in caught.value.faults)
    assert plan_of({"tree_depth": ends}, "tpe").space


def test_a_classifier_without_a_space_is_refused() -> None:
    settings = Settings.model_validate({})
    with pytest.raises(UsageError, match=r"write \[search\.space\.adaboost\]"):
        Plan(
            train=settings.train,
            search=settings.search,
            corpus_sha256="",
            rules_sha256="",
            method="grid",
        )


@given(
    st.dictionaries(
        st.text(min_size=1),
        st.lists(st.integers(), min_size=1, max_size=3, unique=True).map(tuple),
        min_size=1,
        max_size=3,
    )
)
def test_a_grid_has_each_point_once(space: Space) -> None:
    found = list(points(space))
    assert len({tuple(point.items()) for point in found}) == len(found)
    count = 1
    for axis in space.values():
        assert isinstance(axis, tuple)
        count *= len(axis)
    assert len(found) == count


def test_a_study_is_known_by_corpus_space_and_what_is_fixed_but_not_by_method() -> None:
    space = {"tree_depth": [1, 2]}
    name = plan_of(space).study_name
    assert name.startswith("decision-tree-")
    assert plan_of(space, "grid").study_name == name
    assert plan_of(space, bag_of_words={"tree_depth": 9}).study_name == name
    assert plan_of(space, bag_of_words={"ngrams": 2}).study_name != name
    assert plan_of(space, seed=8).study_name != name
    assert plan_of({"tree_depth": [1, 3]}).study_name != name
