"""Comparing versions: only on headlines that none of them learned from."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rocktag.artifact import provenance, publish, read
from rocktag.artifact.provenance import TEST, keys_of
from rocktag.comparing import Comparison, compare, read_gold
from rocktag.comparing import table as tables
from rocktag.comparing.answers import Exam, answer
from rocktag.comparing.counts import MASKED_SCORES, SCORES
from rocktag.comparing.measuring import measure
from rocktag.comparing.table import Untrained
from rocktag.config import Settings
from rocktag.corpus import Corpus, gather
from rocktag.errors import ArtifactError, TrainingError, UsageError
from rocktag.labeling import keyword_rules
from rocktag.sampling import sample
from rocktag.training import Trained, train
from tests.figures import undrawn
from tests.once import Once

RULES = keyword_rules()


def invented(count: int, seed: int) -> Corpus:
    return gather((item.title for item in sample(count, seed=seed)), "invented")


CORPUS = invented(1_500, 1)


def settings_of(folder: Path, **options: object) -> Settings:
    train = {"classifier": "decision-tree", **options}
    return Settings.model_validate(
        {"models_dir": folder, "train": train, "evaluation": {"resamples": 200}}
    )


def trained_in(folder: Path, **options: object) -> Trained:
    with undrawn():
        return train(CORPUS, RULES, settings_of(folder, **options), lambda *_: None)


def name_of(trained: Trained, folder: Path) -> str:
    return publish(folder, trained.draft, training_seconds=1).manifest.name


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the versions below are."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def raw_trained(folder: Path, once: Once) -> Trained:
    """A tree on titles as they stand."""
    return once.trained("compared-raw", lambda: trained_in(folder))


@pytest.fixture(scope="module")
def raw(folder: Path, raw_trained: Trained) -> str:
    """The same, published."""
    return name_of(raw_trained, folder)


@pytest.fixture(scope="module")
def clean(folder: Path, once: Once) -> str:
    """A tree on stemmed titles, of the same split."""
    made = once.trained("compared-clean", lambda: trained_in(folder, text_view="clean"))
    return name_of(made, folder)


@pytest.fixture(scope="module")
def other_seed(folder: Path, once: Once) -> str:
    """A tree of another split."""
    made = once.trained("compared-other-seed", lambda: trained_in(folder, seed=8))
    return name_of(made, folder)


@pytest.fixture(scope="module")
def crossed(folder: Path, once: Once) -> str:
    """A tree after cross-validation: it learned from every headline."""
    made = once.trained("compared-crossed", lambda: trained_in(folder, folds=2))
    return name_of(made, folder)


@pytest.fixture(scope="module")
def gold_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six headlines of the corpus that the rules have labelled, and one of none."""
    path = tmp_path_factory.mktemp("gold") / "gold.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["title", "labels", "disputed"])
        for title in CORPUS.titles[:6]:
            writer.writerow([title, ";".join(RULES.label(title)), ""])
        writer.writerow(["A headline of nobody", "n/a", ""])
    return path


@pytest.fixture(scope="module")
def pair(folder: Path, raw: str, clean: str, gold_file: Path) -> Comparison:
    """Both trees of one split, compared."""
    gold = read_gold(gold_file, RULES.labels)
    settings = settings_of(folder)
    return compare([raw, clean], CORPUS, RULES, settings, gold=gold, reference=raw)


def test_versions_of_one_split_are_scored_on_its_test_side(
    pair: Comparison, folder: Path
) -> None:
    for row in pair.rows:
        manifest = read(folder, row.version).manifest
        assert pair.headlines == manifest.corpus.test
        for name in SCORES:
            assert row.scores[name].value == pytest.approx(
                manifest.test["micro"][name]
            ), name


def test_a_row_says_what_a_version_reaches_and_costs(pair: Comparison) -> None:
    first, second = pair.rows
    assert (first.classifier, first.text_view) == ("decision-tree", "raw")
    assert second.text_view == "clean"
    for row in pair.rows:
        assert set(row.scores) == set(SCORES)
        assert row.masked is not None
        assert set(row.masked) == set(MASKED_SCORES)
        # A tree knows keywords, and hardly anything else.
        assert row.masked["micro_f1"].value < 0.2 < row.scores["micro_f1"].low
        assert row.artifact_bytes > 10_000
        assert row.training_seconds == 1
        assert row.headlines_per_second is not None
        assert row.headlines_per_second > 100
        assert row.peak_megabytes is not None
        assert 20 < row.peak_megabytes < 2_000


def test_the_process_that_is_measured_has_only_what_serves() -> None:
    seen = "import sys, rocktag.comparing.measuring; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", seen], capture_output=True, text=True, check=True
    )
    names = set(ended.stdout.split())
    assert "rocktag.artifact.loading" in names
    heavy = {"keras", "matplotlib", "pandas", "scipy", "sklearn", "sqlalchemy"}
    assert not names & (heavy | {"rocktag.fitting", "tensorflow", "torch"})


def test_a_model_that_cannot_be_loaded_cannot_be_measured(folder: Path) -> None:
    with pytest.raises(ArtifactError, match=r"cannot be measured .* does not exist"):
        measure(folder, "decision-tree/none", ["Ghost"], threads=1)


def test_only_the_others_are_compared_with_the_reference(pair: Comparison) -> None:
    reference, other = pair.rows
    assert pair.reference == reference.version
    assert (reference.differences, reference.gold_differences) == ({}, {})
    assert reference.mcnemar_p_value is None
    assert set(other.differences) == set(other.gold_differences) == set(SCORES)
    for name, difference in other.differences.items():
        expected = other.scores[name].value - reference.scores[name].value
        assert difference.value == pytest.approx(expected)
    assert other.mcnemar_p_value is not None
    assert 0 < other.mcnemar_p_value <= 1


def test_headlines_of_people_that_were_learned_from_are_scored_and_told(
    pair: Comparison, folder: Path
) -> None:
    assert pair.gold is not None
    assert (pair.gold["file"], pair.gold["headlines"]) == ("gold.csv", 7)
    for row in pair.rows:
        found = provenance.load(read(folder, row.version).files, where="here")
        known = np.isin(keys_of(CORPUS.titles[:6]), found.learned)
        assert pair.gold["learned"][row.version] == known.sum() > 0
        assert row.gold is not None
        assert row.gold["micro_f1"].value > 0.8
    assert pair.gold["rules"]["micro_f1"].value == 1


def test_no_headline_is_scored_that_either_learned_from(
    folder: Path, raw: str, other_seed: str
) -> None:
    settings = settings_of(folder)
    found = compare([raw, other_seed], CORPUS, RULES, settings, measured=False)
    keys = keys_of(CORPUS.titles)
    both = np.ones(len(keys), dtype=bool)
    for name in (raw, other_seed):
        known = provenance.load(read(folder, name).files, where="here")
        both &= np.isin(keys, known.headline_keys[known.sides == TEST])
    alone = compare([raw], CORPUS, RULES, settings, measured=False)
    assert found.headlines == both.sum()
    assert 0 < found.headlines < alone.headlines
    assert found.rows[0].headlines_per_second is None


def test_unknown_headlines_are_fair_and_near_doubles_of_known_ones_are_not(
    folder: Path, raw: str
) -> None:
    known = provenance.load(read(folder, raw).files, where="here")
    learned = [
        title.upper() + "!"
        for title, side in zip(CORPUS.titles, known.sides, strict=True)
        if side != TEST
    ]
    new = [f"{title} qwx" for title in CORPUS.titles[:50]]
    corpus = Corpus((*learned, *new), "mixed")
    found = compare([raw], corpus, RULES, settings_of(folder), measured=False)
    assert found.headlines == len(new)
    assert found.corpus["headlines"] == len(corpus.titles)


def test_headlines_that_were_all_learned_from_cannot_be_scored(
    folder: Path, raw: str
) -> None:
    known = provenance.load(read(folder, raw).files, where="here")
    row = int(np.flatnonzero(known.sides != TEST)[0])
    corpus = Corpus((CORPUS.titles[row],), "known.csv")
    with pytest.raises(TrainingError, match=r"each was learned from .* give --corpus"):
        compare([raw], corpus, RULES, settings_of(folder), measured=False)


def test_after_cross_validation_what_was_said_out_of_fold_counts(
    folder: Path, crossed: str
) -> None:
    found = compare([crossed], CORPUS, RULES, settings_of(folder), measured=False)
    (row,) = found.rows
    manifest = read(folder, crossed).manifest
    assert found.headlines == len(CORPUS.titles)
    assert row.masked is None  # the model that is served learned from all of them
    for name in SCORES:
        assert row.scores[name].value == pytest.approx(manifest.test["micro"][name])


def test_out_of_fold_answers_are_found_in_any_order(folder: Path, crossed: str) -> None:
    exam = Exam(CORPUS, RULES, "micro")
    turned = Exam(Corpus(CORPUS.titles[::-1], "turned"), RULES, "micro")
    first, second = (
        answer(each, folder, crossed, threads=1, measured=False)
        for each in (exam, turned)
    )
    assert np.array_equal(first.decided, second.decided[::-1])
    assert first.fair.all()
    assert not first.fresh.any()


def test_a_crossed_version_is_asked_of_headlines_that_it_does_not_know(
    folder: Path, crossed: str
) -> None:
    corpus = invented(300, 99)
    exam = Exam(corpus, RULES, "micro")
    found = answer(exam, folder, crossed, threads=1, measured=False)
    known = np.isin(keys_of(corpus.titles), keys_of(CORPUS.titles))
    assert np.array_equal(found.fresh, ~known)
    assert found.fair.all()
    assert found.masked[known].sum() == 0


def test_the_policy_decides_the_thresholds(folder: Path, raw: str) -> None:
    chosen = settings_of(folder).model_copy(
        update={"tag": Settings().tag.model_copy(update={"threshold": 1.0})}
    )
    found = compare([raw], CORPUS, RULES, chosen, measured=False)
    assert found.policy == "1.0"
    manifest = read(folder, raw).manifest
    recall = found.rows[0].scores["micro_recall"].value
    assert recall <= manifest.test["micro"]["micro_recall"]


def test_what_cannot_be_compared_is_refused(folder: Path, raw: str) -> None:
    settings = settings_of(folder)
    with pytest.raises(UsageError, match="no version to compare"):
        compare([], CORPUS, RULES, settings)
    with pytest.raises(UsageError, match="the reference a/b is not among"):
        compare([raw], CORPUS, RULES, settings, reference="a/b", measured=False)
    with pytest.raises(ArtifactError, match="not the one that was registered"):
        compare([raw], CORPUS, RULES, settings, manifests={raw: "0" * 64})


def test_a_version_of_an_older_rocktag_is_refused(
    raw_trained: Trained, tmp_path: Path
) -> None:
    draft = raw_trained.draft
    files = {n: c for n, c in draft.files.items() if n != "headline_keys.npy"}
    old = replace(draft, files=files)
    name = publish(tmp_path, old, training_seconds=1).manifest.name
    with pytest.raises(ArtifactError, match=r"which headlines .* train again"):
        compare([name], CORPUS, RULES, settings_of(tmp_path))


def test_the_table_as_csv_has_a_row_a_version_and_what_was_not_trained(
    pair: Comparison,
) -> None:
    left = Untrained("transformer", "raw", "=no encoder")
    rows = list(csv.DictReader(io.StringIO(tables.to_csv(pair, [left]))))
    assert [row["version"] for row in rows] == [*(r.version for r in pair.rows), ""]
    assert float(rows[1]["micro_f1"]) == pair.rows[1].scores["micro_f1"].value
    found = float(rows[1]["micro_f1_difference"])
    assert found == pair.rows[1].differences["micro_f1"].value
    assert rows[0]["mcnemar_p_value"] == ""
    assert rows[2]["remark"] == "'=no encoder"
    assert not any("None" in value for row in rows for value in row.values())


def test_the_table_as_json_is_the_whole_comparison(pair: Comparison) -> None:
    found = json.loads(tables.to_json(pair))
    assert found["untrained"] == []
    assert found["rows"][0]["scores"]["micro_f1"]["low"] <= 1
    assert len(found["per_label"][pair.rows[0].version]) == len(RULES.labels)
    assert found["gold"]["rules"]["micro_f1"]["value"] == 1


def test_names_of_metrics_fit_into_the_database(pair: Comparison) -> None:
    longest = "logistic-regression/20260101T000000Z-0a1b2c3d"
    row = replace(pair.rows[0], version=longest)
    names = tables.metrics(replace(pair, rows=(row,)))
    assert len(names) == 4
    assert max(map(len, names)) <= 64


def test_each_manifest_has_the_yardsticks(
    pair: Comparison, folder: Path, gold_file: Path, tmp_path: Path
) -> None:
    for row in pair.rows:
        found = read(folder, row.version).manifest.yardsticks
        assert found is not None
        assert found.rules.headlines == pair.headlines
        assert found.rules.scores["micro_f1"].value == row.scores["micro_f1"].value
        assert found.rules.scores["micro_f1"].low <= found.rules.scores["micro_f1"].high
        assert row.masked is not None
        assert found.masked is not None
        assert found.masked.scores["micro_f1"].value == row.masked["micro_f1"].value
        assert found.gold is None
    chosen = settings_of(tmp_path).model_copy(
        update={
            "evaluation": Settings().evaluation.model_copy(update={"gold": gold_file})
        }
    )
    with undrawn():
        made = train(CORPUS, RULES, chosen, lambda *_: None)
    manifest = publish(tmp_path, made.draft, training_seconds=1).manifest
    assert manifest.yardsticks is not None
    against_people = manifest.yardsticks.gold
    assert against_people is not None
    assert against_people.learned > 0
    assert against_people.headlines == 7
    assert pair.rows[0].gold is not None
    assert (
        against_people.scores["micro_f1"].value == pair.rows[0].gold["micro_f1"].value
    )
    kept = made.draft.files["config.toml"].decode()
    assert str(gold_file) not in kept
    assert "gold" not in kept


def test_yardsticks_of_a_crossed_model_are_out_of_fold(
    folder: Path, crossed: str
) -> None:
    manifest = read(folder, crossed).manifest
    assert manifest.yardsticks is not None
    assert manifest.yardsticks.masked is None
    found = manifest.yardsticks.rules
    assert found.headlines == len(CORPUS.titles)
    expected = manifest.test["micro"]["micro_f1"]
    assert found.scores["micro_f1"].value == pytest.approx(expected)
