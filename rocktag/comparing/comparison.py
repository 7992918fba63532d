"""The comparison itself: versions on the headlines that are fair for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rocktag.comparing.answers import Answers, Exam, answer
from rocktag.comparing.bootstrap import Resampled, mcnemar, resample
from rocktag.comparing.counts import MASKED_SCORES, Counts, count
from rocktag.comparing.gold import Gold
from rocktag.comparing.types import Comparison, Interval, Row
from rocktag.comparing.unscored import unscored
from rocktag.config import Settings
from rocktag.corpus import Corpus
from rocktag.errors import TrainingError, UsageError
from rocktag.labeling import Rules
from rocktag.metrics import LabelScore, score
from rocktag.text import counted
from rocktag.types import NO_TOPIC, Flags


def compare(
    versions: Sequence[str],
    corpus: Corpus,
    rules: Rules,
    settings: Settings,
    *,
    gold: Gold | None = None,
    reference: str | None = None,
    measured: bool = True,
    manifests: Mapping[str, str] | None = None,
) -> Comparison:
    """Compare versions on the headlines that none of them learned from.

    Args:
        versions: Their names, `<classifier>/<version>`.
        corpus: Headlines, of which those fair for all versions are scored.
        rules: What labels them.
        settings: Where the versions are, the thresholds' policy (`tag.threshold`), and
            how the bootstrap draws (`evaluation`).
        gold: Headlines with human labels, if there are any.
        reference: The version to compare the others with; one of `versions`.
        measured: Whether to find speed and memory too, in a process for each.
        manifests: Name to the hash of the manifest that the database knows.

    Raises:
        ArtifactError: A version must not be used, or does not say what it learned from.
        TrainingError: No headline is fair for all.
        UsageError: There is no version, or the reference is none of them.
    """
    exam = Exam(corpus, rules, settings.tag.threshold, gold)
    comparer = Comparer(exam, settings, measured, manifests or {})
    for name in versions:
        comparer.add(name)
    return comparer.comparison(reference)


@dataclass(slots=True)
class Comparer:
    """Takes versions one after another; each is asked and scored only once.

    Attributes:
        exam: What they are asked.
        settings: Where they are, and how sure to be.
        measured: Whether to find their speed and memory too.
        manifests: Name to the hash of the manifest that the database knows.
    """

    exam: Exam
    settings: Settings
    measured: bool = True
    manifests: Mapping[str, str] = field(default_factory=dict)
    _answers: dict[str, Answers] = field(default_factory=dict)
    _scored: dict[tuple[str, bytes], _Scored] = field(default_factory=dict)

    def add(self, name: str) -> None:
        """Ask a version, `<classifier>/<version>`.

        Raises:
            ArtifactError: It must not be used, or does not say what it learned from.
        """
        if name not in self._answers:
            self._answers[name] = answer(
                self.exam,
                self.settings.models_dir,
                name,
                threads=self.settings.tag.threads,
                measured=self.measured,
                expected_sha256=self.manifests.get(name),
            )

    def comparison(self, reference: str | None = None) -> Comparison:
        """Return all versions taken so far, on the headlines fair for all.

        Args:
            reference: The version to compare the others with.

        Raises:
            UsageError: The reference is none of them, or there is none.
            TrainingError: No headline is fair for all.
        """
        if not self._answers:
            raise UsageError("no version to compare; see: rocktag models list")
        if reference is not None and reference not in self._answers:
            raise UsageError(
                f"the reference {reference} is not among the versions compared; name it"
                " among them"
            )
        rows = self._fair()
        scored = {name: self._scores(name, rows) for name in self._answers}
        others = scored[reference] if reference is not None else None
        exam = self.exam
        return Comparison(
            rows=tuple(
                self._row(name, found, None if name == reference else others)
                for name, found in scored.items()
            ),
            reference=reference,
            policy=str(exam.policy),
            labels=exam.rules.labels,
            headlines=int(rows.sum()),
            corpus={
                "origin": exam.corpus.origin,
                "headlines": len(exam.corpus.titles),
                "sha256": exam.corpus.sha256,
            },
            gold=self._gold_facts(),
            per_label={name: found.per_label for name, found in scored.items()},
        )

    def _fair(self) -> Flags:
        rows = np.logical_and.reduce([one.fair for one in self._answers.values()])
        if not rows.any():
            raise TrainingError(
                f"of the {counted(len(rows), 'headline')} of {self.exam.corpus.origin}"
                " each was"
                f" learned from by one of {', '.join(self._answers)}; give --corpus"
                " with others, or compare fewer versions"
            )
        return np.asarray(rows, dtype=bool)

    def _unread(self) -> Flags | None:
        """Return the headlines (M,) of which no version learned what people say.

        What people say of the others a version could only repeat.
        """
        if self.exam.gold is None:
            return None
        read = [one.read_gold for one in self._answers.values()]
        return np.asarray(~np.logical_or.reduce(read), dtype=bool)

    def _scores(self, name: str, rows: Flags) -> _Scored:
        unread = self._unread()
        known = (name, rows.tobytes() + (b"" if unread is None else unread.tobytes()))
        if known not in self._scored:
            self._scored[known] = self._score(self._answers[name], rows)
        return self._scored[known]

    def _score(self, answers: Answers, rows: Flags) -> _Scored:
        exam = self.exam
        targets, labels = exam.targets[rows], exam.rules.labels
        topics = [column for column, label in enumerate(labels) if label != NO_TOPIC]
        is_fresh = not (rows & ~answers.fresh).any()
        masked = count(targets[:, topics], answers.masked[rows][:, topics])
        gold, unread = None, self._unread()
        if exam.gold and answers.gold is not None and unread is not None:
            counts = exam.gold.only(unread).count(answers.gold[unread], labels)
            gold = self._resample(counts) if unread.any() else None
        return _Scored(
            rules=self._resample(count(targets, answers.decided[rows])),
            masked=self._resample(masked) if is_fresh else None,
            gold=gold,
            per_label=score(targets, answers.decided[rows], labels).per_label,
        )

    def _resample(self, counts: Counts) -> Resampled:
        chosen = self.settings.evaluation
        return resample(counts, resamples=chosen.resamples, seed=chosen.seed)

    def _row(self, name: str, found: _Scored, reference: _Scored | None) -> Row:
        answers = self._answers[name]
        manifest, speed = answers.manifest, answers.speed
        return Row(
            version=name,
            classifier=manifest.classifier,
            text_view=manifest.text_view,
            from_people=manifest.human is not None,
            scores=found.rules.intervals(),
            masked=_masked_intervals(found.masked) if found.masked else None,
            gold=found.gold.intervals() if found.gold else None,
            differences=found.rules.less(reference.rules) if reference else {},
            gold_differences=found.gold.less(reference.gold)
            if reference and reference.gold and found.gold
            else {},
            mcnemar_p_value=mcnemar(found.rules.exact, reference.rules.exact)
            if reference
            else None,
            training_seconds=manifest.training_seconds,
            artifact_bytes=sum(file.size for file in manifest.files.values()),
            headlines_per_second=speed.headlines_per_second if speed else None,
            peak_megabytes=speed.peak_megabytes if speed else None,
        )

    def _gold_facts(self) -> dict[str, Any] | None:
        unread = self._unread()
        if self.exam.gold is None or unread is None:
            return None
        gold = self.exam.gold.only(unread)
        labels = self.exam.rules.labels
        rules: dict[str, Interval] = {}
        if gold.titles:
            by_rules = gold.count(self.exam.rules.label_matrix(gold.titles), labels)
            rules = self._resample(by_rules).intervals()
        answers = self._answers.items()
        read = {name: int(one.read_gold.sum()) for name, one in answers}
        return {
            "file": gold.file,
            "headlines": len(gold.titles),
            "sha256": gold.sha256,
            "learned": {
                name: int((one.learned_gold & unread).sum()) for name, one in answers
            },
            "read": read,
            "unscored": unscored(gold.file, len(unread), len(gold.titles), read),
            "rules": rules,
        }


@dataclass(frozen=True, slots=True)
class _Scored:
    """A version by each yardstick."""

    rules: Resampled
    masked: Resampled | None
    gold: Resampled | None
    per_label: tuple[LabelScore, ...]


def _masked_intervals(found: Resampled) -> dict[str, Interval]:
    intervals = found.intervals()
    return {name: intervals[name] for name in MASKED_SCORES}
