"""A network from corpus to artifact: one seed one artifact, breaks, and tagging."""

from __future__ import annotations

import csv
import gc
import io
import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from rocktag.artifact import Published, load, publish
from rocktag.config import Settings
from rocktag.corpus import Corpus, gather
from rocktag.errors import ArtifactError, TrainingError, UsageError
from rocktag.fitting import word_vectors
from rocktag.labeling import keyword_rules
from rocktag.sampling import sample
from rocktag.training import Trained, train
from tests.figures import undrawn


def changed(settings: Settings, models_dir: Path, **network: object) -> Settings:
    values = settings.train.cnn_bilstm.model_dump()
    return Settings.model_validate(
        {
            "models_dir": models_dir,
            "train": {"classifier": "cnn-bilstm", "cnn_bilstm": {**values, **network}},
        }
    )


def corpus_of(count: int) -> Corpus:
    return gather((item.title for item in sample(count, seed=1)), "invented")


def trained_on(
    settings: Settings,
    interrupt_in: int | None = None,
    *,
    resume: bool = False,
    interrupt_at: str = "",
    told: list[str] | None = None,
) -> Trained:
    def progress(stage: str, done: int, steps: int, detail: str = "", /) -> None:
        if told is not None:
            told.append(stage)
        if stage == interrupt_at:
            raise KeyboardInterrupt
        if stage == "fit" and detail.startswith(f"epoch {interrupt_in} of"):
            raise KeyboardInterrupt

    corpus = corpus_of(600)
    return train(corpus, keyword_rules(), settings, progress, resume=resume)


@pytest.fixture
def published_network(trained_network: Trained, models_dir: Path) -> Published:
    """The tiny network, published in a folder of the test's own."""
    return publish(models_dir, trained_network.draft, training_seconds=1)


def test_one_seed_gives_one_network_to_the_byte_and_trains_one_at_a_time(
    trained_network: Trained, network_settings: Settings, tmp_path: Path
) -> None:
    settings = changed(network_settings, tmp_path)
    again = trained_on(settings)
    assert again.draft.files == trained_network.draft.files
    assert again.draft.facts == trained_network.draft.facts
    with pytest.raises(TrainingError, match="another process trains the same"):
        trained_on(settings)  # until it is published
    (kept,) = again.checkpoints
    kept.remove()
    assert not list(tmp_path.iterdir())


def test_the_network_learns(trained_network: Trained) -> None:
    assert trained_network.scores["micro"].micro.f1 > 0.35


def test_the_artifact_has_history_and_figures(trained_network: Trained) -> None:
    files = trained_network.draft.files
    rows = list(csv.DictReader(io.StringIO(files["history.csv"].decode())))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert set(rows[0]) == {
        "epoch",
        *(
            f"{side}_{name}"
            for side in ("training", "validation")
            for name in ("loss", "micro_f1", "macro_f1", "subset_accuracy")
        ),
    }
    for name in ("micro_f1_by_epoch", "loss_by_epoch"):
        assert files[f"{name}.png"].startswith(b"\x89PNG")
        assert b"<svg" in files[f"{name}.svg"]


def test_the_manifest_says_how_it_was_fitted_and_converted(
    published_network: Published,
) -> None:
    manifest = published_network.manifest
    assert manifest.fitting is not None
    assert manifest.conversion is not None
    assert manifest.fitting.interrupted_in_epoch is None
    assert manifest.fitting.word_vectors == "from scratch"
    moved = manifest.conversion.differences
    assert moved["float32"].probability < 1e-5
    int8 = moved["int8"]
    assert int8.label_f1 is not None
    within = int8.probability <= 0.02 and max(int8.f1, int8.label_f1) <= 0.002
    assert (manifest.conversion.number_format == "int8") == within
    assert {"tensorflow", "keras", "ai-edge-litert"} <= set(manifest.packages)
    card = " ".join((published_network.folder / "README.md").read_text().split())
    assert "4 epochs; the weights are those of epoch" in card


def test_a_loaded_network_says_what_was_published(
    published_network: Published, models_dir: Path
) -> None:
    artifact = load(models_dir, published_network.manifest.name)
    golden = (published_network.folder / "golden.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in golden]
    found = artifact.predict([row["title"] for row in rows])
    np.testing.assert_allclose(
        found, [row["probabilities"] for row in rows], rtol=0, atol=1e-5
    )
    assert np.isfinite(artifact.predict(["", "\u0301", "\u2605"])).all()


@pytest.mark.parametrize("name", ["model.tflite", "tokenizer.json"])
def test_a_network_that_was_changed_is_refused(
    published_network: Published, models_dir: Path, name: str
) -> None:
    path = published_network.folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match=f"{name} was changed after"):
        load(models_dir, published_network.manifest.name)


def test_a_network_without_its_tokenizer_is_refused(
    trained_network: Trained, models_dir: Path
) -> None:
    draft = trained_network.draft
    files = {n: c for n, c in draft.files.items() if n != "tokenizer.json"}
    found = publish(
        models_dir,
        type(draft)(draft.classifier, draft.facts, files),
        training_seconds=0,
    )
    with pytest.raises(ArtifactError, match=r"tokenizer\.json"):
        load(models_dir, found.manifest.name)


def test_a_training_interrupted_in_an_epoch_and_after_the_last_is_resumed(
    trained_network: Trained, network_settings: Settings, tmp_path: Path
) -> None:
    settings = changed(network_settings, tmp_path)
    with undrawn():
        broken = trained_on(settings, interrupt_in=3)
    facts = broken.draft.facts["fitting"]
    assert (facts["epochs"], facts["interrupted_in_epoch"]) == (2, 3)
    card = " ".join(broken.draft.files["README.md"].decode().split())
    assert "interrupted in epoch 3: no command gives this very model again" in card
    manifest = publish(tmp_path, broken.draft, training_seconds=1).manifest
    assert manifest.fitting is not None
    assert manifest.fitting.interrupted_in_epoch == 3
    other = changed(network_settings, tmp_path, dropout=0.31)
    with pytest.raises(TrainingError, match="no training of this corpus"):
        trained_on(other, resume=True)
    told: list[str] = []
    for stage in ("convert", "predict", "thresholds", "report"):
        learns = not told  # what it has left of its epochs
        told.clear()
        with pytest.raises(KeyboardInterrupt):
            trained_on(settings, resume=True, interrupt_at=stage, told=told)
        assert told[-1] == stage
        assert ("fit" in told) is learns
        gc.collect()  # what pytest knows of the error holds the lock
    resumed = trained_on(settings, resume=True, interrupt_at="fit")
    assert resumed.draft.files == trained_network.draft.files
    assert resumed.draft.facts == trained_network.draft.facts
    (kept,) = resumed.checkpoints
    kept.remove()
    with pytest.raises(TrainingError, match="no training of this corpus"):
        trained_on(settings, resume=True)


@pytest.mark.usefixtures("undrawn")
def test_the_card_names_the_vectors_that_training_took(
    network_settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "tiny.2d.txt"
    file.write_text("tour 1 2\nalbum 3 4\n")
    settings = changed(network_settings, tmp_path, epochs=1, maximum_length=2)
    vectors = partial(word_vectors.read, file, preferred_dimension=2)
    found = train(
        corpus_of(600), keyword_rules(), settings, lambda *_: None, vectors=vectors
    )
    card = found.draft.files["README.md"].decode()
    assert "config.toml train --corpus invented --glove tiny.2d.txt\n" in card


def test_how_long_checkpoints_are_kept_changes_no_training(
    network_settings: Settings, tmp_path: Path
) -> None:
    settings = changed(network_settings, tmp_path, epochs=1)
    with pytest.raises(KeyboardInterrupt):
        trained_on(settings, interrupt_at="convert")
    gc.collect()  # what pytest knows of the error holds the lock
    values = settings.train.model_dump() | {"keep_checkpoints_days": 0}
    other = Settings.model_validate({"models_dir": tmp_path, "train": values})
    with pytest.raises(KeyboardInterrupt):
        trained_on(other, interrupt_at="convert", resume=True)


def test_an_interruption_before_the_first_epoch_ends_gives_nothing(
    network_settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        trained_on(changed(network_settings, tmp_path), interrupt_in=1)
    assert not (tmp_path / ".checkpoints").exists()


def test_what_is_fitted_in_one_step_cannot_be_resumed(tmp_path: Path) -> None:
    settings = Settings.model_validate({"models_dir": tmp_path})
    with pytest.raises(UsageError, match="adaboost is fitted in one step"):
        trained_on(settings, resume=True)


def test_tagging_with_a_network_loads_no_framework_and_says_nothing(
    published_network: Published, models_dir: Path
) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nimport rocktag.worker\n"
        "from rocktag.tagging import open_tagger\n"
        "tagger = open_tagger(Path(sys.argv[1]), sys.argv[2], 'micro')\n"
        "print(tagger.tag(['Ghost announce tour'])[1].shape)\n"
        "print({'tensorflow', 'keras', 'sklearn', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, models_dir, published_network.manifest.name],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "(1, 36)\nset()\n"
    assert done.stderr == ""
