"""Two readers judge the rules' labels, neither of which had learned from the headline.

The first reads all its words, the second does without those that give the label away.
A label is as credible as the more trusting of them says: a suspect is what both doubt.
The first alone takes the unusual wording of a right label for an error; the second
alone often has too little to go by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rocktag.artifact import Contents, predictions
from rocktag.artifact.predictions import OutOfFold
from rocktag.artifact.provenance import keys_of
from rocktag.artifact.provenance import load as load_provenance
from rocktag.config import TrainSettings
from rocktag.corpus import Corpus
from rocktag.cross_validation import cross_validate
from rocktag.encoders import Encoder
from rocktag.errors import ArtifactError, TrainingError, UsageError
from rocktag.fitting import Progress, Task
from rocktag.labeling import CastVote, Rules
from rocktag.splits import Split, fold
from rocktag.suspecting.quality import Quality, label_quality
from rocktag.suspecting.reading import Reader
from rocktag.text import split_key
from rocktag.types import NO_TOPIC, Probabilities, Targets


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """N headlines, the rules' labels of them, and how credible these are.

    `n/a` is not among the K labels: it follows from the others. Where a headline has
    no topic and should have one, that topic is the suspect.

    Attributes:
        titles: N.
        labels: K.
        targets: (N, K), what the rules say.
        cast: (N,), the votes by which they say it.
        probabilities: (N, K), by who reads all the words.
        quality: (N, K), by the more trusting reader.
        hidden_quality: (N, K), by who reads with words hidden; None where nobody does.
        unknown: Headlines of the corpus that the version does not know, left out.
    """

    titles: tuple[str, ...]
    labels: tuple[str, ...]
    targets: Targets
    cast: tuple[Sequence[CastVote], ...]
    probabilities: Probabilities
    quality: Quality
    hidden_quality: Quality | None
    unknown: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Said:
    """What a model said out of fold of some headlines of a corpus.

    Attributes:
        rows: (n,), which ones.
        probabilities: (n, K).
        folds: (n,), from 0.
    """

    rows: npt.NDArray[np.int64]
    probabilities: Probabilities
    folds: npt.NDArray[np.int8]


def judge(
    corpus: Corpus,
    rules: Rules,
    settings: TrainSettings,
    progress: Progress,
    *,
    version: Contents | None = None,
    classifier: bool = False,
    hides: bool = True,
    encoder: Encoder | None = None,
) -> Judged:
    """Judge the rules' labels of a corpus.

    Args:
        corpus: The headlines.
        rules: What labels them.
        settings: The number of folds, the seed; and how the classifier is trained.
        progress: Told of every stage.
        version: A model trained with --folds, whose predictions are the first reading.
        classifier: Whether that of the settings is cross-validated for it; without
            either a quick linear model reads.
        hides: Whether somebody reads with words hidden, too.
        encoder: The pre-trained encoder of a transformer.

    Raises:
        ArtifactError: The version keeps no such predictions, or has other labels.
        TrainingError: The corpus is too small, or has no words in common.
        UsageError: The version was not cross-validated; or the number of folds does
            not go with the validation fraction.
    """
    progress("labels", 0, 1)
    topics = tuple(label for label in rules.labels if label != NO_TOPIC)
    targets = rules.label_matrix(corpus.titles)
    columns = [rules.labels.index(label) for label in topics]
    if version is not None:
        said = _by_version(corpus, rules, targets, version, progress)
    elif classifier:
        said = _by_classifier(corpus, rules, targets, settings, encoder, progress)
    else:
        said = _by_reader(corpus, targets, settings, progress)
    titles = tuple(corpus.titles[row] for row in said.rows)
    given, probabilities = targets[said.rows][:, columns], said.probabilities
    cast = tuple(rules.votes_cast(title) for title in titles)
    quality, hidden_quality = label_quality(given, probabilities[:, columns]), None
    if hides:
        reader = Reader(titles)
        hidden = reader.hidden(cast, topics)
        read = reader.out_of_fold(given, said.folds, progress, hidden)
        hidden_quality = label_quality(given, read)
        quality = np.maximum(quality, hidden_quality)
    return Judged(
        titles=titles,
        labels=topics,
        targets=given,
        cast=cast,
        probabilities=probabilities[:, columns],
        quality=quality,
        hidden_quality=hidden_quality,
        unknown=len(corpus.titles) - len(titles),
    )


def _by_reader(
    corpus: Corpus, targets: Targets, settings: TrainSettings, progress: Progress
) -> _Said:
    """Return what the quick reader says of every headline."""
    folds = _numbers(_folds(corpus, targets, settings))
    found = Reader(corpus.titles).out_of_fold(targets, folds, progress)
    return _Said(np.arange(len(folds)), found, folds)


def _by_classifier(
    corpus: Corpus,
    rules: Rules,
    targets: Targets,
    settings: TrainSettings,
    encoder: Encoder | None,
    progress: Progress,
) -> _Said:
    """Return what the classifier of the settings says of every headline."""
    sides = _folds(corpus, targets, settings)
    task = Task(
        titles=corpus.titles,
        targets=targets,
        labels=rules.labels,
        rows=sides[0],
        settings=settings.model_copy(update={"rules_below": 0}),  # rules know nothing
        checkpoints=None,
        encoder=encoder,
    )
    crossed, _ = cross_validate(task, sides, progress)
    rows = np.arange(len(targets))
    return _Said(rows, crossed.out_of_fold_probabilities, crossed.folds)


def _by_version(
    corpus: Corpus,
    rules: Rules,
    targets: Targets,
    version: Contents,
    progress: Progress,
) -> _Said:
    """Return what a version said out of fold of the headlines that it knows.

    Of headlines with one key, as `split_key` has it, it is the first one's. Labels that
    the rules serve in it are read by the quick reader: rules do not doubt themselves.
    """
    manifest, where = version.manifest, str(version.folder)
    if manifest.labels != rules.labels:
        raise ArtifactError(
            f"{where} has other labels than the {rules.name} scheme; train again"
        )
    held_out = predictions.load(version.files, len(manifest.labels), where=where)
    if not isinstance(held_out, OutOfFold):
        raise UsageError(
            f"{manifest.name} was not cross-validated, so it learned from the headlines"
            " it would judge; train one with --folds 5, or leave the version out"
        )
    known = load_provenance(version.files, where=where).headline_keys
    if len(known) != len(held_out.folds):
        raise ArtifactError(
            f"{where} has other headlines in its folds than it learned from; train"
            " again"
        )
    row_of = {int(key): row for row, key in reversed(list(enumerate(known)))}
    keys = keys_of(corpus.titles)
    found = [(at, row_of[key]) for at, key in enumerate(keys.tolist()) if key in row_of]
    if not found:
        raise TrainingError(
            f"{manifest.name} knows none of the headlines of {corpus.origin}; give"
            " the corpus it was trained on, or leave the version out"
        )
    rows, theirs = np.array(found, dtype=np.int64).T
    probabilities, folds = held_out.out_of_fold_probabilities[theirs], held_out.folds
    if manifest.rule_labels:
        columns = [rules.labels.index(label) for label in manifest.rule_labels]
        reader = Reader([corpus.titles[row] for row in rows])
        given = targets[rows][:, columns]
        probabilities[:, columns] = reader.out_of_fold(given, folds[theirs], progress)
    return _Said(rows, probabilities, folds[theirs])


def _folds(corpus: Corpus, targets: Targets, settings: TrainSettings) -> list[Split]:
    return fold(
        [split_key(title) for title in corpus.titles],
        targets,
        folds=settings.folds,
        validation_fraction=settings.validation_fraction,
        seed=settings.seed,
    )


def _numbers(sides: Sequence[Split]) -> npt.NDArray[np.int8]:
    """Return the number of each headline's fold (N,), from 0."""
    found = np.zeros(sum(len(side.test) for side in sides), dtype=np.int8)
    for number, side in enumerate(sides):
        found[side.test] = number
    return found
