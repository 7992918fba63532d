"""The audit's numbers: what was counted is what happened, run by run and together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rocktag.artifact import Manifest, Published
from rocktag.auditing import Tally, combine, judge, people_metrics, with_people
from rocktag.config import AuditSettings
from rocktag.db.confirmed import Confirmed
from rocktag.db.run_metrics import LabelMetric
from rocktag.thresholds import decide
from rocktag.types import NO_TOPIC, Probabilities, Targets

AUDIT = AuditSettings(minimum_headlines=50)


@pytest.fixture(scope="module")
def manifest(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Manifest:
    """The small model's manifest."""
    from rocktag.artifact import publish

    trained = request.getfixturevalue("trained")
    folder = tmp_path_factory.mktemp("models")
    published: Published = publish(folder, trained.draft, training_seconds=0)
    return published.manifest


def random_batch(
    manifest: Manifest, size: int, seed: int
) -> tuple[Probabilities, Targets, Targets]:
    generator = np.random.default_rng(seed)
    shape = (size, len(manifest.labels))
    probabilities = generator.random(shape, dtype=np.float32) ** 4
    decided = decide(probabilities, 0.5, manifest.labels)
    by_rules = decide(generator.random(shape, dtype=np.float32), 0.9, manifest.labels)
    return probabilities, decided, by_rules


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=5), st.integers(0, 99))
def test_batches_add_up_to_the_whole(
    manifest: Manifest, sizes: list[int], seed: int
) -> None:
    whole = random_batch(manifest, sum(sizes), seed)
    at_once, in_parts = Tally(manifest), Tally(manifest)
    at_once.add(*whole)
    start = 0
    for size in sizes:
        rows = slice(start, start + size)
        in_parts.add(whole[0][rows], whole[1][rows], whole[2][rows])
        start += size
    assert in_parts.metrics(seconds=1) == at_once.metrics(seconds=1)
    for one, other in zip(
        in_parts.label_metrics(), at_once.label_metrics(), strict=True
    ):
        assert one.assigned == other.assigned
        assert one.histogram == other.histogram
        assert one.mean_probability == pytest.approx(other.mean_probability)


def test_the_metrics_are_counts_by_hand(manifest: Manifest) -> None:
    labels = manifest.labels
    album, tour, no_topic = (labels.index(x) for x in ("album", "tour", NO_TOPIC))
    decided = np.zeros((3, len(labels)), np.int8)
    decided[0, [album, tour]] = 1
    decided[1, album] = 1
    decided[2, no_topic] = 1
    by_rules = decided.copy()
    by_rules[1, tour] = 1
    tally = Tally(manifest)
    tally.add(decided.astype(np.float32), decided, by_rules)
    tally.batch_seconds = [1.0, 3.0]
    metrics = tally.metrics(seconds=1.5)
    assert metrics["without_topic"] == 1
    assert metrics["labels_per_headline"] == 1.0
    assert metrics["headlines_per_second"] == 2.0
    assert metrics["rule_agreement"] == pytest.approx(2 / 3)
    assert metrics["p50_batch_seconds"] == 2.0
    by_label = {metric.label: metric for metric in tally.label_metrics()}
    assert (by_label["album"].assigned, by_label["album"].rate) == (2, 2 / 3)
    assert by_label["tour"].rule_agreement == pytest.approx(2 / 3)
    assert by_label["album"].rule_agreement == 1.0


def test_a_run_without_headlines_has_no_shares(manifest: Manifest) -> None:
    tally = Tally(manifest)
    assert tally.metrics(seconds=1) == {"without_topic": 0}
    assert tally.label_metrics() == []


def as_trained(manifest: Manifest, label: str) -> LabelMetric:
    """A run that looks just as the held-out headlines did."""
    reference = manifest.reference
    return LabelMetric(
        label=label,
        headlines=reference.headlines,
        assigned=round(reference.rates["micro"][label] * reference.headlines),
        mean_probability=0.5,
        rule_agreement=1.0,
        histogram=reference.histograms[label],
    )


def test_what_looks_as_in_training_does_not_drift(manifest: Manifest) -> None:
    metrics = [as_trained(manifest, label) for label in manifest.labels]
    for judged in judge(metrics, manifest, "micro", AUDIT):
        assert judged.drifted is False
        assert judged.psi == pytest.approx(0)
        assert judged.rate_p_value == 1.0


def test_a_label_given_to_all_drifts(manifest: Manifest) -> None:
    histogram = [0] * len(manifest.reference.histograms["death"])
    histogram[-1] = 300
    metric = LabelMetric(
        label="death", headlines=300, assigned=300, histogram=tuple(histogram)
    )
    (judged,) = judge([metric], manifest, "micro", AUDIT)
    assert judged.drifted is True
    assert judged.expected_rate == manifest.reference.rates["micro"]["death"]


def test_a_few_headlines_say_nothing(manifest: Manifest) -> None:
    metric = LabelMetric(label="death", headlines=3, assigned=3, histogram=(0, 3))
    (judged,) = judge([metric], manifest, "micro", AUDIT)
    assert (judged.psi, judged.rate_p_value, judged.drifted) == (None, None, None)


def test_under_a_threshold_of_ones_own_no_rate_is_expected(manifest: Manifest) -> None:
    (judged,) = judge([as_trained(manifest, "death")], manifest, "0.9", AUDIT)
    assert (judged.expected_rate, judged.rate_p_value) == (None, None)
    assert judged.psi == pytest.approx(0)


def test_runs_combine_by_their_headlines() -> None:
    parts = [
        LabelMetric(
            label="tour",
            headlines=headlines,
            assigned=assigned,
            mean_probability=mean,
            rule_agreement=1.0,
            histogram=(headlines - assigned, assigned),
        )
        for headlines, assigned, mean in ((100, 10, 0.1), (300, 90, 0.3))
    ]
    (combined,) = combine(parts)
    assert (combined.headlines, combined.assigned) == (400, 100)
    assert combined.mean_probability == pytest.approx(0.25)
    assert combined.histogram == (300, 100)


def test_nothing_combines_to_nothing() -> None:
    assert combine([]) == []


def test_what_people_say_stands_beside_what_was_counted() -> None:
    counted = [
        LabelMetric(label="tour", headlines=9, assigned=3),
        LabelMetric(label="song", headlines=9, assigned=1),
    ]
    said = [Confirmed("tour", 4, 3), Confirmed("album", 2, 2)]
    rows = {row.label: row for row in with_people(counted, said)}
    assert (rows["tour"].assigned, rows["tour"].human_right) == (3, 3)
    assert (rows["song"].human_read, rows["song"].human_right) == (None, None)
    assert (rows["album"].headlines, rows["album"].human_read) == (0, 2)
    assert with_people(counted, []) == counted


def test_an_audit_tells_how_much_of_what_was_read_is_right() -> None:
    so_far = [Confirmed("tour", 4, 3), Confirmed("album", 4, 4)]
    assert people_metrics(so_far, []) == {"human_read": 8, "human_precision": 7 / 8}
    found = people_metrics(so_far, so_far[:1])
    assert (found["human_read_of_late"], found["human_precision_of_late"]) == (4, 0.75)
    assert people_metrics([], []) == {}
    by_chance = people_metrics([Confirmed("tour", present=4, found=1)], [])
    assert by_chance == {"human_present": 4, "human_recall": 0.25}
