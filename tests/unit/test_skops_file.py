"""The file a fitted estimator is kept in: always the same, and safe to open."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import FunctionTransformer

import rocktag
from rocktag.artifact.skops_file import dump, load
from rocktag.classifiers.bag_of_words import (
    Settings,
    build,
    fit,
    predict_probabilities,
)
from rocktag.errors import ArtifactError
from rocktag.types import BagOfWordsName

NAMES: tuple[BagOfWordsName, ...] = get_args(BagOfWordsName)

TEXTS = ["ghost tour", "new _stop_words_id", "queen", "file tour", "__id__ new", "q x"]
TARGETS = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0]] * 2, dtype=np.int8)

FIT_ELSEWHERE = """
import hashlib, sys
import numpy as np
from rocktag.artifact.skops_file import dump
from rocktag.classifiers.bag_of_words import Settings, build, fit
texts = ["ghost tour", "new album", "queen song", "file tour", "old album", "q x"]
targets = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0]] * 2, dtype=np.int8)
for name in sys.argv[1:]:
    chosen = Settings(forest_trees=3)
    pipeline = build(name, text_view="raw", seed=3, settings=chosen)
    fit(pipeline, texts, targets)
    print(hashlib.sha256(dump(pipeline)).hexdigest())
"""


def fitted(name: BagOfWordsName) -> Any:
    chosen = Settings(forest_trees=3)
    pipeline = build(name, text_view="raw", seed=3, settings=chosen)
    fit(pipeline, TEXTS, TARGETS)
    return pipeline


def digests_from_another_process(hash_seed: str) -> list[str]:
    root = Path(rocktag.__file__).parents[1]
    finished = subprocess.run(
        [sys.executable, "-c", FIT_ELSEWHERE, *NAMES],
        cwd=root,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(root)},
        check=True,
        capture_output=True,
        text=True,
    )
    return finished.stdout.split()


@pytest.mark.parametrize("name", NAMES)
def test_a_loaded_estimator_predicts_the_same_and_dumps_the_same(
    name: BagOfWordsName,
) -> None:
    pipeline = fitted(name)
    content = dump(pipeline)
    loaded = load(content, where="model.skops")
    expected = predict_probabilities(pipeline, TEXTS)
    assert (predict_probabilities(loaded, TEXTS) == expected).all()
    assert dump(loaded) == content


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, unique=True))
def test_any_words_come_back_as_they_were(words: list[str]) -> None:
    vectoriser = TfidfVectorizer(vocabulary={w: i for i, w in enumerate(words)})
    content = dump(vectoriser)
    loaded = load(content, where="model.skops")
    assert list(loaded.vocabulary.items()) == list(vectoriser.vocabulary.items())
    assert dump(loaded) == content


@pytest.mark.parametrize("name", NAMES)
def test_training_twice_with_one_seed_gives_the_same_bytes(
    name: BagOfWordsName,
) -> None:
    assert dump(fitted(name)) == dump(fitted(name))


@pytest.mark.parametrize("name", NAMES)
def test_predicting_changes_nothing_in_the_file(name: BagOfWordsName) -> None:
    pipeline = fitted(name)
    before = dump(pipeline)
    predict_probabilities(pipeline, ["a new tour"])
    assert dump(pipeline) == before


def test_training_in_other_processes_gives_the_same_bytes() -> None:
    first, second = (digests_from_another_process(seed) for seed in ("1", "2"))
    assert first == second
    assert len(set(first)) == len(NAMES)


def test_words_named_like_the_formats_own_keys_survive() -> None:
    words = fitted("decision-tree")["vectoriser"].vocabulary_
    loaded = load(dump(fitted("decision-tree")), where="model.skops")
    assert {"file", "__id__", "_stop_words_id"} <= words.keys()
    assert loaded["vectoriser"].vocabulary_ == words


def test_equal_arrays_are_stored_once_and_loaded_apart() -> None:
    same = [np.arange(500.0), np.arange(500.0)]
    content = dump(same)
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.namelist() == ["schema.json", "0.npy"]
    first, second = load(content, where="model.skops")
    first[:] = 0
    assert second.tolist() == same[1].tolist()


def test_untrusted_types_are_refused_and_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "harmful_module.py"
    module.write_text("open('was_run', 'w').close()\ndef steal(x): return x\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    content = dump([FunctionTransformer(np.array_repr), FunctionTransformer(os.system)])
    harmful = edited(
        content, {'"array_repr"': '"steal"', '"numpy"': '"harmful_module"'}
    )
    with pytest.raises(ArtifactError, match=r"harmful_module\.steal.*nothing.*run"):
        load(harmful, where="model.skops")
    assert not (tmp_path / "was_run").exists()
    assert "harmful_module" not in sys.modules


def test_the_refusal_lists_the_types_in_order_without_the_trusted_tree() -> None:
    parts = [fitted("decision-tree"), os.system, os.getcwd]
    with pytest.raises(ArtifactError) as refusal:
        load(dump(parts), where="model.skops")
    assert "has: posix.getcwd, posix.system;" in str(refusal.value)
    assert str(refusal.value).startswith("model.skops holds types")


@pytest.mark.parametrize("content", [b"", b"no zip at all", dump([1])[:-30]])
def test_a_damaged_file_is_refused_with_what_to_do(content: bytes) -> None:
    with pytest.raises(ArtifactError, match=r"model\.skops is not a readable.*copy it"):
        load(content, where="model.skops")


@pytest.mark.parametrize(
    ("field", "number"),
    [
        *[(side, n) for side in ("left_child", "right_child") for n in (-2, 0, 10_000)],
        *[("feature", n) for n in (-2, 10_000)],
    ],
)
def test_a_tree_that_leads_out_of_its_arrays_is_refused(
    field: str, number: int
) -> None:
    content = with_node(skops.io.dumps(fitted("decision-tree")), field, number)
    with pytest.raises(ArtifactError, match="impossible nodes"):
        load(content, where="model.skops")


def edited(content: bytes, replacements: dict[str, str]) -> bytes:
    """Return the file with another schema."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(target, "w") as new,
    ):
        schema = json.dumps(json.loads(old.read("schema.json")))
        for before, after in replacements.items():
            assert before in schema
            schema = schema.replace(before, after)
        new.writestr("schema.json", schema)
        for name in old.namelist():
            if name != "schema.json":
                new.writestr(name, old.read(name))
    return target.getvalue()


def with_node(content: bytes, field: str, number: int) -> bytes:
    """Return the file with one field of every tree's root changed."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(target, "w") as new,
    ):
        for name in old.namelist():
            data = old.read(name)
            if name.endswith(".npy"):
                array = np.load(io.BytesIO(data))
                if array.dtype.names and len(array) > 1:
                    array[field][0] = number
                    buffer = io.BytesIO()
                    np.save(buffer, array)
                    data = buffer.getvalue()
            new.writestr(name, data)
    return target.getvalue()
