"""The page of a training: whole, safe, the same again, and true."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from rocktag.artifact import predictions
from rocktag.config import Settings
from rocktag.corpus import gather
from rocktag.labeling import keyword_rules
from rocktag.objectives import Objective
from rocktag.report import Findings, Told, read_epochs, read_folds, training_page
from rocktag.report.calibration import expected_error, reliability
from rocktag.report.occlusion import Word, WorstError, worst_errors
from rocktag.sampling import sample
from rocktag.text import CONTROLS
from rocktag.training import Trained, train
from rocktag.types import NO_TOPIC, Probabilities
from rocktag.verdicts import reach
from tests.once import Once
from tests.pages import Page, read_page


@pytest.fixture(scope="module")
def crossed(once: Once) -> Trained:
    """A decision tree of two folds."""
    return once.trained("two-folds", lambda: _trained({"folds": 2}))


@pytest.fixture(params=["tree", "network", "folds"])
def page(request: pytest.FixtureRequest) -> Page:
    """The page of each kind of training."""
    fixtures = {"tree": "trained", "network": "trained_network", "folds": "crossed"}
    found: Trained = request.getfixturevalue(fixtures[str(request.param)])
    return read_page(found.draft.files["report.html"])


def _trained(chosen: dict[str, object], titles: tuple[str, ...] = ()) -> Trained:
    settings = Settings.model_validate(
        {"train": {"classifier": "decision-tree", **chosen}}
    )
    invented = tuple(headline.title for headline in sample(800, seed=2))
    corpus = gather((*titles, *invented), "invented")
    return train(corpus, keyword_rules(), settings, lambda *_: None)


def _files(trained: Trained) -> dict[str, str]:
    return {
        name: trained.draft.files[name].decode()
        for name in ("report.html", "report.json", "README.md")
    }


def test_every_image_tells_what_it_shows(page: Page) -> None:
    images = page.all("svg")
    assert len(images) >= 6
    texts = {one.attributes.get("id"): one.text for one in page.elements}
    for image in images:
        assert image.attributes["role"] == "img"
        for names in ("aria-labelledby", "aria-describedby"):
            assert len(texts[image.attributes[names]]) > 10
    assert not page.all("img")


def test_every_table_has_a_caption_and_every_heading_cell_a_scope(page: Page) -> None:
    tables = page.all("table")
    assert len(tables) == len(page.all("caption")) > 5
    assert all(caption.text.strip() for caption in page.all("caption"))
    for cell in page.all("th"):
        assert cell.attributes["scope"] in ("col", "row")


def test_a_page_asks_for_nothing_and_runs_nothing(page: Page) -> None:
    assert not page.all("script")
    assert not page.all("iframe")
    for element in page.elements:
        for name, value in element.attributes.items():
            assert not name.startswith("on"), (element.tag, name)
            if name in ("href", "src", "xlink:href"):
                assert value.startswith("#") or value == "data:,", value
            assert "//" not in value, (element.tag, name, value)
    assert "@import" not in page.all("style")[0].text
    assert "url(" not in page.all("style")[0].text
    policy = page.all("meta")[1].attributes
    assert policy["http-equiv"] == "Content-Security-Policy"
    assert policy["content"].startswith("default-src 'none'; ")


def test_names_in_a_page_are_unique_and_lead_somewhere(page: Page) -> None:
    names = page.ids()
    assert len(names) == len(set(names))
    for element in page.elements:
        for value in element.attributes.values():
            for name in re.findall(r"^#([\w-]+)$|^url\(#([\w-]+)\)$", value):
                assert "".join(name) in names
        for key in ("aria-labelledby", "aria-describedby"):
            assert element.attributes.get(key, names[0]) in names


def test_figures_take_their_colours_from_the_page(page: Page) -> None:
    drawn = [one for one in page.elements if "svg" in one.inside]
    assert any("var(--ink)" in one.attributes.get("style", "") for one in drawn)
    for element in drawn:
        for value in element.attributes.values():
            assert not re.search(r"#[0-9a-f]{6}\b|DejaVu", value), value


def test_a_page_is_small_enough_to_be_mailed(
    trained: Trained, trained_network: Trained, crossed: Trained
) -> None:
    for one in (trained, trained_network, crossed):
        assert len(one.draft.files["report.html"]) < 1_500_000


def test_a_page_has_every_section(trained: Trained, trained_network: Trained) -> None:
    common = ["summary", "data", "labels", "thresholds", "per-label"]
    common += ["calibration", "errors", "card"]
    of_tree = read_page(trained.draft.files["report.html"])
    assert [one.attributes["id"] for one in of_tree.all("section")] == common
    of_network = read_page(trained_network.draft.files["report.html"])
    with_epochs = [*common[:3], "learning", *common[3:]]
    assert [one.attributes["id"] for one in of_network.all("section")] == with_epochs


def test_a_network_shows_micro_f1_and_loss_by_epoch(trained_network: Trained) -> None:
    page = read_page(trained_network.draft.files["report.html"])
    titles = [one.text.strip() for one in page.all("figcaption")]
    assert {"Micro F1 by epoch", "Loss by epoch"} <= set(titles)


def test_cross_validation_shows_each_fold_and_its_spread(crossed: Trained) -> None:
    page = read_page(crossed.draft.files["report.html"])
    rows = [one.text.strip() for one in page.all("th")]
    assert {"fold 1", "fold 2", "mean", "standard deviation"} <= set(rows)
    mean = crossed.draft.facts["cross_validation"]["scores"]["micro"]["micro_f1"]
    assert f"{mean['mean']:.4f}" in page.text
    assert "out-of-fold headlines" in page.text


def test_the_page_states_the_scores_of_the_training(trained: Trained) -> None:
    page = read_page(trained.draft.files["report.html"])
    for found in trained.scores.values():
        assert f"{found.micro.f1:.4f}" in page.text
        assert f"{found.macro.f1:.4f}" in page.text
    for row in trained.scores["micro"].per_label:
        assert row.label in page.text
    assert trained.draft.facts["corpus"]["sha256"] in page.text


def test_the_same_training_gives_the_same_page() -> None:
    assert _files(_trained({})) == _files(_trained({}))


def test_findings_survive_being_kept(trained: Trained) -> None:
    kept = trained.draft.files["report.json"]
    assert Findings.model_validate_json(kept).to_json() == kept


def test_findings_count_the_labels_of_every_headline(trained: Trained) -> None:
    found = Findings.model_validate_json(trained.draft.files["report.json"])
    corpus = trained.draft.facts["corpus"]
    assert set(found.sides) == {"training", "validation", "test"}
    for column, numbers in enumerate(found.frequencies):
        total = found.together[column][column]
        assert sum(numbers) == total
        assert sum(side[column] for side in found.sides.values()) == total
        assert total <= corpus["headlines"]


def told_of(trained: Trained) -> Told:
    """Return what the page of a training tells, from what its artifact keeps."""
    files, facts = trained.draft.files, trained.draft.facts
    held_out = predictions.load(files, len(facts["labels"]), where="here")
    minimum = facts["thresholds"]["minimum_positives"]
    return Told(
        classifier=trained.draft.classifier,
        facts=facts,
        verdict=reach(held_out, facts["labels"], Objective(), minimum),
        findings=Findings.model_validate_json(files["report.json"]),
        history=read_epochs(files["history.csv"]),
        folds=read_folds(files.get("fold_history.csv", b"")),
        card=files["README.md"].decode(),
    )


def test_a_page_can_be_written_anew_from_what_the_artifact_keeps(
    trained: Trained, trained_network: Trained
) -> None:
    for one in (trained, trained_network):
        anew = read_page(training_page(told_of(one)))
        assert anew.text == read_page(one.draft.files["report.html"]).text


def test_a_page_can_be_without_pairs_errors_and_probabilities(trained: Trained) -> None:
    told = told_of(trained)
    numbers = range(len(told.labels))
    alone = tuple(tuple(int(row == column) for column in numbers) for row in numbers)
    findings = told.findings.model_copy(update={"together": alone, "errors": ()})
    by_rules = [label for label in told.labels if label != NO_TOPIC]
    facts = {**told.facts, "rule_labels": by_rules}
    page = read_page(training_page(replace(told, findings=findings, facts=facts)))
    for said in (
        "No headline has two topics.",
        "The rules give every topic",
        "the model is nowhere sure of what is wrong",
    ):
        assert said in page.text


HOSTILE = (
    "<script>alert(1)</script> Ghost announce tour",
    "</style><img src=x onerror=alert(1)> Queen release album",
    "Ghost \u202eruot ecnuonna\u202c \x1b[31m tour & album",
    "{{ 7 * 7 }} {% raw %} $x^2$ Slipknot announce tour",
    '"><svg onload=alert(1)> Metallica share video',
    "<!-- ]]> &lt;b&gt; \x85 Korn",
)


@pytest.fixture(scope="module")
def hostile(trained: Trained) -> Page:
    """A page whose titles, words, origin and card want to be more than text."""
    told = told_of(trained)
    errors = tuple(
        WorstError(
            title=title,
            label=title,
            applies=False,
            probability=0.9,
            served=0.9,
            words=tuple(Word(word=word, effect=0.5) for word in title.split()[:words]),
        )
        for title in HOSTILE
        for words in (0, 60)
    )
    corpus = {**told.facts["corpus"], "origin": HOSTILE[0]}
    card = "\n\n".join(["# <b>Card</b>", "[a](javascript:alert)", *HOSTILE])
    changed = replace(
        told,
        facts={**told.facts, "corpus": corpus},
        findings=told.findings.model_copy(update={"errors": errors}),
        card=card,
    )
    return read_page(training_page(changed))


def test_hostile_text_stays_text(hostile: Page) -> None:
    for tag in ("script", "img", "b", "iframe"):
        assert not hostile.all(tag), tag
    assert len(hostile.all("style")) == 1
    for element in hostile.elements:
        assert not any(name.startswith("on") for name in element.attributes)
        assert not element.attributes.get("href", "#").startswith("javascript")
    for title in (HOSTILE[0], HOSTILE[1], HOSTILE[3], HOSTILE[4]):
        assert hostile.text.count(title) >= 2, title


def test_control_characters_are_shown_and_not_obeyed(hostile: Page) -> None:
    assert not CONTROLS.search(hostile.text)
    assert "Ghost \\u202eruot ecnuonna\\u202c \\x1b[31m tour & album" in hostile.text


def test_a_title_turns_the_direction_of_nothing_else(hostile: Page) -> None:
    for line in hostile.all("p"):
        if line.attributes.get("class") == "headline":
            after = hostile.elements[hostile.elements.index(line) + 1]
            assert after.tag == "bdi"
            assert after.text == line.text


def test_the_words_that_drove_an_error_are_marked() -> None:
    """A model that knows one word only: whatever holds it is about a tour."""

    def predict(titles: Sequence[str]) -> Probabilities:
        has_word = np.array([["tour" in title.split()] for title in titles])
        return np.where(has_word, [[0.9, 0.2]], [[0.1, 0.2]]).astype(np.float32)

    titles = ("Ghost announce tour", "Queen at home", "tour", "n/a")
    targets = np.array([[0, 0], [0, 0], [0, 0], [1, 0]], dtype=np.int8)
    errors = worst_errors(titles, targets, predict(titles), ["tour", "art"], predict)
    assert [(one.title, one.applies) for one in errors] == [
        ("Ghost announce tour", False),
        ("tour", False),
        ("n/a", True),
    ]
    first = errors[0]
    assert [word.word for word in first.words] == ["Ghost", "announce", "tour"]
    driver = first.driver()
    assert driver is not None
    assert driver.word == "tour"
    assert driver.effect == pytest.approx(0.8)
    assert first.probability == first.served == pytest.approx(0.9)
    assert not errors[1].words
    assert errors[2].driver() is None


def test_the_model_is_asked_of_all_errors_at_once() -> None:
    asked: list[int] = []

    def predict(titles: Sequence[str]) -> Probabilities:
        asked.append(len(titles))
        return np.full((len(titles), 2), 0.9, dtype=np.float32)

    titles = [f"word {number} of headline" for number in range(50)]
    wrong = np.full((50, 2), 0.9, dtype=np.float32)
    errors = worst_errors(titles, np.zeros((50, 2), np.int8), wrong, "ab", predict)
    assert len(errors) == 20
    assert asked == [20 * (1 + 4)]


def test_the_worst_errors_come_first_and_the_label_for_no_topic_is_none() -> None:
    said = np.array(
        [[0.7, 0.1], [0.95, 0.1], [0.2, 0.99], [0.5, 0.1]], dtype=np.float32
    )

    def predict(titles: Sequence[str]) -> Probabilities:
        return np.zeros((len(titles), 2), dtype=np.float32)

    titles = ["a b", "c d", "e f", "g h"]
    errors = worst_errors(
        titles, np.zeros((4, 2), np.int8), said, ["t", "n/a"], predict
    )
    assert [one.title for one in errors] == ["c d", "a b"]


def test_perfect_probabilities_are_calibrated_and_sure_mistakes_are_not() -> None:
    targets = np.array([[1, 0], [0, 1]], dtype=np.int8)
    assert expected_error(reliability(targets, targets.astype(np.float32))) == 0
    assert expected_error(reliability(targets, 1 - targets.astype(np.float32))) == 1


def test_bins_hold_every_decision_once() -> None:
    generator = np.random.default_rng(3)
    said = generator.random((500, 4), dtype=np.float32)
    targets = (generator.random((500, 4)) < said).astype(np.int8)
    bins = reliability(targets, said)
    assert sum(one.decisions for one in bins) == 2_000
    assert all(one.low <= one.probability <= one.high for one in bins)
    assert expected_error(bins) < 0.05  # what is drawn with its probability is so
