"""Which headlines a model learned from: kept in its artifact, without a title."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest

from rocktag.artifact import Contents, Published, npy_file, provenance, read
from rocktag.artifact.provenance import (
    FILE_NAMES,
    FIRST_FOLD,
    TEST,
    TRAINING,
    VALIDATION,
    Provenance,
    keys_of,
    of_folds,
    of_split,
)
from rocktag.corpus import gather
from rocktag.errors import ArtifactError
from rocktag.sampling import sample
from rocktag.splits import Split
from rocktag.text import clean
from rocktag.training import Trained

SPLIT = Split(np.array([0, 3]), np.array([1]), np.array([2]))
TITLES = ("Ghost tour", "New album", "鬼", "Queen")


@pytest.fixture
def contents(published: Published) -> Contents:
    """The files of the small model."""
    return read(published.folder.parents[1], published.manifest.name)


def test_each_headline_has_the_key_of_its_words_and_the_side_it_stood_on() -> None:
    found = of_split(TITLES, SPLIT)
    assert found.sides.tolist() == [TRAINING, VALIDATION, TEST, TRAINING]
    assert not found.is_crossed
    assert set(found.learned) == set(keys_of(["GHOST, tours!", "new albums", "Queen"]))
    assert found.headline_keys[0] == keys_of(["Ghost tours"])[0]


def test_after_cross_validation_the_model_learned_from_all() -> None:
    found = of_folds(TITLES, np.array([0, 1, 1, 0], dtype=np.int8))
    assert found.sides.tolist() == [FIRST_FOLD, FIRST_FOLD + 1, FIRST_FOLD + 1, 3]
    assert found.is_crossed
    assert set(found.learned) == set(keys_of(TITLES))


def test_titles_have_different_keys_unless_they_have_the_same_words() -> None:
    titles = [headline.title for headline in sample(3_000, seed=2)]
    assert len(set(keys_of(titles).tolist())) == len({clean(one) for one in titles})


def test_an_artifact_knows_every_headline_of_its_corpus(contents: Contents) -> None:
    found = provenance.load(contents.files, where="here")
    facts = contents.manifest.corpus
    titles = gather((item.title for item in sample(3_000, seed=1)), "invented").titles
    assert found.headline_keys.tolist() == keys_of(titles).tolist()
    sizes = np.bincount(found.sides).tolist()
    assert sizes == [facts.training, facts.validation, facts.test]


def test_what_is_kept_is_the_same_bytes_each_time(trained: Trained) -> None:
    found = provenance.load(trained.draft.files, where="here")
    again = provenance.dump(found)
    assert {name: trained.draft.files[name] for name in FILE_NAMES} == again


def test_no_title_can_be_read_from_an_artifact(contents: Contents) -> None:
    kept = b"".join(contents.files[name] for name in FILE_NAMES)
    assert len(kept) < 9 * contents.manifest.corpus.headlines + 1_000


def test_an_artifact_without_it_says_what_to_do(contents: Contents) -> None:
    files = {n: c for n, c in contents.files.items() if n != "sides.npy"}
    with pytest.raises(ArtifactError, match=r"here does not say .* train again"):
        provenance.load(replace(contents, files=files).files, where="here")


@pytest.mark.parametrize(
    ("keys", "sides", "said"),
    [
        (b"", b"", r"headline_keys\.npy is not a \.npy file"),
        (np.zeros(3, np.int64), np.zeros(3, np.int8), "not a row of uint64"),
        (np.zeros(3, np.uint64), np.zeros(3, np.int16), "not a row of int8"),
        (np.zeros((3, 1), np.uint64), np.zeros(3, np.int8), "not a row of uint64"),
        (np.zeros(0, np.uint64), np.zeros(0, np.int8), "not a row of uint64"),
        (np.zeros(3, np.uint64), np.zeros(2, np.int8), "not equally long"),
        (np.zeros(2, np.uint64), np.array([0, -1], np.int8), "outside 0 to 127"),
    ],
)
def test_damaged_files_are_refused(keys: object, sides: object, said: str) -> None:
    files = {
        name: value if isinstance(value, bytes) else as_file(value)
        for name, value in zip(FILE_NAMES, (keys, sides), strict=True)
    }
    with pytest.raises(ArtifactError, match=said):
        provenance.load(files, where="here")


def as_file(array: object) -> bytes:
    found = np.asarray(array)
    return npy_file.dump(found, found.dtype)


def test_an_archive_of_arrays_is_no_array() -> None:
    file = io.BytesIO()
    np.savez(file, a=np.zeros(3))
    with pytest.raises(ArtifactError, match=r"here is not a \.npy file"):
        npy_file.load(file.getvalue(), where="here")


def test_a_provenance_is_read_back_as_it_was_written() -> None:
    before = of_split(TITLES, SPLIT)
    after = provenance.load(provenance.dump(before), where="here")
    assert isinstance(after, Provenance)
    assert after.sides.tolist() == before.sides.tolist()
    assert after.headline_keys.tolist() == before.headline_keys.tolist()
