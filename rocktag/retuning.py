"""Tuning again: other thresholds for a published model, without training.

All it needs stands in the artifact. Nothing but thresholds, scores and what is drawn of
them changes: model, golden headlines and predictions keep their bytes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rocktag import model_card, report
from rocktag.artifact import Contents, Draft, predictions
from rocktag.artifact.manifest import Manifest
from rocktag.artifact.predictions import HeldOut
from rocktag.config import TrainSettings
from rocktag.drafting import CARD_NAME, CONFIGURATION_NAME
from rocktag.errors import ArtifactError, UsageError, brief
from rocktag.metrics import Scores
from rocktag.objectives import Objective, named
from rocktag.thresholds import TunedThresholds
from rocktag.verdicts import Verdict, reach, scores

_NEW = {  # fields of the manifest that `publish` gives, and what needs the model
    "protocol",
    "classifier",
    "version",
    "created_at",
    "training_seconds",
    "files",
    "yardsticks",
}


@dataclass(frozen=True, slots=True)
class Compared:
    """Thresholds with the scores they give; threshold policy to scores."""

    thresholds: TunedThresholds
    validation: dict[str, Scores]
    test: dict[str, Scores]


@dataclass(frozen=True, slots=True)
class Retuned:
    """A new version of a model, ready to be published, beside the one it is from."""

    draft: Draft
    old: Compared
    new: Compared


def retune(
    source: Contents, objective: Objective, minimum_positives: int | None = None
) -> Retuned:
    """Tune the thresholds of an artifact on its stored validation predictions.

    Args:
        source: The artifact, checked.
        objective: What to tune for.
        minimum_positives: In validation, for a threshold of the label's own; by
            default as in training.

    Raises:
        ArtifactError: It keeps no predictions, or they are damaged.
        UsageError: The thresholds stay as they are.
    """
    manifest = source.manifest
    held_out = predictions.load(
        source.files, len(manifest.labels), where=str(source.folder)
    )
    trained = train_settings(source)
    if minimum_positives is None:
        minimum_positives = trained.minimum_positives
    verdict = reach(held_out, manifest.labels, objective, minimum_positives)
    old = manifest.thresholds.tuned()
    if _served(verdict.thresholds) == _served(old):
        missed = verdict.thresholds.unreached
        why = f"; none has that precision for: {', '.join(missed)}" if missed else ""
        raise UsageError(
            f"{manifest.name} has the best thresholds for this already{why}; nothing"
            " was published, give another objective"
        )
    return Retuned(
        draft=_draft(source, trained, verdict),
        old=_compared(_as_before(manifest, held_out), old),
        new=_compared(verdict, verdict.thresholds),
    )


def train_settings(source: Contents) -> TrainSettings:
    """Return how the model was trained."""
    settings = tomllib.loads(source.files[CONFIGURATION_NAME].decode())
    return TrainSettings.model_validate(settings["train"])


def _served(thresholds: TunedThresholds) -> tuple[float, float, tuple[float, ...]]:
    return thresholds.micro, thresholds.macro, thresholds.per_label


def _as_before(manifest: Manifest, held_out: HeldOut) -> Verdict:
    """Return the verdict that the manifest's thresholds were."""
    facts = manifest.thresholds
    objective = named(facts.objective, facts.minimum_precision)
    positives = facts.minimum_positives or 1
    return reach(held_out, manifest.labels, objective, positives)


def _compared(verdict: Verdict, thresholds: TunedThresholds) -> Compared:
    tuned_on = verdict.held_out.tuned_on
    return Compared(
        thresholds,
        scores(*tuned_on, verdict.labels, thresholds),
        verdict.test,
    )


def _draft(source: Contents, trained: TrainSettings, verdict: Verdict) -> Draft:
    """Return the artifact with what depends on its thresholds replaced."""
    manifest = source.manifest
    kept = manifest.model_dump(exclude=_NEW)
    facts = {
        **kept,
        **verdict.facts(),
        "reference": {**kept["reference"], "rates": verdict.rates()},
        "tuned_from": manifest.name,
    }
    files = {**source.files, **verdict.files()}
    card = model_card.render(facts, trained, verdict.test, files)
    page = _page(source, facts, verdict, card)
    return Draft(manifest.classifier, facts, {**files, CARD_NAME: card, **page})


def _page(
    source: Contents, facts: Mapping[str, Any], verdict: Verdict, card: bytes
) -> dict[str, bytes]:
    """Return the page under the new thresholds; none where training wrote none."""
    if report.FINDINGS_NAME not in source.files:
        return {}
    try:
        told = report.Told(
            classifier=source.manifest.classifier,
            facts=facts,
            verdict=verdict,
            findings=report.read_findings(
                source.files[report.FINDINGS_NAME], len(verdict.labels)
            ),
            history=report.read_epochs(source.files["history.csv"]),
            folds=report.read_folds(source.files.get("fold_history.csv", b"")),
            card=card.decode(),
        )
        return report.training_files(told)
    except (LookupError, TypeError, ValueError) as error:  # a file of another form
        raise ArtifactError(
            f"{source.folder}: what its page is written from cannot be used"
            f" ({brief(error)}); restore the folder from a copy, or train again"
        ) from error
