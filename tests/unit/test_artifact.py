"""Artifacts: published whole, checked before anything is opened, never trusted."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rocktag.artifact import (
    PROTOCOL,
    Artifact,
    Published,
    check_writable,
    load,
    publish,
    published,
    publishing,
)
from rocktag.artifact.manifest import MANIFEST_NAME, from_json, to_json
from rocktag.errors import ArtifactError
from rocktag.labeling import keyword_rules
from rocktag.training import Trained


@pytest.fixture
def model(published: Published, models_dir: Path) -> Artifact:
    """The small model, loaded."""
    return load(models_dir, published.manifest.name)


def test_a_loaded_model_predicts_what_was_trained(
    model: Artifact, trained: Trained
) -> None:
    golden = [
        json.loads(line) for line in trained.draft.files["golden.jsonl"].splitlines()
    ]
    found = model.predict([row["title"] for row in golden])
    assert np.allclose(found, [row["probabilities"] for row in golden], atol=1e-5)
    assert found.dtype == np.float32


def test_a_model_carries_labels_and_rules_of_its_own(model: Artifact) -> None:
    assert model.manifest.labels == keyword_rules().labels
    assert model.manifest.rules_sha256 == keyword_rules().digest


def test_the_manifest_knows_every_file_and_its_hash(published: Published) -> None:
    names = {path.name for path in published.folder.iterdir()}
    assert names == {*published.manifest.files, MANIFEST_NAME}
    for name, facts in published.manifest.files.items():
        content = (published.folder / name).read_bytes()
        assert facts.size == len(content)
        assert facts.sha256 == hashlib.sha256(content).hexdigest()
    assert {
        "model.skops",
        "golden.jsonl",
        "config.toml",
        "history.csv",
        "README.md",
        "threshold_sweep.png",
    } <= names


def change_byte(folder: Path) -> None:
    path = folder / "model.skops"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncate(folder: Path) -> None:
    path = folder / "model.skops"
    path.write_bytes(path.read_bytes()[:-1])


def remove(folder: Path) -> None:
    (folder / "golden.jsonl").unlink()


def link(folder: Path) -> None:
    path = folder / "model.skops"
    path.rename(folder.parent / "elsewhere")
    path.symlink_to(folder.parent / "elsewhere")


def edit_manifest(folder: Path, **changes: object) -> None:
    path = folder / MANIFEST_NAME
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def raise_protocol(folder: Path) -> None:
    edit_manifest(folder, protocol=PROTOCOL + 1)


def drop_protocol(folder: Path) -> None:
    edit_manifest(folder, protocol=None)


def add_key(folder: Path) -> None:
    edit_manifest(folder, surprise=1)


def climb_out(folder: Path) -> None:
    facts = {"size": 0, "sha256": "0" * 64}
    edit_manifest(folder, files={"../../../etc/passwd": facts})


def lose_a_label(folder: Path) -> None:
    edit_manifest(folder, labels=["album"])


def serve_an_unknown_label_by_rules(folder: Path) -> None:
    edit_manifest(folder, rule_labels=["polka"])


def serve_no_topic_by_rules(folder: Path) -> None:
    edit_manifest(folder, rule_labels=["art", "n/a"])


def break_json(folder: Path) -> None:
    (folder / MANIFEST_NAME).write_text("{")


def nest_json(folder: Path) -> None:
    (folder / MANIFEST_NAME).write_text("[" * 100_000)


def no_manifest(folder: Path) -> None:
    (folder / MANIFEST_NAME).unlink()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (change_byte, "model.skops was changed after it was published"),
        (truncate, "bytes, its manifest says"),
        (remove, "golden.jsonl is missing"),
        (link, "model.skops is missing or is no regular file"),
        (raise_protocol, f"has protocol {PROTOCOL + 1}, this rocktag reads {PROTOCOL}"),
        (drop_protocol, "has protocol None"),
        (add_key, "surprise"),
        (climb_out, "not a usable manifest: files"),
        (lose_a_label, "not a usable manifest"),
        (serve_an_unknown_label_by_rules, "rule_labels: not topics of labels"),
        (serve_no_topic_by_rules, "rule_labels: not topics of labels"),
        (break_json, "is not JSON"),
        (nest_json, "is not JSON"),
        (no_manifest, "manifest.json is missing"),
    ],
)
def test_a_damaged_artifact_is_refused_with_what_and_what_next(
    published: Published,
    models_dir: Path,
    damage: Callable[[Path], None],
    words: str,
) -> None:
    damage(published.folder)
    with pytest.raises(ArtifactError) as caught:
        load(models_dir, published.manifest.name)
    assert words in str(caught.value)
    assert any(word in str(caught.value) for word in ("restore", "train again"))


def test_a_manifest_other_than_the_registered_one_is_refused(
    published: Published, models_dir: Path
) -> None:
    name = published.manifest.name
    assert load(models_dir, name, expected_sha256=published.manifest_sha256)
    with pytest.raises(ArtifactError, match="not the one that was registered"):
        load(models_dir, name, expected_sha256="0" * 64)


def test_a_model_that_answers_otherwise_than_when_published_is_refused(
    trained: Trained, models_dir: Path
) -> None:
    lines = trained.draft.files["golden.jsonl"].splitlines()
    first = json.loads(lines[0])
    first["probabilities"][0] = 1 - first["probabilities"][0]
    golden = b"\n".join([json.dumps(first).encode(), *lines[1:]])
    files = {**trained.draft.files, "golden.jsonl": golden}
    draft = publishing.Draft(trained.draft.classifier, trained.draft.facts, files)
    found = publish(models_dir, draft, training_seconds=0)
    with pytest.raises(ArtifactError, match=r"line 1: a probability differs"):
        load(models_dir, found.manifest.name)


def of_one_golden_headline(trained: Trained, **facts: object) -> publishing.Draft:
    """Return the small model with other facts, golden on a title without topic."""
    labels = keyword_rules().labels
    quiet = {"title": "Zyx", "probabilities": [float(x == "n/a") for x in labels]}
    files = {**trained.draft.files, "golden.jsonl": json.dumps(quiet).encode()}
    return replace(trained.draft, files=files, facts={**trained.draft.facts, **facts})


def test_labels_that_the_rules_serve_are_theirs_whatever_the_model_says(
    trained: Trained, models_dir: Path
) -> None:
    served = ("death", "tour")
    draft = of_one_golden_headline(trained, rule_labels=served)
    name = publish(models_dir, draft, training_seconds=0).manifest.name
    plain = publish(models_dir, trained.draft, training_seconds=0).manifest.name
    # Forms of the words that the model never met, and the rules know by their stems.
    titles = ["Zyx toured and toured", "Zyx deaths", "Zyx announce tour", "Zyx"]
    found, alone = (load(models_dir, one).predict(titles) for one in (name, plain))
    assert (found != alone).any()
    for column, label in enumerate(keyword_rules().labels):
        expected = (
            keyword_rules().label_matrix(titles, [label])[:, 0]
            if label in served
            else alone[:, column]
        )
        np.testing.assert_array_equal(found[:, column], expected, label)
    assert found.dtype == np.float32


def test_rules_other_than_those_of_training_are_refused_only_where_they_serve(
    trained: Trained, models_dir: Path
) -> None:
    other = {"rules_sha256": "0" * 64}
    plain = replace(trained.draft, facts={**trained.draft.facts, **other})
    unserved = publish(models_dir, plain, training_seconds=0)
    assert load(models_dir, unserved.manifest.name)
    served = of_one_golden_headline(trained, rule_labels=("art", "drug"), **other)
    found = publish(models_dir, served, training_seconds=0)
    with pytest.raises(ArtifactError, match=r"has art, drug served by .* train again"):
        load(models_dir, found.manifest.name)


def test_a_model_of_a_kind_unknown_here_is_refused(
    trained: Trained, models_dir: Path
) -> None:
    files = dict(trained.draft.files)
    files["model.hologram"] = files.pop("model.skops")
    draft = publishing.Draft(trained.draft.classifier, trained.draft.facts, files)
    found = publish(models_dir, draft, training_seconds=0)
    with pytest.raises(ArtifactError, match="install a newer rocktag"):
        load(models_dir, found.manifest.name)


@pytest.mark.parametrize("name", ["adaboost/none", "..", "../..", ""])
def test_what_is_not_there_is_refused(models_dir: Path, name: str) -> None:
    with pytest.raises(ArtifactError):
        load(models_dir, name)


def test_a_folder_under_another_name_is_refused(
    published: Published, models_dir: Path
) -> None:
    published.folder.rename(published.folder.with_name("renamed"))
    with pytest.raises(ArtifactError, match="give the folder its own name"):
        load(models_dir, f"{published.manifest.classifier}/renamed")


def test_a_failed_publication_leaves_nothing(
    trained: Trained, models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(path: Path, content: bytes) -> None:
        if path.name == MANIFEST_NAME:
            raise OSError(28, "No space left on device")
        path.write_bytes(content)

    monkeypatch.setattr(publishing, "_write_synced", no_space)
    with pytest.raises(ArtifactError, match="No space left on device; nothing was"):
        publish(models_dir, trained.draft, training_seconds=0)
    assert list((models_dir / trained.draft.classifier).iterdir()) == []


def test_a_folder_that_cannot_be_written_is_refused_before_the_work(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "models"):
        with pytest.raises(ArtifactError, match="Not a directory; nothing was begun"):
            check_writable(folder)
    check_writable(tmp_path / "new" / "models")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_old_drafts_of_killed_processes_are_swept(
    trained: Trained, models_dir: Path
) -> None:
    parent = models_dir / trained.draft.classifier
    old, young = parent / ".draft-old", parent / ".draft-young"
    old.mkdir(parents=True)
    young.mkdir()
    long_ago = time.time() - 48 * 3600
    os.utime(old, (long_ago, long_ago))
    publish(models_dir, trained.draft, training_seconds=0)
    assert not old.exists()
    assert young.exists()


def test_the_list_shows_faults_instead_of_failing(
    published_model: Published, models_dir: Path
) -> None:
    (models_dir / "adaboost" / "broken").mkdir(parents=True)
    listings = {listing.name: listing for listing in published(models_dir)}
    good = listings[published_model.manifest.name]
    assert good.manifest == published_model.manifest
    assert "manifest.json is missing" in (listings["adaboost/broken"].fault or "")


@pytest.fixture
def published_model(published: Published) -> Published:
    """The published model under a name that the function does not hide."""
    return published


def test_a_folder_that_is_not_there_lists_nothing(models_dir: Path) -> None:
    assert published(models_dir) == []


def test_a_manifest_reads_back_as_it_was_written(published: Published) -> None:
    written = (published.folder / MANIFEST_NAME).read_bytes()
    assert to_json(published.manifest) == written


def test_only_a_manifest_with_labels_by_rules_has_a_key_for_them(
    published: Published,
) -> None:
    assert "rule_labels" not in json.loads(to_json(published.manifest))
    served = published.manifest.model_copy(update={"rule_labels": ("art",)})
    assert json.loads(to_json(served))["rule_labels"] == ["art"]
    assert from_json(to_json(served), where="here") == served
