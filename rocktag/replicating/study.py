"""The original study's classifiers and their predecessors, trained anew and compared.

Each is trained on the same split, or the same folds, and published as a version of its
own, the quickest first. What was trained before on the same corpus with the same
settings is taken up, so that a study that was broken off goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from rocktag.artifact import Published, publish
from rocktag.comparing import Comparer, Comparison
from rocktag.comparing.table import Untrained
from rocktag.config import Settings
from rocktag.corpus import Corpus
from rocktag.encoders import Encoder
from rocktag.errors import TrainingError, UsageError, brief
from rocktag.fitting import Progress, Vectors
from rocktag.labeling import Rules
from rocktag.replicating.earlier import Wanted
from rocktag.replicating.members import Member
from rocktag.text import counted
from rocktag.training import train

_INTERRUPTIBLE = "fit"  # the stage in which a budget may end


@dataclass(frozen=True, slots=True)
class Replication:
    """A study as far as it has come.

    Attributes:
        comparison: The versions so far; None while there is none.
        untrained: The members that were passed over so far.
        taken_up: Versions that were trained before.
        version: The one that came last; None where the last was passed over.
    """

    comparison: Comparison | None
    untrained: tuple[Untrained, ...]
    taken_up: tuple[str, ...]
    version: str | None


@dataclass(slots=True, kw_only=True)
class Study:
    """What is trained, on what, and in which time.

    Attributes:
        corpus: What to learn from.
        rules: What labels it.
        settings: Of all members; classifier and text view are theirs.
        comparer: Asks the versions.
        register: Told of each version, also of one trained before.
        progress: Gives who is told of the training of a member.
        vectors: Gives the CNN-BiLSTM's vocabulary its vectors; None to learn them.
        encoder: The transformer's; None passes it over.
        seconds: The time at hand; None for no end.
        reference: The version to compare with, once it is among them; else the first.
    """

    corpus: Corpus
    rules: Rules
    settings: Settings
    comparer: Comparer
    register: Callable[[Published], None]
    progress: Callable[[Member], Progress]
    vectors: Vectors | None = None
    encoder: Encoder | None = None
    seconds: float | None = None
    reference: str | None = None
    _begun: float = field(default_factory=time.monotonic)

    def run(self, members: Sequence[Member]) -> Iterator[Replication]:
        """Train what was not trained yet, and yield the table after each member.

        Raises:
            InputError: A file that a member needs cannot be used.
            ArtifactError: A version cannot be published, or must not be used.
            KeyboardInterrupt: What a network has learned by then is kept.
        """
        versions: list[str] = []
        untrained: tuple[Untrained, ...] = ()
        taken_up: tuple[str, ...] = ()
        for member in members:
            before = self._wanted(member).trained_before()
            made: Published | None = before
            if before is not None:
                taken_up = (*taken_up, before.manifest.name)
            else:
                try:
                    made = self._train(member)
                except (TrainingError, UsageError) as error:
                    left = Untrained(member.classifier, member.text_view, brief(error))
                    untrained = (*untrained, left)
            if made is not None:
                versions.append(self._added(made))
            version = made.manifest.name if made else None
            yield Replication(self._table(versions), untrained, taken_up, version)

    def _added(self, made: Published) -> str:
        """Register a version, also one of a call that was killed before, and ask it."""
        self.register(made)
        self.comparer.add(made.manifest.name)
        return made.manifest.name

    def _table(self, versions: Sequence[str]) -> Comparison | None:
        if not versions:
            return None
        is_there = self.reference in versions
        return self.comparer.comparison(self.reference if is_there else versions[0])

    def _train(self, member: Member) -> Published:
        """Train and publish a member; a network goes on where it was broken off."""
        if member.classifier == "transformer" and self.encoder is None:
            raise UsageError("no encoder was given; give --base")
        self._refuse_late(0)
        settings = self._settings(member)
        trained = train(
            self.corpus,
            self.rules,
            settings,
            self._watched(self.progress(member)),
            resume=True,
            is_part=True,
            vectors=self.vectors if member.classifier == "cnn-bilstm" else None,
            encoder=self.encoder if member.classifier == "transformer" else None,
        )
        made = publish(
            settings.models_dir, trained.draft, training_seconds=trained.seconds
        )
        for checkpoint in trained.checkpoints:
            checkpoint.remove()
        return made

    def _watched(self, progress: Progress) -> Progress:
        """Return a progress that ends the training when the time at hand has ended."""

        def watch(stage: str, done: int, steps: int, detail: str = "", /) -> None:
            progress(stage, done, steps, detail)
            if stage.endswith(_INTERRUPTIBLE):
                self._refuse_late(done)

        return watch

    def _refuse_late(self, done: int) -> None:
        if self.seconds is None or time.monotonic() - self._begun < self.seconds:
            return
        how = "in the middle of its training" if done else "before its training"
        raise TrainingError(
            f"the budget of {counted(self.seconds / 60, 'minute')} ended {how}; the"
            " same command goes on"
        )

    def _wanted(self, member: Member) -> Wanted:
        settings = self._settings(member)
        return Wanted(self.corpus, self.rules, settings, self.vectors, self.encoder)

    def _settings(self, member: Member) -> Settings:
        own = {"classifier": member.classifier, "text_view": member.text_view}
        chosen = self.settings.train.model_copy(update=own)
        return self.settings.model_copy(update={"train": chosen})
