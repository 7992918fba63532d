"""The study: its members, its budget, and what it takes up instead of training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rocktag.artifact import Published, publish, read
from rocktag.comparing import Comparer, Exam
from rocktag.config import Settings, merged
from rocktag.corpus import gather
from rocktag.errors import UsageError
from rocktag.labeling import keyword_rules
from rocktag.objectives import Objective
from rocktag.replicating import Member, Replication, Study, members
from rocktag.replicating.earlier import Wanted
from rocktag.retuning import retune
from rocktag.sampling import sample

pytestmark = pytest.mark.usefixtures("undrawn")
RULES = keyword_rules()
CORPUS = gather((item.title for item in sample(600, seed=1)), "invented")
TREE = Member("logistic-regression", "raw")
NETWORK = Member("cnn-bilstm", "raw")


def settings_of(folder: Path, **train: object) -> Settings:
    small = {"maximum_length": 4, "filters": 4, "lstm_units": 2, "epochs": 3}
    given = {"cnn_bilstm": {**small, "dense_units": 4}, "seed": 3}
    return Settings.model_validate(
        {
            "models_dir": folder,
            "train": merged(given, train),
            "evaluation": {"resamples": 100},
        }
    )


class Heard:
    """A training's stages, and who may end the time at hand in one of them."""

    def __init__(self, study: Study | None = None, ends_after: int = 0) -> None:
        self.epochs: list[int] = []
        self.study, self.ends_after = study, ends_after

    def __call__(self, stage: str, done: int, steps: int, detail: str = "", /) -> None:
        """Keep the number of each epoch."""
        if stage == "epoch":
            self.epochs.append(done)
            if self.study is not None and done == self.ends_after:
                self.study.seconds = 0


def study_of(settings: Settings, heard: Heard, registered: list[str]) -> Study:
    exam = Exam(CORPUS, RULES, "micro")

    def register(made: Published) -> None:
        registered.append(made.manifest.name)

    return Study(
        corpus=CORPUS,
        rules=RULES,
        settings=settings,
        comparer=Comparer(exam, settings, measured=False),
        register=register,
        progress=lambda _: heard,
    )


def only(study: Study, member: Member) -> Replication:
    (found,) = study.run([member])
    return found


def test_members_are_all_that_was_trained_the_quickest_first() -> None:
    names = [(one.classifier, one.text_view) for one in members()]
    assert names[0] == ("decision-tree", "raw")
    assert names[-1] == ("transformer", "raw")
    assert len(names) == len(set(names)) == 13
    assert ("transformer", "clean") not in names


def test_members_can_be_chosen_and_unknown_ones_are_refused() -> None:
    chosen = members(["cnn-bilstm", "adaboost"])
    assert [one.classifier for one in chosen] == ["adaboost"] * 2 + ["cnn-bilstm"] * 2
    with pytest.raises(UsageError, match="unknown classifier 'x'; known are decision"):
        members(["adaboost", "x"])


def test_a_network_whose_time_ended_goes_on_at_its_last_epoch(tmp_path: Path) -> None:
    settings, registered = settings_of(tmp_path), list[str]()
    first = Heard()
    study = study_of(settings, first, registered)
    first.study, first.ends_after = study, 1
    study.seconds = 3_600
    broken_off = only(study, NETWORK)
    (left,) = broken_off.untrained
    assert (broken_off.comparison, broken_off.version) == (None, None)
    assert "ended in the middle of its training; the same command" in left.remark
    assert (first.epochs, registered) == ([1], [])

    second = Heard()
    done = only(study_of(settings, second, registered), NETWORK)
    assert second.epochs == [2, 3]
    assert [done.version] == registered
    assert not (tmp_path / ".checkpoints").exists()

    third = Heard()
    again = only(study_of(settings, third, registered), NETWORK)
    assert again.taken_up == (done.version,)
    assert (third.epochs, registered) == ([], [done.version] * 2)


def test_a_version_is_taken_up_only_where_training_would_give_it_again(
    tmp_path: Path,
) -> None:
    settings = settings_of(tmp_path)
    made = only(study_of(settings, Heard(), []), TREE).version
    assert made is not None
    own = settings.model_copy(
        update={
            "train": settings.train.model_copy(update={"classifier": TREE.classifier})
        }
    )
    wanted = Wanted(CORPUS, RULES, own, None, None)
    before = wanted.trained_before()
    assert before is not None
    assert before.manifest.name == made

    def other(**train: object) -> Settings:
        return settings_of(tmp_path, classifier=TREE.classifier, **train)

    for changed in (
        other(seed=4),
        other(text_view="clean"),
        other(folds=2),
        other(bag_of_words={"ngrams": 2}),
    ):
        assert replace(wanted, settings=changed).trained_before() is None
    assert replace(wanted, settings=other(cnn_bilstm={"epochs": 9})).trained_before()
    less = gather(CORPUS.titles[1:], "less")
    assert replace(wanted, corpus=less).trained_before() is None


def test_a_damaged_version_is_trained_again(tmp_path: Path) -> None:
    settings, registered = settings_of(tmp_path), list[str]()
    made = only(study_of(settings, Heard(), registered), TREE).version
    assert made is not None
    damaged = (tmp_path / made).rename(tmp_path / TREE.classifier / "20000101T000000Z")
    (damaged / "model.skops").write_bytes(b"")
    found = only(study_of(settings, Heard(), registered), TREE)
    assert (found.taken_up, len(registered)) == ((), 2)


def test_a_version_that_was_tuned_again_is_not_taken_up(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    made = only(study_of(settings, Heard(), []), TREE).version
    assert made is not None
    retuned = retune(read(tmp_path, made), Objective(beta=5))
    tuned = publish(tmp_path, retuned.draft, training_seconds=1).manifest
    assert tuned.yardsticks is None  # the model was not asked again
    found = only(study_of(settings, Heard(), []), TREE)
    assert found.version == made


def test_without_an_encoder_the_transformer_is_named_as_not_trained(
    tmp_path: Path,
) -> None:
    found = only(
        study_of(settings_of(tmp_path), Heard(), []), Member("transformer", "raw")
    )
    assert found.untrained[0].remark == "no encoder was given; give --base"
