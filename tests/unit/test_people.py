"""Learning from people: what they say beside the rules, weighed and out of fold."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rocktag.artifact import load, predictions, provenance, publish, stacker_file
from rocktag.artifact.predictions import ReadByPeople
from rocktag.artifact.provenance import keys_of
from rocktag.classifiers.stacker import FEATURES, Stacker, features
from rocktag.cli.compared import print_comparison
from rocktag.comparing import compare, gold_of
from rocktag.comparing.table import to_csv
from rocktag.config import Settings
from rocktag.corpus import Corpus, gather
from rocktag.errors import ArtifactError, TrainingError, UsageError
from rocktag.evaluating import by_version
from rocktag.labeling import topic_rules
from rocktag.objectives import Objective
from rocktag.people.confidence import confidence
from rocktag.people.stacking import fit_stacker
from rocktag.report import comparison_page
from rocktag.retuning import retune
from rocktag.sampling import sample
from rocktag.text import split_key
from rocktag.training import Trained, train
from rocktag.types import NO_TOPIC, HumanLabels, Targets
from tests.once import Once
from tests.pages import read_page

RULES = topic_rules()
LABELS = RULES.labels
NONE, TOUR = LABELS.index(NO_TOPIC), LABELS.index("tour")
TITLES = [item.title for item in sample(900, seed=11)]
SEVERAL = st.integers(1, 40)


def people(titles: list[str], change: Callable[[Targets], None]) -> HumanLabels:
    """Return people who say what the rules say, but for a change."""
    targets = RULES.label_matrix(titles)
    change(targets)
    targets[:, NONE] = ~np.delete(targets, NONE, axis=1).any(axis=1)
    return HumanLabels(tuple(titles), targets, np.ones(targets.shape, dtype=bool))


def without_tours(targets: Targets) -> None:
    """Change it so that nothing is a tour."""
    targets[:, TOUR] = 0


def chosen(**human: float) -> Settings:
    options = {"classifier": "decision-tree", "labels": "topics+human"}
    return Settings.model_validate(
        {
            "evaluation": {"resamples": 100},
            "train": {**options, "human": {"folds": 3, **human}},
        }
    )


def taught(human: HumanLabels | None, made: Settings | None = None) -> Trained:
    corpus = gather(TITLES, "invented")
    return train(corpus, RULES, made or chosen(), lambda *_: None, human=human)


@pytest.fixture(scope="module")
def disagreeing(once: Once) -> Trained:
    """A model of rules that see tours and people who see none."""
    return once.trained(
        "disagreeing", lambda: taught(people(TITLES[:150], without_tours))
    )


# How far the rules are believed


@given(given=SEVERAL, right=SEVERAL, other=SEVERAL)
def test_rules_are_believed_as_far_as_people_agree(
    given: int, right: int, other: int
) -> None:
    right = min(given, right)
    by_rules = np.zeros((given + other, 1), dtype=np.int8)
    by_rules[:given] = 1
    targets = np.zeros_like(by_rules)
    targets[:right] = 1
    known = np.ones(targets.shape, dtype=bool)
    found = confidence(by_rules, HumanLabels(("",) * len(known), targets, known))
    assert found.given[0] == pytest.approx(right / given)
    assert found.withheld[0] == 0
    soft = found.soften(by_rules)
    assert ((soft >= 0.5) == (by_rules == 1)).all()  # a decision is never turned


def test_what_people_do_not_say_tells_nothing_of_the_rules() -> None:
    by_rules = np.array([[1], [1]], dtype=np.int8)
    human = HumanLabels(
        ("a", "b"), np.array([[1], [0]], dtype=np.int8), np.array([[True], [False]])
    )
    assert confidence(by_rules, human).given[0] == 1


# The stacker


@given(seed=st.integers(0, 2**16), headlines=st.integers(1, 9))
def test_a_stacker_that_trusts_the_rules_says_what_they_say(
    seed: int, headlines: int
) -> None:
    drawn = np.random.default_rng(seed)
    by_rules = drawn.integers(0, 2, (headlines, 2)).astype(np.int8)
    weights = np.tile(np.array([0, 5, 0, 0], dtype=np.float32), (3, 1))
    topics = np.column_stack([by_rules, np.zeros(headlines, np.int8)])
    said = Stacker(weights, ["tour", "album", NO_TOPIC])(
        drawn.random((headlines, 3), np.float32), topics
    )
    assert ((said[:, :2] > 0.5) == (by_rules == 1)).all()
    assert said[:, 2] == pytest.approx((1 - said[:, :2]).prod(axis=1))


def test_what_a_model_was_not_asked_stays_unsaid() -> None:
    stacker = Stacker(np.ones((2, FEATURES), np.float32), ["tour", "album"])
    said = stacker(
        np.array([[np.nan, 0.5]], dtype=np.float32), np.array([[0, 1]], dtype=np.int8)
    )
    assert np.isnan(said).tolist() == [[True, False]]


def test_features_stay_finite_for_a_sure_model() -> None:
    found = features(
        np.array([[0.0, 1.0]], dtype=np.float32), np.array([[0, 1]], dtype=np.int8)
    )
    assert np.isfinite(found).all()
    assert -found[0, 0, 2] == pytest.approx(found[0, 1, 2], abs=1e-3)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**16))
def test_a_stacker_learns_whom_people_agree_with(seed: int) -> None:
    drawn = np.random.default_rng(seed)
    by_rules = drawn.integers(0, 2, (200, 2)).astype(np.int8)
    model = drawn.random((200, 2)).astype(np.float32)
    targets = by_rules.copy()
    targets[:, 1] = model[:, 1] > 0.5  # of the second label only the model knows
    known = np.ones(targets.shape, dtype=bool)
    human = HumanLabels(("",) * 200, targets, known)
    stacker = fit_stacker(model, by_rules, human, ("tour", "album"), strength=10)
    decided = stacker(model, by_rules) >= 0.5
    assert (decided == targets).mean(axis=0).min() > 0.95
    order = drawn.permutation(200)
    again = HumanLabels(human.titles, targets[order], known)
    same = fit_stacker(
        model[order], by_rules[order], again, ("tour", "album"), strength=10
    )
    assert same.weights == pytest.approx(stacker.weights, abs=1e-2)


def test_a_damaged_stacker_is_refused() -> None:
    whole = stacker_file.dump(Stacker(np.ones((2, FEATURES), np.float32), LABELS[:2]))
    assert stacker_file.load(whole, LABELS[:2], where="s").weights.shape == (2, 4)
    with pytest.raises(ArtifactError, match="3 rows"):
        stacker_file.load(whole, LABELS[:3], where="s")
    broken = Stacker(np.full((2, FEATURES), np.nan, np.float32), LABELS[:2])
    with pytest.raises(ArtifactError, match="not finite"):
        stacker_file.load(stacker_file.dump(broken), LABELS[:2], where="s")


# A training


def test_people_overrule_the_rules_out_of_fold(disagreeing: Trained) -> None:
    held_out = predictions.load(disagreeing.draft.files, len(LABELS), where="draft")
    assert isinstance(held_out, ReadByPeople)
    assert held_out.human_rules[:, TOUR].sum() >= 10
    assert not held_out.human_targets[:, TOUR].any()
    yardstick = disagreeing.draft.facts["yardsticks"]["gold"]
    of_model = yardstick["scores"]["micro_f1"]["value"]
    of_rules = yardstick["rules"]["micro_f1"]["value"]
    assert of_rules < 0.97
    assert of_model > of_rules
    assert disagreeing.draft.facts["thresholds"]["tuned_on"] == "human-labelled"


def test_the_served_model_says_what_the_draft_kept(
    disagreeing: Trained, tmp_path_factory: pytest.TempPathFactory
) -> None:
    models_dir = tmp_path_factory.mktemp("models")
    published = publish(models_dir, disagreeing.draft, training_seconds=1)
    artifact = load(models_dir, published.manifest.name)  # replays golden headlines
    assert artifact.manifest.rules == "topics"
    assert artifact.manifest.human is not None
    assert artifact.manifest.human.headlines == 150
    held_out = predictions.load(disagreeing.draft.files, len(LABELS), where="draft")
    assert isinstance(held_out, ReadByPeople)
    tours = [title for title in TITLES if "tour" in RULES.label(title)]
    said = artifact.predict(tours)
    assert (said[:, TOUR] < artifact.manifest.thresholds.micro).mean() > 0.9


def test_the_card_names_the_stacker_among_what_a_worker_loads(
    disagreeing: Trained,
) -> None:
    files = disagreeing.draft.files
    size = (len(files["model.skops"]) + len(files[stacker_file.NAME])) / 1e6
    told = " ".join(files["README.md"].decode().split())
    assert f"A worker loads {size:.2f} MB: model.skops, stacker.npy." in told


def test_what_people_read_is_known_and_left_out_of_the_corpus(
    disagreeing: Trained,
) -> None:
    known = provenance.load(disagreeing.draft.files, where="draft")
    read = keys_of(TITLES[:150])
    assert set(known.read) == set(read)
    assert not set(known.headline_keys) & set(read)
    assert set(read) <= set(known.learned)
    corpus = disagreeing.draft.facts["corpus"]["headlines"]
    keys = {split_key(title) for title in TITLES[:150]}
    assert corpus == sum(split_key(title) not in keys for title in set(TITLES))


def test_what_a_version_learned_of_people_scores_none(
    disagreeing: Trained,
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    models_dir = tmp_path_factory.mktemp("models")
    name = publish(models_dir, disagreeing.draft, training_seconds=1).manifest.name
    made = chosen().model_copy(update={"models_dir": models_dir})
    corpus = gather(TITLES, "invented")
    for titles, scored in ((TITLES[:200], 200 - 150), (TITLES[:150], 0)):
        gold = gold_of(people(titles, without_tours), LABELS, "gold.csv")
        found = compare([name], corpus, RULES, made, gold=gold, measured=False)
        assert found.gold is not None
        assert found.gold["headlines"] == scored
        assert found.gold["learned"][name] <= scored
        assert found.gold["read"] == {name: 150}
        why, _, next_step = found.gold["unscored"].partition("; ")
        assert why.startswith(f"150 of the {len(titles)} headlines of gold.csv are not")
        assert next_step.endswith(f"rocktag evaluate {name} --folds 5 --gold FILE")
        assert why in read_page(comparison_page(found)).text
        for row in csv.DictReader(io.StringIO(to_csv(found))):
            assert row["remark"] == ("" if scored else found.gold["unscored"])
        print_comparison(found)
        assert found.gold["unscored"] in capsys.readouterr().out
        assert (found.rows[0].gold is None) is (scored == 0)
        assert found.rows[0].from_people
        with pytest.raises(UsageError, match=r"of 150 of .* --folds 5"):
            by_version(made, name, gold)


def test_the_same_is_learned_again(disagreeing: Trained) -> None:
    again = taught(people(TITLES[:150], without_tours))
    assert again.draft.files == disagreeing.draft.files


@pytest.mark.usefixtures("undrawn")
def test_thresholds_are_tuned_again_on_what_people_read(
    disagreeing: Trained, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from rocktag.artifact import read

    models_dir = tmp_path_factory.mktemp("models")
    published = publish(models_dir, disagreeing.draft, training_seconds=1)
    source = read(models_dir, published.manifest.name)
    found = retune(source, Objective(beta=0.5), minimum_positives=2)
    assert found.draft.facts["thresholds"]["tuned_on"] == "human-labelled"
    assert found.draft.files[stacker_file.NAME] == source.files[stacker_file.NAME]


@pytest.mark.usefixtures("undrawn")
def test_what_people_do_not_say_counts_neither_way() -> None:
    human = people(TITLES[:150], without_tours)
    known = human.known.copy()
    known[:, TOUR] = False
    silent = taught(replace(human, known=known))
    held_out = predictions.load(silent.draft.files, len(LABELS), where="draft")
    assert isinstance(held_out, ReadByPeople)
    assert not held_out.human_probabilities[:, TOUR].any()
    assert not held_out.human_rules[:, TOUR].any()


@pytest.mark.usefixtures("undrawn")
def test_a_model_that_learns_nothing_from_people_leaves_it_to_the_stacker() -> None:
    human = people(TITLES[:150], without_tours)
    alone = taught(human, chosen(weight=0))
    yardstick = alone.draft.facts["yardsticks"]["gold"]
    of_rules = yardstick["rules"]["micro_f1"]["value"]
    assert yardstick["scores"]["micro_f1"]["value"] > of_rules


@pytest.mark.usefixtures("undrawn")
def test_a_network_is_tuned_to_people_last(network_settings: Settings) -> None:
    told: list[str] = []
    own = network_settings.train.model_copy(
        update={
            "labels": "topics+human",
            "human": chosen(epochs=6, folds=2).train.human,
        }
    )
    made = network_settings.model_copy(update={"train": own})
    corpus = Corpus(tuple(dict.fromkeys(TITLES[:500])), "invented")
    found = train(
        corpus,
        RULES,
        made,
        lambda stage, *_: told.append(stage),
        human=people(TITLES[:120], without_tours),
    )
    for checkpoint in found.checkpoints:
        checkpoint.remove()
    assert told.count("people") == 3  # two folds, then all
    yardstick = found.draft.facts["yardsticks"]["gold"]
    of_rules = yardstick["rules"]["micro_f1"]["value"]
    assert yardstick["scores"]["micro_f1"]["value"] > of_rules


def test_what_cannot_be_learned_is_refused_in_words() -> None:
    few = people(TITLES[:39], without_tours)
    with pytest.raises(TrainingError, match=r"39 headlines, topics\+human needs 40"):
        taught(few)
    with pytest.raises(TrainingError, match="nobody has said anything"):
        taught(None)
    folds = chosen().model_copy(
        update={"train": chosen().train.model_copy(update={"folds": 3})}
    )
    with pytest.raises(UsageError, match="leave --folds out"):
        taught(people(TITLES[:150], without_tours), folds)


@pytest.mark.usefixtures("undrawn")
def test_labels_of_the_rules_alone_pay_people_no_heed() -> None:
    own = chosen().train.model_copy(update={"labels": "topics"})
    made = chosen().model_copy(update={"train": own})
    with_people = taught(people(TITLES[:150], without_tours), made)
    assert with_people.draft.files == taught(None, made).draft.files
