"""Cross-validation from corpus to artifact, with a classifier fitted in one step."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rocktag.artifact import Contents, load, predictions, publish, read
from rocktag.artifact.predictions import OutOfFold
from rocktag.config import Settings
from rocktag.corpus import gather
from rocktag.errors import TrainingError
from rocktag.fitting import Task
from rocktag.fitting.rare_labels import rule_labels
from rocktag.labeling import keyword_rules
from rocktag.objectives import Objective
from rocktag.retuning import retune
from rocktag.sampling import sample
from rocktag.splits import Split
from rocktag.training import Trained, train
from tests.once import Once

FOLDS = 3
CORPUS = gather((item.title for item in sample(900, seed=2)), "invented")
LABELS = keyword_rules().labels


def settings_in(models_dir: Path, **train: object) -> Settings:
    chosen = {"classifier": "logistic-regression", "folds": FOLDS, **train}
    return Settings.model_validate({"models_dir": models_dir, "train": chosen})


def trained_in(
    models_dir: Path,
    stop_at: str | None = None,
    *,
    resume: bool = False,
    **chosen: object,
) -> tuple[Trained, list[str]]:
    """Return what was trained, and the stages it went through."""
    stages: list[str] = []

    def progress(stage: str, done: int, steps: int, detail: str = "", /) -> None:
        stages.append(stage)
        if stop_at is not None and stage.startswith(stop_at):
            raise KeyboardInterrupt

    settings = settings_in(models_dir, **chosen)
    trained = train(CORPUS, keyword_rules(), settings, progress, resume=resume)
    return trained, list(dict.fromkeys(stages))


@pytest.fixture(scope="module")
def crossed(tmp_path_factory: pytest.TempPathFactory, once: Once) -> Trained:
    """A logistic regression of three folds."""
    folder = tmp_path_factory.mktemp("models")
    return once.trained("three-folds", lambda: trained_in(folder)[0])


@pytest.fixture(scope="module")
def contents(crossed: Trained, tmp_path_factory: pytest.TempPathFactory) -> Contents:
    """The same, published."""
    folder = tmp_path_factory.mktemp("models")
    published = publish(folder, crossed.draft, training_seconds=1)
    return read(folder, published.manifest.name)


def test_the_manifest_says_what_was_scored_in_each_fold(
    crossed: Trained, contents: Contents
) -> None:
    manifest = contents.manifest
    assert manifest.cross_validation is not None
    assert manifest.cross_validation.folds == len(manifest.folds) == FOLDS
    assert all(fold.best_epoch is None for fold in manifest.folds)
    assert manifest.test["micro"] == crossed.scores["micro"].averages()
    assert manifest.thresholds.tuned_on == "out-of-fold"
    assert manifest.reference.headlines == manifest.corpus.headlines == 900
    assert (manifest.corpus.training, manifest.corpus.test) == (900, 0)
    spread = manifest.cross_validation.scores["micro"]["micro_f1"]
    assert 0 < spread.standard_deviation < 0.1 < 0.5 < spread.mean
    held_out = predictions.load(contents.files, len(LABELS), where="here")
    assert isinstance(held_out, OutOfFold)
    targets = keyword_rules().label_matrix(CORPUS.titles)
    np.testing.assert_array_equal(held_out.out_of_fold_targets, targets)
    assert np.bincount(held_out.folds).tolist() == pytest.approx([300] * 3, abs=2)


def test_the_files_say_what_each_fold_scored(contents: Contents) -> None:
    files, crossed = contents.files, contents.manifest.cross_validation
    assert crossed is not None
    rows = list(csv.DictReader(io.StringIO(files["fold_scores.csv"].decode())))
    found = [float(row["macro_f1"]) for row in rows if row["policy"] == "macro"]
    assert found == pytest.approx(crossed.scores["macro"]["macro_f1"].folds, abs=1e-6)
    labels = csv.DictReader(io.StringIO(files["fold_label_scores.csv"].decode()))
    assert {row["label"] for row in labels} == set(LABELS)
    assert "fold_history.csv" not in files
    assert "fold_loss.png" not in files


def test_the_card_says_that_no_headline_was_left_untouched(contents: Contents) -> None:
    card = contents.files["README.md"].decode()
    crossed = contents.manifest.cross_validation
    assert crossed is not None
    assert "untouched" not in card
    assert "test headlines" not in card
    assert "tuned on 900 out-of-fold headlines" in card
    assert "## Scores of cross-validation, against the rules" in card
    spread = crossed.scores["micro"]["micro_f1"]
    assert f"| micro | {spread.mean:.4f} ± {spread.standard_deviation:.4f} |" in card
    assert "rocktag --config <this folder>/config.toml train" in card
    assert "`fold_label_scores.csv`" in card
    assert max(map(len, card.splitlines())) < 200


def test_a_model_of_all_headlines_is_what_is_served(contents: Contents) -> None:
    artifact = load(contents.folder.parents[1], contents.manifest.name)
    said = artifact.predict(CORPUS.titles[:50])
    held_out = predictions.load(contents.files, len(LABELS), where="here")
    assert said.shape == (50, len(LABELS))
    assert not np.allclose(said, held_out.unseen[:50], atol=1e-3)


def test_one_seed_gives_one_cross_validation_to_the_byte_wherever_it_was_broken_off(
    crossed: Trained, tmp_path: Path
) -> None:
    kept = tmp_path / ".checkpoints"
    with pytest.raises(KeyboardInterrupt):
        trained_in(tmp_path, stop_at="fold 2")
    assert len(list(kept.iterdir())) == 1
    with pytest.raises(TrainingError, match="train without --resume"):
        trained_in(tmp_path, resume=True, seed=8)
    resumed, stages = trained_in(tmp_path, resume=True)
    assert not any(stage.startswith("fold 1") for stage in stages)
    assert {"fold 2 of 3: fit", "fold 3 of 3: fit", "fit"} <= set(stages)
    assert resumed.draft.files == crossed.draft.files
    assert resumed.draft.facts == crossed.draft.facts
    assert len(list(kept.iterdir())) == FOLDS  # until the model is published
    for checkpoint in resumed.checkpoints:
        checkpoint.remove()
    assert not kept.exists()


@pytest.mark.parametrize("stop_at", [None, "fold 1"])
def test_nothing_to_resume_is_refused_before_anything_is_fitted(
    stop_at: str | None, tmp_path: Path
) -> None:
    if stop_at is not None:
        with pytest.raises(KeyboardInterrupt):
            trained_in(tmp_path, stop_at=stop_at)
    with pytest.raises(TrainingError, match="no training of this corpus with these"):
        trained_in(tmp_path, stop_at="fold 1", resume=True)


def test_a_damaged_fold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        trained_in(tmp_path, stop_at="fold 2")
    (file,) = (tmp_path / ".checkpoints").rglob("state.npz")
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(TrainingError, match="no readable checkpoint"):
        trained_in(tmp_path, resume=True)


def test_thresholds_tuned_again_keep_nested_scores_and_folds(
    contents: Contents, tmp_path: Path
) -> None:
    retuned = retune(contents, Objective(beta=2))
    published = publish(tmp_path, retuned.draft, training_seconds=1)
    again = read(tmp_path, published.manifest.name)
    old, new = contents.manifest, again.manifest
    assert new.folds == old.folds
    assert new.cross_validation is not None
    assert new.cross_validation != old.cross_validation
    assert new.cross_validation.folds == FOLDS
    assert new.thresholds.tuned_on == "out-of-fold"
    assert new.test["micro"]["micro_recall"] > old.test["micro"]["micro_recall"]
    for name in ("fold_scores.csv", "fold_label_scores.csv", "README.md"):
        assert again.files[name] != contents.files[name]
    assert "untouched" not in again.files["README.md"].decode()
    for name in ("folds.npy", "out_of_fold_probabilities.npy", "model.skops"):
        assert again.files[name] == contents.files[name]
    back = retune(again, Objective())
    assert back.new.thresholds == old.thresholds.tuned()
    assert back.draft.facts["test"] == old.test
    for name in ("fold_scores.csv", "test_scores.json", "threshold_sweep.svg"):
        assert back.draft.files[name] == contents.files[name]


def test_folds_leave_the_same_labels_to_the_rules_as_the_model_of_all_headlines(
    tmp_path: Path,
) -> None:
    targets = keyword_rules().label_matrix(CORPUS.titles)
    positives = dict(zip(LABELS, targets.sum(axis=0).tolist(), strict=True))
    limit = sorted(positives.values())[12]  # which two thirds of them are below
    trained, _ = trained_in(tmp_path, rules_below=limit)
    served = set(trained.draft.facts["rule_labels"])
    assert served == {label for label, count in positives.items() if count < limit}
    held_out = predictions.load(trained.draft.files, len(LABELS), where="here")
    assert isinstance(held_out, OutOfFold)
    same = (held_out.unseen == held_out.out_of_fold_targets).all(axis=0)
    assert served == {label for label, is_ in zip(LABELS, same, strict=True) if is_}


def test_a_fold_counts_the_positives_of_every_headline_for_the_rules() -> None:
    none = np.arange(0, dtype=np.int64)
    task = Task(
        titles=["a", "b"],
        targets=np.array([[1, 0], [1, 1]], dtype=np.int8),
        labels=["tour", "album"],
        rows=Split(np.arange(1), none, none),
        settings=settings_in(Path(), rules_below=2).train,
        checkpoints=None,
    )
    assert rule_labels(task) == ("tour", "album")
    assert rule_labels(replace(task, is_part=True)) == ("album",)


def test_the_test_fraction_does_not_matter_to_folds(tmp_path: Path) -> None:
    trained, _ = trained_in(
        tmp_path,
        classifier="decision-tree",
        folds=2,
        validation_fraction=0.3,
        test_fraction=0.8,
    )
    assert trained.draft.facts["corpus"]["validation"] == pytest.approx(270, abs=3)
