"""Training: one seed one artifact, an untouched test side, and honest files."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from rocktag.artifact import Draft
from rocktag.config import Settings, load, parse_assignments
from rocktag.corpus import Corpus, gather
from rocktag.errors import TrainingError
from rocktag.labeling import keyword_rules
from rocktag.objectives import Objective
from rocktag.sampling import sample
from rocktag.training import Trained, labelled, learn, train
from rocktag.verdicts import reach
from tests.once import Once

SETTINGS = Settings.model_validate({"train": {"classifier": "decision-tree"}})


def corpus_of(count: int) -> Corpus:
    return gather((item.title for item in sample(count, seed=3)), "invented")


def trained_on(count: int, settings: Settings = SETTINGS) -> Trained:
    return train(corpus_of(count), keyword_rules(), settings, lambda *_: None)


def sums(trained: Trained) -> dict[str, str]:
    files = sorted(trained.draft.files.items())
    return {name: hashlib.sha256(content).hexdigest() for name, content in files}


@pytest.fixture(scope="module")
def small(once: Once) -> Trained:
    """What a small training gives."""
    return once.trained("small-tree", lambda: trained_on(600))


def test_one_seed_gives_one_artifact_to_the_byte(small: Trained) -> None:
    again = trained_on(600)
    assert again.draft.files == small.draft.files
    assert again.draft.facts == small.draft.facts


def test_one_seed_gives_one_artifact_in_another_process_too(small: Trained) -> None:
    code = "from tests.unit.test_training import sums, trained_on\n"
    own = os.environ.get("PYTHONHASHSEED")  # a number only where somebody set it
    output = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"{code}print(sums(trained_on(600)))"],
        env={"PYTHONHASHSEED": "2" if own == "1" else "1", "PATH": ""},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert output == f"{sums(small)}\n"


def test_another_seed_gives_another_split(small: Trained) -> None:
    other = Settings.model_validate(
        {"train": {"classifier": "decision-tree", "seed": 8}}
    )
    assert trained_on(600, other).draft.files != small.draft.files


def test_no_file_holds_secrets_times_or_paths(trained: Trained, tmp_path: Path) -> None:
    secret = Settings.model_validate(
        {
            "database_url": "postgresql://u:s3cret@host/news",
            "models_dir": str(tmp_path),
            "train": {"classifier": "decision-tree"},
        }
    )
    for name, content in trained_on(600, secret).draft.files.items():
        assert b"s3cret" not in content, name
        assert str(tmp_path).encode() not in content, name


def test_the_artifacts_files_say_what_was_trained(trained: Trained) -> None:
    files = trained.draft.files
    assert tomllib.loads(files["config.toml"].decode())["train"]["seed"] == 7
    (row,) = csv.DictReader(io.StringIO(files["history.csv"].decode()))
    assert row["epoch"] == "1"
    assert float(row["training_micro_f1"]) > 0.9
    curve = list(csv.DictReader(io.StringIO(files["thresholds.csv"].decode())))
    assert [row["threshold"] for row in curve] == [
        f"{t / 100:.2f}" for t in range(1, 100)
    ]
    best = max(float(row["micro_f1"]) for row in curve)
    at = curve[round(trained.thresholds.micro * 100) - 1]
    assert float(at["micro_f1"]) == best
    assert files["threshold_sweep.png"].startswith(b"\x89PNG")
    assert b"<svg" in files["threshold_sweep.svg"]
    scores = json.loads(files["test_scores.json"])
    assert scores["micro"]["micro_f1"] == trained.scores["micro"].micro.f1
    assert len(scores["micro"]["per_label"]) == 36


def test_the_card_states_scores_and_limits(trained: Trained) -> None:
    card = trained.draft.files["README.md"].decode()
    for policy, found in trained.scores.items():
        assert f"| {policy} | {found.micro.f1:.4f} | {found.macro.f1:.4f} |" in card
    for label in keyword_rules().labels:
        assert f"\n| {label} | " in card
    assert "not that a reader would agree" in card
    command = "rocktag --config <this folder>/config.toml train --corpus invented"
    assert f"\n    {command}\n" in card


def test_the_reference_is_of_headlines_the_model_did_not_learn(
    trained: Trained,
) -> None:
    facts = trained.draft.facts
    corpus, reference = facts["corpus"], facts["reference"]
    assert reference["headlines"] == corpus["validation"] + corpus["test"]
    assert sum((corpus["training"], reference["headlines"])) == corpus["headlines"]
    for counts in reference["histograms"].values():
        assert sum(counts) == reference["headlines"]


@pytest.mark.usefixtures("undrawn")
def test_the_clean_view_of_a_tree_is_nearly_perfect() -> None:
    settings = Settings.model_validate(
        {"train": {"classifier": "decision-tree", "text_view": "clean"}}
    )
    assert trained_on(3_000, settings).scores["micro"].micro.f1 > 0.98


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_corpus_too_small_to_split_is_refused(count: int) -> None:
    with pytest.raises(TrainingError, match=r"too few|too small|no terms"):
        trained_on(count)


def test_titles_without_words_are_refused() -> None:
    corpus = gather((f"{'!' * n}" for n in range(1, 60)), "invented")
    with pytest.raises(TrainingError):
        train(corpus, keyword_rules(), SETTINGS, lambda *_: None)


def test_a_corpus_without_any_topic_is_refused() -> None:
    corpus = gather((f"Somebody said {n} words" for n in range(400)), "words.csv")
    with pytest.raises(
        TrainingError, match=r"no topic in any of the 400 .* words\.csv"
    ):
        train(corpus, keyword_rules(), SETTINGS, lambda *_: None)


@pytest.mark.usefixtures("undrawn")
def test_topics_that_no_training_headline_has_are_named() -> None:
    titles = [f"Band{n} announce {'tour' if n % 2 else 'album'}" for n in range(400)]
    found = train(
        gather(titles, "few topics"), keyword_rules(), SETTINGS, lambda *_: None
    )
    assert set(found.unlearned) == set(keyword_rules().labels) - {
        "announce",
        "tour",
        "album",
        "n/a",
    }


@pytest.mark.usefixtures("undrawn")
def test_topics_that_the_rules_serve_need_no_training_headline() -> None:
    values = {"train": {"classifier": "decision-tree", "rules_below": 1}}
    titles = [f"Band{n} announce {'tour' if n % 2 else 'album'}" for n in range(400)]
    found = train(
        gather(titles, "few topics"),
        keyword_rules(),
        Settings.model_validate(values),
        lambda *_: None,
    )
    assert found.unlearned == ()


def test_headlines_without_latin_letters_are_different_headlines() -> None:
    titles = [*(chr(0x4E00 + n) * 3 for n in range(60)), *(f"Tour {n}" for n in "abc")]
    corpus = gather(titles, "Chinese")
    _, rows = labelled(corpus, keyword_rules(), SETTINGS.train, lambda *_: None)
    assert 10 <= len(rows.test) <= 15


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("preset", ["study", "mine"])
def test_the_artifacts_configuration_gives_the_same_artifact(
    tmp_path: Path, preset: str
) -> None:
    given = ["train.classifier=decision-tree", "train.text_view=clean", "train.seed=5"]
    network = {"preset": {"mine": {"cnn_bilstm": {"epochs": 3}}}}
    chosen = {"train.bag_of_words.ngrams": 2, "tag.threshold": 0.4}
    assignments = [*given, *(f"{key}={value}" for key, value in chosen.items())]
    overrides = {**parse_assignments([*assignments, f"train.preset={preset}"])}
    (tmp_path / "empty.toml").write_text("")
    first = trained_on(600, load(tmp_path / "empty.toml", {**network, **overrides}))
    (tmp_path / "config.toml").write_bytes(first.draft.files["config.toml"])
    again = trained_on(600, load(tmp_path / "config.toml"))
    assert again.draft.files == first.draft.files


def test_a_corpus_without_headlines_is_refused() -> None:
    with pytest.raises(TrainingError, match="rocktag ingest"):
        gather([], "the database")


@pytest.mark.usefixtures("undrawn")
def test_progress_tells_every_stage() -> None:
    stages: list[str] = []
    train(
        corpus_of(300),
        keyword_rules(),
        SETTINGS,
        lambda stage, *_: stages.append(stage),
    )
    assert list(dict.fromkeys(stages)) == [
        "labels",
        "split",
        "fit",
        "predict",
        "thresholds",
        "yardsticks",
        "report",
    ]


@pytest.mark.parametrize(
    ("text_view", "micro", "macro"), [("clean", 0.990, 0.976), ("raw", 0.97, 0.95)]
)
def test_adaboost_reaches_the_studys_scores_on_real_headlines(
    data_folder: Path, text_view: str, micro: float, macro: float
) -> None:
    with (data_folder / "rock_headlines.csv").open(encoding="utf-8") as file:
        corpus = gather((row["title"] for row in csv.DictReader(file)), "real")
    settings = Settings.model_validate({"train": {"text_view": text_view}})
    sides = learn(corpus, keyword_rules(), settings, lambda *_: None).sides
    minimum = settings.train.minimum_positives
    verdict = reach(sides.held_out(), keyword_rules().labels, Objective(), minimum)
    found = verdict.test["micro"]
    assert found.micro.f1 >= micro
    assert found.macro.f1 >= macro


def test_a_draft_is_of_the_classifiers_folder(trained: Trained) -> None:
    assert isinstance(trained.draft, Draft)
    assert trained.draft.classifier == "decision-tree"
