"""rocktag search: which settings of a classifier are best, and that one published."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rocktag.artifact import Published, check_writable, load
from rocktag.cli.console import note, print_json, progress
from rocktag.cli.corpora import CorpusFile, read_corpus
from rocktag.cli.encoders import encoder_of
from rocktag.cli.gate import end_if_refused
from rocktag.cli.installed import check_installed
from rocktag.cli.options import Columns, Json, parse_columns
from rocktag.cli.registering import register
from rocktag.cli.session import Session, session
from rocktag.cli.train import train_and_publish
from rocktag.cli.trained import Outcome
from rocktag.cli.trials import Found, as_object, one_line, print_search
from rocktag.corpus import Corpus
from rocktag.db import run_metrics
from rocktag.db.runs import RunRecord
from rocktag.errors import TrainingError
from rocktag.labeling import rules_of
from rocktag.recording import recorded_run
from rocktag.text import counted
from rocktag.types import ClassifierName

if TYPE_CHECKING:
    from rocktag.searching import Ended, Plan, Study, Trial

_JOB = "search"
_WHY = "rocktag search --promote"


def search(
    context: typer.Context,
    method: Annotated[
        Literal["grid", "random", "tpe"],
        typer.Option(help="Every point; by chance; or by what was good so far."),
    ],
    classifier: Annotated[
        ClassifierName | None, typer.Option(help="By default train.classifier.")
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(min=1, help="Most trials in all; a grid has its points, else 20."),
    ] = None,
    time_budget: Annotated[
        float | None,
        typer.Option(min=0.001, metavar="MINUTES", help="Then no trial goes on."),
    ] = None,
    study: Annotated[
        str | None,
        typer.Option(help="Its name in the database; by default of what is searched."),
    ] = None,
    objective: Annotated[
        Literal["micro-f1", "macro-f1", "validation-loss"],
        typer.Option(help="What is compared, on validation headlines."),
    ] = "micro-f1",
    corpus: CorpusFile = None,
    preset: Annotated[
        str | None, typer.Option(help="Named settings that are not searched.")
    ] = None,
    promote: Annotated[
        bool,
        typer.Option(
            "--promote", help="Make the best one champion, if the gate agrees."
        ),
    ] = False,
    column: Columns = None,
    json: Json = False,
) -> None:
    """Try settings of a classifier, and publish the best; the same command goes on."""
    from rocktag import searching

    given = {"classifier": classifier, "preset": preset}
    here = session(context).creating(when=corpus is not None)
    here = here.with_options("train", given)
    check_installed("optuna")
    check_writable(here.settings.models_dir)
    titles = read_corpus(here, corpus, parse_columns(column))
    plan = searching.Plan(
        train=here.settings.train,
        search=here.settings.search,
        corpus_sha256=titles.sha256,
        rules_sha256=rules_of(here.settings.train.labels).digest,
        method=method,
        objective=objective,
        trials=trials,
        seconds=None if time_budget is None else 60 * time_budget,
        name=study,
    )
    found = _search(here, plan, titles, promote=promote)
    if json:
        print_json(as_object(found, plan))
    else:
        print_search(found, plan)
    end_if_refused(found.promotion)


def _search(here: Session, plan: Plan, titles: Corpus, *, promote: bool) -> Found:
    """Run what is left of a study, publish its best, and record it all as a run."""
    from rocktag.searching import opened

    with (
        recorded_run(here.database, _JOB) as record,
        opened(here.database, plan) as study,
    ):
        try:
            ended = _run_trials(here, study, plan, titles, record)
        except KeyboardInterrupt:
            note(_how_to_go_on(study))
            raise
        finally:
            _record(here, record, study)
        best = _best(study)
        before = _published_before(here, study, best)
        if before is not None:
            made = register(here, before, promote=promote, why=_WHY, corpus=titles)
            return Found(ended, study.trials, best, before.manifest, made, None)
        outcome = _publish(here, plan, titles, study, best, promote=promote)
        made = outcome.promotion
        return Found(ended, study.trials, best, outcome.manifest, made, outcome)


def _run_trials(
    here: Session, study: Study, plan: Plan, titles: Corpus, record: RunRecord
) -> Ended:
    from rocktag.searching import Learning

    learning = Learning.of(titles, rules_of(here.settings.train.labels), plan.train)
    with progress() as bar:
        task = bar.add_task("search", total=None)

        ended: list[int] = []
        before = len(study.trials)

        def show(stage: str, done: int, steps: int, detail: str = "", /) -> None:
            number = before + len(ended)
            description = f"trial {number}, {stage}, {detail}".rstrip(", ")
            bar.update(task, description=description, completed=done, total=steps)

        def tell(trial: Trial) -> None:
            ended.append(trial.number)
            record.taken += 1
            record.done += trial.state in ("complete", "pruned")
            record.failed += trial.state not in ("complete", "pruned")
            note(one_line(trial))

        return study.run(
            lambda settings, report: learning.value(
                settings,
                plan.objective,
                show,
                report,
                encoder=encoder_of(settings, here.settings),
            ),
            tell,
        )


def _record(here: Session, record: RunRecord, study: Study) -> None:
    """Keep the counts of the whole study, and its best value."""
    states = [trial.state for trial in study.trials]
    metrics: dict[str, float] = {
        "trials": len(states),
        "complete": states.count("complete"),
        "pruned": states.count("pruned"),
    }
    if study.best is not None and study.best.value is not None:
        metrics["best_value"] = study.best.value
    with here.database.write() as connection:
        run_metrics.record_metrics(connection, record.run_id, metrics)


def _best(study: Study) -> Trial:
    best = study.best
    if best is None:
        remarks = [trial.remark for trial in study.trials if trial.remark]
        why = f" ({remarks[-1]})" if remarks else ""
        raise TrainingError(
            f"no trial came to its end{why}; nothing was published. Give a longer"
            " --time-budget, or other values in the space"
        )
    return best


def _publish(
    here: Session,
    plan: Plan,
    titles: Corpus,
    study: Study,
    best: Trial,
    *,
    promote: bool,
) -> Outcome:
    """Train with the best trial's settings, publish that, and remember it."""
    facts = {
        "study": plan.study_name,
        "trial": best.number,
        "trials": sum(trial.value is not None for trial in study.trials),
        "method": best.method or plan.method,
        "objective": plan.objective,
        "value": best.value,
    }
    settings = here.settings.model_copy(
        update={"train": plan.settings(best.parameters)}
    )
    outcome = train_and_publish(
        here, settings, titles, promote=promote, why=_WHY, facts={"search": facts}
    )
    study.remember_published(best, outcome.manifest.name)
    return outcome


def _published_before(here: Session, study: Study, best: Trial) -> Published | None:
    """Return what came of the best trial in an earlier call, if it is still there."""
    known = study.published
    if known is None or known["trial"] != best.number:
        return None
    name, folder = str(known["version"]), here.settings.models_dir
    if not (folder / name).is_dir():
        return None
    found = load(folder, name)
    return Published(folder / name, found.manifest, found.manifest_sha256)


def _how_to_go_on(study: Study) -> str:
    done = sum(trial.state in ("complete", "pruned") for trial in study.trials)
    again = shlex.join(sys.argv[1:])
    kept = counted(done, "finished trial is", "finished trials are")
    return f"{kept} kept; the same command goes on: rocktag {again}"
