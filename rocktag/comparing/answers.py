"""What one version says of the headlines that are to be scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rocktag.artifact import Artifact, Contents, Manifest, load, predictions, read
from rocktag.artifact import provenance as provenances
from rocktag.artifact.predictions import OutOfFold
from rocktag.artifact.provenance import Keys, Provenance
from rocktag.comparing.gold import Gold
from rocktag.comparing.masking import masked
from rocktag.comparing.measuring import Speed, measure
from rocktag.corpus import Corpus
from rocktag.labeling import Rules
from rocktag.objectives import Objective, named
from rocktag.thresholds import decide, tune
from rocktag.types import Flags, Probabilities, Targets

_TAGGED = 1_000  # headlines whose tagging is timed


@dataclass(frozen=True)
class Exam:
    """The headlines that every version is asked of.

    Attributes:
        corpus: N titles.
        rules: What gives their labels.
        policy: The thresholds to answer under.
        gold: Headlines with human labels, if there are any.
    """

    corpus: Corpus
    rules: Rules
    policy: str | float
    gold: Gold | None = None

    @cached_property
    def targets(self) -> Targets:
        """(N, L), by the rules."""
        return self.rules.label_matrix(self.corpus.titles)

    @cached_property
    def keys(self) -> Keys:
        """(N,), which tell whether a version learned from a headline."""
        return provenances.keys_of(self.corpus.titles)

    @cached_property
    def gold_keys(self) -> Keys:
        """(M,), likewise of the human-labelled headlines."""
        return provenances.keys_of(self.gold.titles if self.gold else ())

    @cached_property
    def masked_titles(self) -> list[str]:
        """The N titles with their keywords hidden."""
        return masked(self.corpus.titles, self.rules)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Answers:
    """What a version said; columns are the rules' labels.

    Attributes:
        manifest: What it says of itself.
        fair: (N,), the headlines that it may be scored on.
        fresh: (N,), those of them that the model as it is served did not learn from.
        decided: (N, L), its labels; none where it is not fair.
        masked: (N, L), with the keywords hidden; none where it is not fresh.
        gold: (M, L), its labels of the human-labelled headlines, if there are any.
        learned_gold: (M,), those that it learned from or was tuned on; M is 0 without.
        read_gold: (M,), those of which it learned what people say; likewise.
        speed: How it tags in a process of its own, if that was asked.
    """

    manifest: Manifest
    fair: Flags
    fresh: Flags
    decided: Targets
    masked: Targets
    gold: Targets | None
    learned_gold: Flags
    read_gold: Flags
    speed: Speed | None


def answer(
    exam: Exam,
    models_dir: Path,
    name: str,
    *,
    threads: int,
    measured: bool,
    expected_sha256: str | None = None,
) -> Answers:
    """Ask a version of all headlines that it may be scored on.

    Args:
        exam: The headlines.
        models_dir: The folder of all models.
        name: `<classifier>/<version>`.
        threads: That a network computes with.
        measured: Whether to find its speed and memory too.
        expected_sha256: Of its manifest, where the database knows it.

    Raises:
        ArtifactError: The version must not be used, or does not say what it learned
            from.
    """
    contents = read(models_dir, name, expected_sha256=expected_sha256)
    provenance = provenances.load(contents.files, where=str(contents.folder))
    artifact = load(
        models_dir, name, expected_sha256=contents.manifest_sha256, threads=threads
    )
    fresh = ~np.isin(exam.keys, provenance.learned)
    asked = _Asked(artifact, exam)
    decided = asked.of(exam.corpus.titles, fresh)
    fair = fresh
    if provenance.is_crossed:
        fair = _fill_crossed(decided, contents, provenance, exam)
    speed = None
    if measured:
        tagged = exam.corpus.titles[:_TAGGED]
        speed = measure(models_dir, name, tagged, threads=threads)
    return Answers(
        manifest=artifact.manifest,
        fair=fair,
        fresh=fresh,
        decided=decided,
        masked=asked.of(exam.masked_titles, fresh),
        gold=asked.all_of(exam.gold.titles) if exam.gold else None,
        learned_gold=np.isin(exam.gold_keys, provenance.learned),
        read_gold=np.isin(exam.gold_keys, provenance.read),
        speed=speed,
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A model under the exam's thresholds."""

    artifact: Artifact
    exam: Exam

    def all_of(self, titles: Sequence[str]) -> Targets:
        """Return its labels of some titles (n, L)."""
        manifest = self.artifact.manifest
        thresholds = manifest.thresholds.tuned().under(self.exam.policy)
        said = self.artifact.predict(titles)
        decided = decide(said, thresholds, manifest.labels)
        return in_order(decided, manifest.labels, self.exam.rules.labels)

    def of(self, titles: Sequence[str], rows: Flags) -> Targets:
        """Return its labels (N, L) of chosen titles, none of the others."""
        found = np.zeros((len(titles), len(self.exam.rules.labels)), dtype=np.int8)
        if rows.any():
            found[rows] = self.all_of(
                [titles[row] for row in np.flatnonzero(rows).tolist()]
            )
        return found


def in_order(decided: Targets, has: Sequence[str], wanted: Sequence[str]) -> Targets:
    """Return columns in another order; a label that is not there is never given.

    >>> in_order(np.int8([[1, 0]]), ["tour", "album"], ["album", "song", "tour"])
    array([[0, 0, 1]], dtype=int8)
    """
    found = np.zeros((len(decided), len(wanted)), dtype=np.int8)
    for column, label in enumerate(wanted):
        if label in has:
            found[:, column] = decided[:, has.index(label)]
    return found


def decided_out_of_fold(
    held_out: OutOfFold,
    labels: Sequence[str],
    policy: str | float,
    objective: Objective,
    minimum_positives: int,
) -> Targets:
    """Return the labels (n, L), of each fold under thresholds tuned on the others."""
    decided = np.zeros_like(held_out.out_of_fold_targets)
    for fold, (others, own) in enumerate(held_out.examinations()):
        thresholds = tune(
            *others, labels, minimum_positives=minimum_positives, objective=objective
        ).under(policy)
        said: Probabilities = own[1]
        decided[held_out.folds == fold] = decide(said, thresholds, labels)
    return decided


def _fill_crossed(
    decided: Targets, contents: Contents, provenance: Provenance, exam: Exam
) -> Flags:
    """Fill in what models of other folds said; return all rows that are fair now."""
    manifest, where = contents.manifest, str(contents.folder)
    held_out = predictions.load(contents.files, len(manifest.labels), where=where)
    assert isinstance(held_out, OutOfFold)  # noqa: S101 - its sides are folds
    facts = manifest.thresholds
    said = decided_out_of_fold(
        held_out,
        manifest.labels,
        exam.policy,
        named(facts.objective, facts.minimum_precision),
        facts.minimum_positives or 1,
    )
    known, at = _places(exam.keys, provenance.headline_keys)
    decided[known] = in_order(said, manifest.labels, exam.rules.labels)[at]
    return np.ones(len(decided), dtype=bool)


def _places(keys: Keys, among: Keys) -> tuple[Flags, npt.NDArray[np.int64]]:
    """Return which keys stand among others (N,), and where, of those that do.

    In one and the same corpus each headline is found again; else of several headlines
    with one key the first stands for all: they have the same words.
    """
    if np.array_equal(keys, among):
        return np.ones(len(keys), dtype=bool), np.arange(len(keys))
    order = np.argsort(among, kind="stable")
    places = np.searchsorted(among[order], keys)
    candidate = order[np.minimum(places, len(order) - 1)]
    known = among[candidate] == keys
    return known, candidate[known]
