"""From a trained model to the draft of its artifact: files and manifest.

No file holds a time: the same corpus, settings and seed give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from rocktag import __version__, drift, model_card, report, reporting
from rocktag.artifact import Draft, golden, predictions, provenance
from rocktag.artifact.predictions import (
    HeldOut,
    OutOfFold,
    Predictions,
    ReadByPeople,
)
from rocktag.artifact.provenance import Provenance
from rocktag.config import Settings
from rocktag.corpus import Corpus
from rocktag.cross_validation import Fold
from rocktag.fitting import Fitted
from rocktag.labeling import Rules
from rocktag.metrics import score
from rocktag.people import Taught
from rocktag.report.canvas import drawn
from rocktag.report.learning import fold_drawings, history_drawings
from rocktag.splits import Indices, Split
from rocktag.thresholds import decide
from rocktag.types import HumanLabels, Probabilities, Targets
from rocktag.verdicts import Verdict

CARD_NAME, CONFIGURATION_NAME = "README.md", "config.toml"
_GOLDEN_EXTRA = 8  # test headlines replayed at load, beside one for each label
_PACKAGES = ("numpy", "nltk")  # beside those of the classifier


@dataclass(frozen=True, slots=True)
class Sides:
    """A corpus, split, with its weak labels and what the model says of it.

    Attributes:
        corpus: N titles.
        targets: (N, L), by the rules.
        rows: The sides of the split; after cross-validation there is no test side.
        probabilities: (N, L), by the model; NaN where nobody asked it.
        crossed: What each headline's fold's model says; None for a simple split.
        human: What people say of other headlines, where it learned from them.
        taught: What came of that.
    """

    corpus: Corpus
    targets: Targets
    rows: Split
    probabilities: Probabilities
    crossed: OutOfFold | None = None
    human: HumanLabels | None = None
    taught: Taught | None = None

    def of(self, rows: Indices) -> tuple[Targets, Probabilities]:
        """Return the targets and probabilities of some rows."""
        return self.targets[rows], self.probabilities[rows]

    def held_out(self) -> HeldOut:
        """Return what the artifact keeps, to be tuned on and scored."""
        if self.crossed is not None:
            return self.crossed
        sides = (*self.of(self.rows.validation), *self.of(self.rows.test))
        if (taught := self.taught) is not None:
            return ReadByPeople(
                *sides,
                taught.targets,
                taught.probabilities,
                taught.by_rules,
                taught.folds,
            )
        return Predictions(*sides)

    def provenance(self) -> Provenance:
        """Return which headlines the model learned from."""
        if self.crossed is not None:
            return provenance.of_folds(self.corpus.titles, self.crossed.folds)
        read = () if self.human is None else self.human.titles
        return provenance.of_split(self.corpus.titles, self.rows, read)

    def scored(self) -> tuple[Indices, Probabilities]:
        """Return the rows that are scored, and what was said before they were seen."""
        if self.crossed is not None:
            rows = np.arange(len(self.targets), dtype=np.int64)
            return rows, self.crossed.out_of_fold_probabilities
        return self.rows.test, self.probabilities[self.rows.test]


def draft(
    fitted: Fitted,
    sides: Sides,
    rules: Rules,
    settings: Settings,
    verdict: Verdict,
    folds: Sequence[Fold] = (),
    *,
    findings: report.Findings,
    yardsticks: Mapping[str, Any] | None = None,
) -> Draft:
    """Return the artifact as it is to be published, but for the time it took.

    Args:
        fitted: The model, as it will be served.
        sides: What it was fitted, tuned and scored on.
        rules: What gave the labels.
        settings: The configuration, resolved.
        verdict: Its thresholds and scores.
        folds: What came of each, after cross-validation.
        findings: What was seen of the headlines.
        yardsticks: What the model reaches by each, if that was measured.
    """
    facts = {
        **_facts(sides, rules, settings, verdict),
        **fitted.facts,
        **_fold_facts(folds),
        "remarks": fitted.remarks,
        "rule_labels": fitted.rule_labels,
        "packages": _packages(fitted),
        "yardsticks": yardsticks,
    }
    files = {
        **_files(fitted, sides, rules, settings, verdict),
        **_fold_files(folds),
    }
    card = model_card.render(facts, settings.train, verdict.test, files)
    told = report.Told(
        classifier=settings.train.classifier,
        facts=facts,
        verdict=verdict,
        findings=findings,
        history=fitted.history,
        folds=[fold.history for fold in folds],
        card=card.decode(),
    )
    return Draft(
        settings.train.classifier,
        facts,
        {**files, CARD_NAME: card, **report.training_files(told)},
    )


def _packages(fitted: Fitted) -> dict[str, str]:
    names = sorted({*_PACKAGES, *fitted.packages})
    return {"rocktag": __version__, **{name: version(name) for name in names}}


def _files(
    fitted: Fitted, sides: Sides, rules: Rules, settings: Settings, verdict: Verdict
) -> dict[str, bytes]:
    """Return every file of the artifact but its manifest and its card."""
    history = fitted.history or (_one_step(sides, rules, verdict),)
    return {
        **fitted.files,
        **drawn(history_drawings(fitted.history)),
        **predictions.dump(verdict.held_out),
        **provenance.dump(sides.provenance()),
        **verdict.files(),
        golden.GOLDEN_NAME: _golden(sides),
        CONFIGURATION_NAME: reporting.configuration(settings),
        "history.csv": reporting.rows_csv(history),
    }


def _fold_facts(folds: Sequence[Fold]) -> dict[str, Any]:
    """Return what the manifest says of each fold's model."""
    if not folds:
        return {}
    return {
        "folds": [
            {"best_epoch": fold.best_epoch, "number_format": fold.number_format}
            for fold in folds
        ]
    }


def _fold_files(folds: Sequence[Fold]) -> dict[str, bytes]:
    """Return the files of the folds' histories, where they have any."""
    histories = [fold.history for fold in folds]
    rows = [
        {"fold": number, **row}
        for number, epochs in enumerate(histories, start=1)
        for row in epochs
    ]
    if not rows:
        return {}
    return {
        "fold_history.csv": reporting.rows_csv(rows),
        **drawn(fold_drawings(histories)),
    }


def _one_step(sides: Sides, rules: Rules, verdict: Verdict) -> dict[str, float]:
    """Return the history of a classifier without epochs, under the micro threshold."""
    row: dict[str, float] = {"epoch": 1}
    for side, rows in (
        ("training", sides.rows.train),
        ("validation", sides.rows.validation),
    ):
        targets, probabilities = sides.of(rows)
        decided = decide(probabilities, verdict.thresholds.micro, rules.labels)
        found = score(targets, decided, rules.labels).averages()
        for name in ("micro_f1", "macro_f1", "subset_accuracy"):
            row[f"{side}_{name}"] = found[name]
    return row


def _golden(sides: Sides) -> bytes:
    """Return headlines with their probabilities: one for each label, some more.

    They are of the test side, where there is one.
    """
    known = sides.rows.test if len(sides.rows.test) else sides.rows.train
    columns = range(sides.targets.shape[1])
    with_label = [known[sides.targets[known, column] == 1] for column in columns]
    chosen = {int(rows[0]) for rows in with_label if len(rows)}
    chosen.update(int(row) for row in known[:_GOLDEN_EXTRA])
    rows = sorted(chosen)
    return golden.dump(
        [sides.corpus.titles[row] for row in rows], sides.probabilities[rows]
    )


def _facts(
    sides: Sides, rules: Rules, settings: Settings, verdict: Verdict
) -> dict[str, Any]:
    """Return the manifest's fields that training knows."""
    return {
        "labels": rules.labels,
        "text_view": settings.train.text_view,
        **verdict.facts(),
        "reference": _reference(rules.labels, verdict),
        "rules": rules.name,
        "rules_sha256": rules.digest,
        "corpus": {
            "origin": sides.corpus.origin,
            "headlines": len(sides.corpus.titles),
            "sha256": sides.corpus.sha256,
            "training": len(sides.rows.train),
            "validation": len(sides.rows.validation),
            "test": len(sides.rows.test),
            "labels": _counts(sides.targets, rules.labels),
        },
        "seed": settings.train.seed,
    }


def _counts(targets: Targets, labels: Sequence[str]) -> dict[str, int]:
    """Return how many headlines have each label."""
    return dict(zip(labels, targets.sum(axis=0, dtype=int).tolist(), strict=True))


def _reference(labels: Sequence[str], verdict: Verdict) -> dict[str, Any]:
    """Return how the model behaves on what it has not learned from."""
    probabilities = verdict.held_out.unseen
    edges = {
        label: drift.frozen_edges(probabilities[:, column])
        for column, label in enumerate(labels)
    }
    return {
        "headlines": len(probabilities),
        "edges": edges,
        "histograms": {
            label: drift.histogram(probabilities[:, column], edges[label])
            for column, label in enumerate(labels)
        },
        "rates": verdict.rates(),
    }
