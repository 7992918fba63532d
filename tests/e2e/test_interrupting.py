"""Ctrl-C, as a real signal: one sentence and exit code 130, whenever it comes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import Rocktag, sample_file, wait_until

SAID = "rocktag: interrupted; what was stored before stays, nothing is half-written\n"
TINY = """
[train.cnn_bilstm]
maximum_length = 12
embedding_dimension = 4
filters = 4
lstm_units = 2
dense_units = 4
epochs = 400
patience = 400
"""


def test_an_interrupted_command_says_what_became_of_it_once(rocktag: Rocktag) -> None:
    process = rocktag.start("sample", "-n", "50000000", "-o", "large.csv")
    wait_until(lambda: bool(list(rocktag.folder.glob(".large.csv-*"))), "the draft")
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert (rocktag.folder / "worker.log").read_text() == SAID
    assert [path.name for path in rocktag.folder.iterdir()] == ["worker.log"]


@pytest.mark.parametrize("module", ["rocktag.cli.app", "numpy", "sqlalchemy"])
def test_an_interruption_while_modules_are_imported_gives_no_traceback(
    module: str, tmp_path: Path
) -> None:
    code = f"""
import os, signal, sys
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
from rocktag.cli import main
sys.exit(main(["--version"]))
"""
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", SAID)


def test_a_training_in_a_pipe_tells_its_epochs_and_is_published_at_ctrl_c(
    rocktag: Rocktag,
) -> None:
    (rocktag.folder / "config.toml").write_text(TINY)
    sample_file(rocktag, "small.csv", 300)
    process = rocktag.start(
        "train", "--classifier", "cnn-bilstm", "--corpus", "small.csv"
    )
    log = rocktag.folder / "worker.log"
    wait_until(lambda: "epoch 2 of 400, loss " in log.read_text(), "two epochs")
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 0
    said = log.read_text()
    assert said.count("epoch 1 of 400, loss ") == 1
    assert "settings and --resume goes on" in said
    assert "published cnn-bilstm/" in said


def test_a_killed_training_goes_on_to_its_publication(
    rocktag: Rocktag, models_dir: Path
) -> None:
    tiny = TINY.replace("epochs = 400", "epochs = 2")
    (rocktag.folder / "config.toml").write_text(tiny)
    sample_file(rocktag, "small.csv", 300)
    train = ("train", "--classifier", "cnn-bilstm", "--corpus", "small.csv")
    process = rocktag.start(*train)
    log = rocktag.folder / "worker.log"
    wait_until(lambda: "epoch 2 of 2, loss " in log.read_text(), "the last epoch")
    process.kill()
    process.wait()
    assert list(models_dir.glob(".checkpoints/*/state.npz"))
    resumed = rocktag.well(*train, "--resume")
    assert "epoch 1 of 2" not in resumed.stderr
    assert "published cnn-bilstm/" in resumed.stdout
    assert [path.name for path in models_dir.iterdir()] == ["cnn-bilstm"]
