"""A model's card says what was measured, what was not, and how to have it again."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rocktag.artifact import Published, publish, read
from rocktag.artifact.manifest import Manifest, from_json, to_json
from rocktag.config import Settings
from rocktag.corpus import gather
from rocktag.fitting.converted import Converted
from rocktag.fitting.serving import Difference, Limits
from rocktag.labeling import keyword_rules
from rocktag.model_card import render
from rocktag.objectives import Objective
from rocktag.retuning import retune
from rocktag.sampling import sample
from rocktag.training import Trained, train
from tests.once import Once

TITLES = [headline.title for headline in sample(1_200, seed=5)]
RULES = keyword_rules()


def card_of(trained: Trained) -> str:
    return trained.draft.files["README.md"].decode()


def told(card: str) -> str:
    """Return a card in one line, for words that may stand on two."""
    return " ".join(card.split())


def rows(card: str, heading: str) -> dict[str, list[str]]:
    """Return the table of a section: first cell to the others."""
    section = card.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [
        line.strip("| ").split(" | ") for line in re.findall(r"^\|.*", section, re.M)
    ]
    return {first: others for first, *others in lines}


@pytest.fixture(scope="module")
def gold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of human labels: of people who see fewer topics than the rules do."""
    file = tmp_path_factory.mktemp("gold") / "read.csv"
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["title", "labels", "disputed"])
        for title in TITLES[:60]:
            labels = sorted(RULES.label(title) - {"n/a"})
            writer.writerow([title, ";".join(labels[:1]), ""])
    return file


@pytest.fixture(scope="module")
def read_by_people(gold: Path, once: Once) -> Trained:
    """A tree that was measured against people, too."""
    settings = Settings.model_validate(
        {
            "train": {"classifier": "decision-tree"},
            "evaluation": {"gold": gold, "resamples": 100},
        }
    )
    corpus = gather(TITLES, "news.csv")
    return once.trained(
        "read-by-people", lambda: train(corpus, RULES, settings, lambda *_: None)
    )


def test_each_yardstick_is_told_with_its_interval(read_by_people: Trained) -> None:
    card, facts = card_of(read_by_people), read_by_people.draft.facts["yardsticks"]
    found = rows(card, "Three yardsticks")
    expected = {
        "the rules": facts["rules"]["scores"],
        "the same, keywords hidden": facts["masked"]["scores"],
        "people (read.csv)": facts["gold"]["scores"],
        "people: the rules themselves": facts["gold"]["rules"],
    }
    assert list(found) == ["measured against", "---", *expected]
    for name, scores in expected.items():
        shown = scores["micro_f1"]
        assert found[name][1] == (
            f"{shown['value']:.4f} ({shown['low']:.4f} to {shown['high']:.4f})"
        )
    assert found["people (read.csv)"][0] == "60"
    assert facts["gold"]["sha256"] in card
    assert f"learned from {facts['gold']['learned']} of these headlines" in told(card)
    assert "not measured" not in card.lower()


def test_what_was_not_measured_is_said_with_the_reason(trained: Trained) -> None:
    card = told(card_of(trained))
    assert "- Against people: not measured. `evaluation.gold` named no file" in card
    assert "the rules that this model learned from reached micro F1 0.73" in card
    names = list(rows(card_of(trained), "Three yardsticks"))
    assert names[2:] == ["the rules", "the same, keywords hidden"]


def test_after_cross_validation_no_headline_is_left_to_hide_keywords_in() -> None:
    settings = Settings.model_validate(
        {"train": {"classifier": "decision-tree", "folds": 2}}
    )
    corpus = gather(TITLES, "news.csv")
    card = card_of(train(corpus, RULES, settings, lambda *_: None))
    assert "- With the keywords hidden: not measured." in card
    assert list(rows(card, "Three yardsticks"))[2:] == ["the rules"]
    assert "It learned from all" in told(card)


def test_the_support_of_each_label_is_what_the_rules_give(
    read_by_people: Trained,
) -> None:
    heading = "Scores on the untouched test headlines, against the rules"
    table = rows(card_of(read_by_people), heading)
    titles = list(dict.fromkeys(gather(TITLES, "").titles))
    counts = RULES.label_matrix(titles, RULES.labels).sum(axis=0)
    for label, count in zip(RULES.labels, counts, strict=True):
        assert table[label][0] == f"{count:,}"
        assert table[label][-1] == "model"


def test_the_card_says_how_to_have_the_model_again(read_by_people: Trained) -> None:
    card = card_of(read_by_people)
    command = "rocktag --config <this folder>/config.toml train --corpus news.csv"
    assert f"\n    {command}\n\non the same headlines" in card
    size = len(read_by_people.draft.files["model.skops"]) / 1e6
    assert f"A worker loads {size:.2f} MB: model.skops." in card
    for name, version in read_by_people.draft.facts["packages"].items():
        assert f"{name} {version}" in told(card)
    assert max(map(len, card.splitlines())) < 200


def test_a_network_says_in_which_format_it_is_served(trained_network: Trained) -> None:
    card = told(card_of(trained_network))
    chosen = trained_network.draft.facts["conversion"]["number_format"]
    assert f"Served as {chosen}: on validation" in card
    assert ("Not as int8" in card) == (chosen == "float32")
    assert "MB: model.tflite, tokenizer.json." in card


@pytest.mark.parametrize(
    ("moved", "said"),
    [
        (
            Difference(0.031, 0.0),
            "a probability moved by 0.0310 (0.02 is allowed).",
        ),
        (
            Difference(0.0, 0.003, 0.25),
            "micro or macro F1 moved by 0.0030 (0.002 is allowed) and a label's F1"
            " moved by 0.2500 (0.1 is allowed).",
        ),
        (Difference(float("nan"), 0.0), "a probability moved by nan"),
    ],
)
def test_the_card_says_why_int8_was_refused(moved: Difference, said: str) -> None:
    limits = Limits(probability=0.02, f1=0.002, label_f1=0.1)
    float32 = Difference(1e-7, 0.0)
    served = Converted(
        b"",
        np.zeros((0, 1), "f4"),
        "float32",
        {"float32": float32, "int8": moved},
        limits,
    )
    assert f"Not as int8, a quarter of the size: there {said}" in served.remark()
    accepted = replace(served, number_format="int8")
    assert "Not as int8" not in accepted.remark()


def test_a_model_tuned_again_names_both_commands(
    published: Published, models_dir: Path
) -> None:
    source = read(models_dir, published.manifest.name)
    objective = Objective(beta=2, minimum_precision=0.4)
    card = retune(source, objective, 3).draft.files["README.md"].decode()
    assert (
        f"    rocktag thresholds {published.manifest.name} --objective f2"
        " --minimum-precision 0.4 --minimum-positives 3\n"
    ) in card
    assert "- Not measured under these thresholds" in card


def test_a_manifest_from_before_labels_were_counted_is_read_and_told_of(
    trained: Trained, models_dir: Path
) -> None:
    published = publish(models_dir, trained.draft, training_seconds=1)
    values = json.loads((published.folder / "manifest.json").read_text())
    del values["corpus"]["labels"]
    del values["yardsticks"]
    old = from_json(json.dumps(values).encode(), where="here")
    assert "labels" not in json.loads(to_json(old))["corpus"]
    settings = Settings.model_validate({"train": {"classifier": "decision-tree"}})
    facts = old.model_dump()
    card = render(facts, settings.train, trained.scores, trained.draft.files).decode()
    assert "\n| tour | - | " in card
    assert "- Only what stands below was measured." in card


def test_counts_of_other_labels_are_no_manifest(published: Published) -> None:
    values = json.loads((published.folder / "manifest.json").read_text())
    del values["corpus"]["labels"]["tour"]
    with pytest.raises(ValueError, match=r"corpus\.labels"):
        Manifest.model_validate(values)
