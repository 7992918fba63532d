"""What people and machines are told of a training that was published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rocktag.artifact import Manifest, Published
from rocktag.artifact.facts import Spread
from rocktag.cli.console import output, print_table
from rocktag.cli.gate import gate_of, print_verdict
from rocktag.lifecycle import Promotion
from rocktag.text import counted
from rocktag.types import NO_TOPIC, rules_in_words

if TYPE_CHECKING:
    from rocktag.training import Trained

_POLICY_SCORES = (
    "micro_f1",
    "micro_precision",
    "micro_recall",
    "macro_f1",
    "weighted_f1",
    "samples_f1",
    "subset_accuracy",
    "hamming_loss",
)
_SCORED = ("Test headlines", "Out-of-fold headlines")  # without and with folds


@dataclass(frozen=True, slots=True)
class Outcome:
    """A model that was trained and published just now."""

    trained: Trained
    published: Published
    promotion: Promotion | None  # None where none was asked for

    @property
    def is_champion(self) -> bool:
        """Whether it is the champion now."""
        return self.promotion is not None and self.promotion.is_done

    @property
    def manifest(self) -> Manifest:
        """What the artifact says of itself."""
        return self.published.manifest


def print_training(outcome: Outcome) -> None:
    """Print what came of a training, for people."""
    trained, manifest = outcome.trained, outcome.manifest
    rows = trained.scores["micro"].per_label
    print_table(
        f"{_SCORED[manifest.cross_validation is not None]} per label, thresholds"
        " `micro`",
        ["label", "precision", "recall", "F1", "support"],
        ([row.label, row.precision, row.recall, row.f1, row.support] for row in rows),
    )
    print_scores(trained, manifest)
    _print_fold_times(trained)
    given = manifest.fitting.given_vectors if manifest.fitting else None
    if given is not None:
        output.print(
            f"word vectors: {given.dimension} numbers each from {given.origin}, which"
            f" has {given.vocabulary_coverage:.1%} of the vocabulary and"
            f" {given.token_coverage:.1%} of the training headlines' words"
        )
    thresholds = trained.thresholds
    topics = [label for label in manifest.labels if label != NO_TOPIC]
    own = len(topics) - len(thresholds.fallback)
    output.print(
        f"thresholds: micro {thresholds.micro:.2f}, macro {thresholds.macro:.2f},"
        f" per-label: {own} of {len(topics)} topics have their own"
    )
    if manifest.rule_labels:
        output.print(
            f"by the {rules_in_words(manifest.rules)}, not the model:"
            f" {', '.join(manifest.rule_labels)}"
        )
    if manifest.fitting and manifest.fitting.interrupted_in_epoch:
        output.print(
            f"interrupted in epoch {manifest.fitting.interrupted_in_epoch}; the weights"
            f" are those of epoch {manifest.fitting.best_epoch}; the same command with"
            " the same settings and --resume goes on"
        )
    champion = "; it is the champion" if outcome.is_champion else ""
    output.print(
        f"published {manifest.name} in {outcome.published.folder} after"
        f" {trained.seconds:.1f} s{champion}"
    )
    print_verdict(outcome.promotion.verdict if outcome.promotion else None)


def print_scores(trained: Trained, manifest: Manifest) -> None:
    """Print the scores over all labels, of folds with their spread."""
    crossed = manifest.cross_validation
    if crossed is None:
        print_table(
            f"{manifest.corpus.test:,} untouched test headlines, against the rules",
            ["score", *trained.scores],
            (
                [name, *(found.averages()[name] for found in trained.scores.values())]
                for name in _POLICY_SCORES
            ),
        )
        return
    print_table(
        f"{counted(crossed.folds, 'fold')}, each under thresholds tuned on the others,"
        f" against {manifest.scored_against}: mean ± standard deviation",
        ["score", *crossed.scores],
        (
            [name, *(_spread(by_name[name]) for by_name in crossed.scores.values())]
            for name in _POLICY_SCORES
        ),
    )


def _print_fold_times(trained: Trained) -> None:
    if trained.fold_seconds:
        minutes = [seconds / 60 for seconds in trained.fold_seconds]
        shown = ", ".join(f"{one:.1f}" for one in minutes)
        output.print(f"folds took {sum(minutes):.1f} minutes ({shown})")


def _spread(found: Spread) -> str:
    return f"{found.mean:.4f} ± {found.standard_deviation:.4f}"


def as_object(outcome: Outcome) -> dict[str, Any]:
    """Return what came of a training, for machines."""
    manifest, trained = outcome.manifest, outcome.trained
    by_policy = {name: found.as_dict() for name, found in trained.scores.items()}
    return {
        "version": manifest.name,
        "path": str(outcome.published.folder),
        "classifier": manifest.classifier,
        "text_view": manifest.text_view,
        "champion": outcome.is_champion,
        "gate": gate_of(outcome.promotion),
        "headlines": manifest.corpus.headlines,
        "cross_validation": manifest.cross_validation.model_dump()
        if manifest.cross_validation
        else None,
        "test": by_policy["micro"],
        "test_by_policy": by_policy,
        "thresholds": {
            "micro": trained.thresholds.micro,
            "macro": trained.thresholds.macro,
            "per_label": dict(
                zip(manifest.labels, trained.thresholds.per_label, strict=True)
            ),
        },
        "fitting": manifest.fitting.model_dump() if manifest.fitting else None,
        "rule_labels": list(manifest.rule_labels),
        "seconds": round(trained.seconds, 3),
        "fold_seconds": [round(seconds, 3) for seconds in trained.fold_seconds],
    }
