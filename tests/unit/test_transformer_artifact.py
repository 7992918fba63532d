"""A transformer from corpus to artifact: one seed one artifact, and tagging."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rocktag.artifact import Published, load, publish
from rocktag.config import Settings
from rocktag.corpus import gather
from rocktag.encoders import Encoder, locate
from rocktag.errors import TrainingError, UsageError
from rocktag.labeling import keyword_rules
from rocktag.sampling import sample
from rocktag.training import Trained, train
from tests.once import Once

BASE = Path(__file__).parents[1] / "fixtures" / "distilbert-tiny"
SMALL = {
    "precision": "float32",
    "epochs": 1,
    "learning_rate": 0.005,
    "maximum_length": 16,
    "minimum_shown": 20,
}
CORPUS = gather((item.title for item in sample(300, seed=1)), "invented")


def settings_in(models_dir: Path, **changed: object) -> Settings:
    network = {**SMALL, "base": "tiny", **changed}
    chosen = {"classifier": "transformer", "transformer": network}
    return Settings.model_validate({"models_dir": models_dir, "train": chosen})


def trained_in(models_dir: Path, encoder: Encoder | None, **changed: object) -> Trained:
    settings = settings_in(models_dir, **changed)
    return train(CORPUS, keyword_rules(), settings, lambda *_: None, encoder=encoder)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    """The tiny DistilBERT, located as any folder."""
    return locate(str(BASE), {}, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def trained(
    encoder: Encoder, tmp_path_factory: pytest.TempPathFactory, once: Once
) -> Trained:
    """A transformer after one epoch."""
    folder = tmp_path_factory.mktemp("models")
    return once.trained("transformer", lambda: trained_in(folder, encoder))


@pytest.fixture(scope="module")
def published(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The same, published."""
    return publish(tmp_path_factory.mktemp("models"), trained.draft, training_seconds=1)


def test_one_seed_gives_one_transformer_to_the_byte(
    trained: Trained, encoder: Encoder, tmp_path: Path
) -> None:
    again = trained_in(tmp_path, encoder)
    assert again.draft.files == trained.draft.files
    assert again.draft.facts == trained.draft.facts


def test_the_manifest_says_which_encoder_was_fitted_and_how(
    published: Published, encoder: Encoder
) -> None:
    manifest = published.manifest
    assert manifest.classifier == "transformer"
    fitting, conversion = manifest.fitting, manifest.conversion
    assert fitting is not None
    assert conversion is not None
    assert fitting.encoder is not None
    assert fitting.encoder.origin == "folder distilbert-tiny"
    assert fitting.encoder.sha256 == encoder.sha256
    assert (fitting.head, fitting.precision) == ("mean-max", "float32")
    assert fitting.word_vectors is None
    int8 = conversion.differences["int8"]
    assert conversion.number_format == ("int8" if int8.f1 <= 0.002 else "float32")
    assert int8.decisions is not None
    assert 0 <= int8.decisions < 0.05
    assert conversion.differences["float32"].probability < 1e-5
    assert {"keras-hub", "tensorflow", "tokenizers"} <= set(manifest.packages)
    card = " ".join((published.folder / "README.md").read_text().split())
    assert "head mean-max, fitted in float32" in card
    assert f"Served as {conversion.number_format}: on validation" in card
    assert "config.toml train --corpus invented on the same headlines" in card


def test_a_loaded_transformer_says_what_was_published(published: Published) -> None:
    artifact = load(published.folder.parents[1], published.manifest.name)
    golden = (published.folder / "golden.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in golden]
    found = artifact.predict([row["title"] for row in rows])
    expected = [row["probabilities"] for row in rows]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


def test_what_a_headline_is_told_does_not_depend_on_those_beside_it(
    published: Published,
) -> None:
    artifact = load(published.folder.parents[1], published.manifest.name)
    titles = ["", "\u0301", "\u2605", "tour " * 400, *CORPUS.titles[:20]]
    together = artifact.predict(titles)
    assert np.isfinite(together).all()
    alone = np.concatenate([artifact.predict([title]) for title in titles])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-4)


def test_tagging_with_a_transformer_loads_no_framework_and_says_nothing(
    published: Published,
) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nimport rocktag.worker\n"
        "from rocktag.tagging import open_tagger\n"
        "tagger = open_tagger(Path(sys.argv[1]), sys.argv[2], 'micro')\n"
        "print(tagger.tag(['Ghost announce tour'])[1].shape)\n"
        "print({'tensorflow', 'keras', 'keras_hub', 'transformers', 'torch',"
        " 'safetensors', 'sklearn', 'matplotlib'} & set(sys.modules))"
    )
    folder, name = published.folder.parents[1], published.manifest.name
    done = subprocess.run(
        [sys.executable, "-c", code, folder, name],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "(1, 36)\nset()\n"
    assert done.stderr == ""


def test_a_transformer_without_an_encoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give --base"):
        trained_in(tmp_path, None)


def test_word_vectors_are_refused(tmp_path: Path, encoder: Encoder) -> None:
    def vectors(*_: object) -> None:
        raise AssertionError

    with pytest.raises(UsageError, match="no word vectors to start from"):
        train(
            CORPUS,
            keyword_rules(),
            settings_in(tmp_path),
            lambda *_: None,
            vectors=vectors,  # type: ignore[arg-type]
            encoder=encoder,
        )


def test_nothing_to_resume_is_refused(tmp_path: Path, encoder: Encoder) -> None:
    with pytest.raises(TrainingError, match="train without --resume"):
        train(
            CORPUS,
            keyword_rules(),
            settings_in(tmp_path),
            lambda *_: None,
            resume=True,
            encoder=encoder,
        )
