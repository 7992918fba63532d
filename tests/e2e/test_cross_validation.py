"""`rocktag train --folds`: what is printed, published, forgotten and tuned again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Result

Call = Callable[..., Result]
HERE = ("--models-dir", "models", "--database-url", "sqlite:///rocktag.db")
TRAIN = ("train", "--classifier", "logistic-regression", "--corpus", "sample.csv")
FOLDS = (*TRAIN, "--folds", "3")


@pytest.fixture
def rocktag(call: Call, tmp_path: Path) -> Call:
    """The command line where 600 invented headlines are."""
    assert call("sample", "-n", "600", "--seed", "3", "-o", "sample.csv").code == 0

    def run(*arguments: str) -> Result:
        return call(*HERE, *arguments)

    return run


def test_every_command_says_what_cross_validation_scored(
    rocktag: Call, tmp_path: Path
) -> None:
    trained = rocktag(*FOLDS)
    assert trained.code == 0, trained.stderr
    assert "Out-of-fold headlines per label" in trained.stdout
    assert "3 folds, each under thresholds tuned on the others" in trained.stdout
    assert " ± " in trained.stdout
    assert not list((tmp_path / "models").glob(".checkpoints/*"))

    shown = rocktag("models", "show", "champion")
    assert "Out-of-fold headlines, against the rules" in shown.stdout
    facts = rocktag("models", "show", "champion", "--json").object()
    assert facts["cross_validation"]["folds"] == len(facts["folds"]) == 3

    tuned = rocktag("thresholds", "champion", "--objective", "f2")
    assert tuned.code == 0, tuned.stderr
    titles = " ".join(tuned.stdout.split())  # they are wrapped
    assert "out-of-fold headlines, which the thresholds were tuned on" in titles
    assert "each fold under thresholds tuned on the others" in titles
    for result in (trained, shown, tuned):
        assert "untouched" not in result.stdout
        assert "test headlines" not in result.stdout.lower()
        assert "validation" not in result.stdout

    asked = ("thresholds", "champion", "--objective", "f3", "--json")
    again = rocktag(*asked).object()
    assert again["tuned_on"] == "out-of-fold"
    forced = ("--force", "--why", "recall is what counts")  # the gate looks at F1
    assert rocktag("models", "promote", again["version"], *forced).code == 0
    new = rocktag("models", "show", "champion", "--json").object()
    assert new["version"] == again["version"]
    assert new["folds"] == facts["folds"]
    assert new["cross_validation"]["folds"] == 3
    assert new["cross_validation"] != facts["cross_validation"]
    assert new["test"] == again["new"]["test"]


def test_machines_are_told_of_every_fold(rocktag: Call) -> None:
    said = rocktag(*FOLDS, "--json").object()
    found = said["cross_validation"]["scores"]["micro"]["micro_f1"]
    assert len(found["folds"]) == 3
    assert min(found["folds"]) <= found["mean"] <= max(found["folds"])
    files = rocktag("models", "show", "champion", "--json").object()["files"]
    assert {"fold_scores.csv", "fold_label_scores.csv", "folds.npy"} <= set(files)
    simple = rocktag(*TRAIN, "--json").object()
    assert simple["cross_validation"] is None


def test_folds_with_nothing_to_resume_or_to_learn_from_are_refused(
    rocktag: Call, tmp_path: Path
) -> None:
    for options, code, told in (
        (("--resume",), 1, "no training of this corpus with these settings and folds"),
        (("--folds", "400"), 2, "folds"),
        (("--folds", "50", "--corpus", "few.csv"), 1, "take fewer folds"),
        (("--folds", "0"), 2, "--folds"),
    ):
        assert rocktag("sample", "-n", "20", "-o", "few.csv").code == 0
        result = rocktag(*FOLDS, *options)
        assert result.code == code, result.stderr
        assert told in result.stderr
        assert result.stdout == ""
        (tmp_path / "few.csv").unlink()
    wide = ("--set", "train.validation_fraction=0.7")
    result = rocktag(*wide, *FOLDS)
    assert result.code == 2
    assert "leaves a side empty" in result.stderr
    assert not list((tmp_path / "models").glob("[a-z]*"))
