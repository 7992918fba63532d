"""rocktag experiment study: what the original study trained, trained and compared."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rocktag.artifact import Published, check_writable
from rocktag.cli.compared import keep_comparison, show
from rocktag.cli.console import note, output, print_table
from rocktag.cli.corpora import CorpusFile, read_corpus
from rocktag.cli.encoders import located
from rocktag.cli.installed import check_installed
from rocktag.cli.kept import Stored, check_ending
from rocktag.cli.options import (
    Base,
    Columns,
    CommonSeed,
    Folds,
    GoldFile,
    Json,
    Policy,
    Preset,
    TableFile,
    parse_columns,
)
from rocktag.cli.session import Session, session
from rocktag.cli.training_progress import shown_progress
from rocktag.cli.word_vectors import GloveFile, word_vectors_of
from rocktag.comparing import Comparer, Exam, configured_gold
from rocktag.corpus import Corpus
from rocktag.db import models
from rocktag.db.runs import RunRecord
from rocktag.errors import TrainingError
from rocktag.labeling import rules_of
from rocktag.recording import recorded_run
from rocktag.runtime import version_facts

if TYPE_CHECKING:
    from rocktag.fitting import Progress
    from rocktag.replicating import Member, Replication, Study


def study(
    context: typer.Context,
    budget: Annotated[
        float | None,
        typer.Option(
            min=0,
            metavar="MINUTES",
            help="The quickest first; then no training begins or goes on.",
        ),
    ] = None,
    classifiers: Annotated[
        str | None,
        typer.Option(metavar="NAME,…", help="Only these; by default all."),
    ] = None,
    corpus: CorpusFile = None,
    gold: GoldFile = None,
    glove: GloveFile = None,
    base: Base = None,
    folds: Folds = None,
    seed: CommonSeed = None,
    preset: Preset = None,
    policy: Policy = None,
    to: TableFile = None,
    column: Columns = None,
    json: Json = False,
) -> None:
    """Train every classifier on raw and clean text, publish and compare them."""
    check_ending(to)
    check_installed()
    from rocktag import replicating

    chosen = classifiers.split(",") if classifiers else None
    members = replicating.members(chosen)
    given: dict[str, Any] = {"folds": folds, "seed": seed, "preset": preset}
    here = session(context).creating(when=corpus is not None)
    here = here.with_options(
        "train", {**given, "transformer": {"base": base} if base else None}
    )
    here = here.with_options("tag", {"threshold": policy})
    here = here.with_options("evaluation", {"gold": gold})
    check_writable(here.settings.models_dir)
    vectors = word_vectors_of(glove, here.settings.train) if glove else None
    with ExitStack() as bars:
        made = _study(here, read_corpus(here, corpus, parse_columns(column)), bars)
        made.vectors = vectors
        made.encoder = located(base, here.settings) if base else None
        made.seconds = None if budget is None else 60 * budget
        record = bars.enter_context(recorded_run(here.database, "experiment"))
        _run(here, made, members, Stored("study", to, record), json=json)


def _study(here: Session, titles: Corpus, bars: ExitStack) -> Study:
    """Return the study of these titles, without an end and without given weights.

    Args:
        here: Where models and database are.
        titles: To learn from.
        bars: Closes the last bar.
    """
    from rocktag.replicating import Study

    rules = rules_of(here.settings.train.labels)
    gold = configured_gold(here.settings, rules.labels)
    exam = Exam(titles, rules, here.settings.tag.threshold, gold)
    with here.database.read() as connection:
        champion = models.champion(connection)
        manifests = models.registered_manifests(connection)
    last = bars.enter_context(ExitStack())

    def progress(member: Member) -> Progress:
        last.close()
        return last.enter_context(shown_progress(f"{member.name}: "))

    def register(made: Published) -> None:
        last.close()
        facts = version_facts(made.manifest, made.manifest_sha256)
        with here.database.write() as connection:
            models.register(connection, facts)

    return Study(
        corpus=titles,
        rules=rules,
        settings=here.settings,
        comparer=Comparer(exam, here.settings, manifests=manifests),
        register=register,
        progress=progress,
        reference=champion,
    )


def _run(
    here: Session, made: Study, members: list[Member], stored: Stored, *, json: bool
) -> None:
    """Run a study, and show what it came to, also where it was broken off."""
    last: Replication | None = None
    try:
        for last in made.run(members):
            _tell(last)
            _count(last, stored.record)
            if last.comparison is not None:
                keep_comparison(here, last.comparison, stored, last.untrained)
    finally:
        if last is not None and last.comparison is not None:
            _show(last, stored, json=json)
    if last is None or last.comparison is None:
        reasons = {one.remark for one in last.untrained} if last else set()
        raise TrainingError(f"nothing was trained: {'; '.join(sorted(reasons))}")


def _tell(last: Replication) -> None:
    """Say what came of the last member."""
    if last.version is None:
        one = last.untrained[-1]
        note(f"{one.classifier}, {one.text_view}: not trained, {one.remark}")
    elif last.comparison is not None:
        row = last.comparison.rows[-1]
        how = "trained before" if row.version in last.taken_up else "trained"
        note(f"{row.version}: {how}, micro F1 {row.scores['micro_f1'].value:.4f}")


def _count(last: Replication, record: RunRecord) -> None:
    """Keep with the run how many members were done."""
    done = len(last.comparison.rows) if last.comparison else 0
    record.taken = done + len(last.untrained)
    record.done, record.failed = done, len(last.untrained)


def _show(last: Replication, stored: Stored, *, json: bool) -> None:
    assert last.comparison is not None  # noqa: S101 - the caller has looked
    more = {
        "untrained": [asdict(one) for one in last.untrained],
        "taken_up": list(last.taken_up),
    }
    show(last.comparison, stored, json=json, more=more)
    if last.untrained and not json:
        print_table(
            "Not trained",
            ["classifier", "text", "why"],
            ([one.classifier, one.text_view, one.remark] for one in last.untrained),
        )
        output.print("the same command takes up what is trained, and goes on")
