"""A network's cross-validation: its history, and how it goes on after a break."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rocktag.artifact import load, publish
from rocktag.config import Settings
from rocktag.corpus import gather
from rocktag.labeling import keyword_rules
from rocktag.sampling import sample
from rocktag.training import Trained, train
from tests.once import Once

SMALL = {
    "maximum_length": 5,
    "embedding_dimension": 8,
    "filters": 8,
    "lstm_units": 4,
    "dense_units": 8,
    "epochs": 2,
    "batch_size": 32,
    "learning_rate": 0.02,
}
CORPUS = gather((item.title for item in sample(200, seed=1)), "invented")
# Goes on, and goes down in the second epoch of the second fold, as a machine does.
KILLED = """
import os, signal, sys
from pathlib import Path
from tests.once import Once
from tests.unit.test_network_folds import trained_in

told = set()

def progress(stage, done, steps, detail=""):
    said = f"{stage}, {detail.partition(',')[0]}"
    if "epoch" in detail and said not in told:
        told.add(said)
        print(said, flush=True)
    if said == "fold 2 of 2: fit, epoch 2 of 2":
        os.kill(os.getpid(), signal.SIGKILL)

trained_in(Path(sys.argv[1]), progress, resume=True)
"""
Stage = tuple[str, str]


class Progress:
    """Notes what it is told, and interrupts where it is asked to."""

    def __init__(self, stage: str = "", detail: str = "") -> None:
        self.at, self.told = (stage, detail), list[Stage]()

    def __call__(self, stage: str, done: int, steps: int, detail: str = "", /) -> None:
        """Raise where it is time."""
        self.told.append((stage, detail))
        where, when = self.at
        if where and stage.startswith(where) and detail.startswith(when):
            raise KeyboardInterrupt

    def stages(self) -> set[str]:
        """Return the stages it was told of."""
        return {stage for stage, _ in self.told}

    def begun(self, stage: str) -> str:
        """Return which epoch a stage began with."""
        details = (detail for name, detail in self.told if name == stage)
        return next(details).partition(",")[0]


def trained_in(
    models_dir: Path, progress: Callable[..., None], *, resume: bool = False
) -> Trained:
    chosen = {"classifier": "cnn-bilstm", "folds": 2, "cnn_bilstm": SMALL}
    settings = Settings.model_validate({"models_dir": models_dir, "train": chosen})
    return train(CORPUS, keyword_rules(), settings, progress, resume=resume)


def sums(trained: Trained) -> dict[str, str]:
    files = trained.draft.files.items()
    return {name: hashlib.sha256(content).hexdigest() for name, content in files}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory, once: Once) -> Trained:
    """What a training comes to that nobody broke off."""
    folder = tmp_path_factory.mktemp("models")
    return once.trained("network-of-folds", lambda: trained_in(folder, Progress()))


def test_the_artifact_has_the_history_of_every_fold(uninterrupted: Trained) -> None:
    files, facts = uninterrupted.draft.files, uninterrupted.draft.facts
    rows = list(csv.DictReader(io.StringIO(files["fold_history.csv"].decode())))
    assert [(row["fold"], row["epoch"]) for row in rows] == [
        (fold, epoch) for fold in "12" for epoch in "12"
    ]
    for number, fold in enumerate(facts["folds"], start=1):
        losses = {
            int(row["epoch"]): float(row["validation_loss"])
            for row in rows
            if row["fold"] == str(number)
        }
        assert fold["best_epoch"] == min(losses, key=lambda epoch: losses[epoch])
        assert fold["number_format"] in ("int8", "float32")
    assert files["fold_loss.png"].startswith(b"\x89PNG")
    for said in (b"fold 1", b"fold 2", b"training", b"validation", b"loss, log scale"):
        assert said in files["fold_loss.svg"]


def test_the_model_of_all_headlines_learns_as_long_as_the_folds_did(
    uninterrupted: Trained,
) -> None:
    facts = uninterrupted.draft.facts
    best = [fold["best_epoch"] for fold in facts["folds"]]
    assert facts["fitting"]["epochs"] == round(float(np.median(best)))
    assert facts["fitting"]["interrupted_in_epoch"] is None


def test_the_published_model_opens_and_says_what_it_said(
    uninterrupted: Trained, tmp_path: Path
) -> None:
    name = publish(tmp_path, uninterrupted.draft, training_seconds=1).manifest.name
    artifact = load(tmp_path, name)
    assert artifact.manifest.cross_validation is not None
    assert np.isfinite(artifact.predict(["Ghost announce tour", ""])).all()


def test_a_training_interrupted_and_then_killed_ends_as_if_it_had_never_stopped(
    uninterrupted: Trained, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        trained_in(tmp_path, Progress("fold 1 of 2: fit", "epoch 2 of"))
    assert [path.name for path in tmp_path.iterdir()] == [".checkpoints"]

    killed = subprocess.run(
        [sys.executable, "-c", KILLED, tmp_path],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == -9, killed.stderr
    assert killed.stdout.splitlines() == [
        "fold 1 of 2: fit, epoch 2 of 2",
        "fold 2 of 2: fit, epoch 1 of 2",
        "fold 2 of 2: fit, epoch 2 of 2",
    ]

    progress = Progress()
    resumed = trained_in(tmp_path, progress, resume=True)
    assert not any(stage.startswith("fold 1") for stage in progress.stages())
    assert progress.begun("fold 2 of 2: fit") == "epoch 2 of 2"
    assert sums(resumed) == sums(uninterrupted)
    assert json.dumps(resumed.draft.facts) == json.dumps(uninterrupted.draft.facts)
    for checkpoint in resumed.checkpoints:
        checkpoint.remove()
    assert not (tmp_path / ".checkpoints").exists()
