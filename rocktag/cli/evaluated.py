"""How an evaluation is kept, and what people and machines are shown of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rocktag.cli.console import print_json, print_table
from rocktag.cli.intervals import difference_text, interval_text, p_value_text
from rocktag.cli.kept import Stored, keep
from rocktag.cli.session import Session
from rocktag.text import counted

if TYPE_CHECKING:
    from rocktag.comparing.types import LabelIntervals
    from rocktag.evaluating import Evaluation, Mistake, Scored

_COLUMNS = {
    "micro_f1": "micro F1",
    "micro_precision": "precision",
    "micro_recall": "recall",
    "macro_f1": "macro F1",
    "subset_accuracy": "exact match",
}
_COMPARED = ("micro_f1", "micro_precision", "micro_recall", "macro_f1")


def keep_evaluation(here: Session, evaluation: Evaluation, stored: Stored) -> None:
    """Store an evaluation as files and as metrics of its run.

    Raises:
        ArtifactError: The folder cannot be written.
        InputError: The file cannot be written.
    """
    from rocktag.evaluating import table
    from rocktag.report import evaluation_page

    forms = {
        ".csv": lambda: table.evaluation_csv(evaluation),
        ".json": lambda: table.evaluation_json(evaluation),
        ".html": lambda: evaluation_page(evaluation).decode(),
    }
    keep(here, forms, table.evaluation_metrics(evaluation), stored)


def show_evaluation(evaluation: Evaluation, stored: Stored, *, json: bool) -> None:
    """Print an evaluation that was kept, for people or for machines."""
    if json:
        print_json({**evaluation.as_dict(), **stored.as_object()})
        return
    _print_scores(evaluation)
    _print_differences(evaluation)
    _print_labels(evaluation)
    for row in _shown(evaluation):
        _print_mistakes(row)
    stored.tell()


def _print_scores(evaluation: Evaluation) -> None:
    gold = evaluation.gold
    print_table(
        f"{counted(gold['headlines'], 'headline')} of {gold['file']} against people;"
        f" {counted(gold['disputed'], 'disputed decision')} not scored; thresholds"
        f" `{evaluation.policy}`; 95 % intervals",
        ["by", *_COLUMNS.values()],
        (
            [row.name, *(interval_text(row.scores[name]) for name in _COLUMNS)]
            for row in evaluation.rows
        ),
    )


def _print_differences(evaluation: Evaluation) -> None:
    others = [row for row in evaluation.rows if row.differences]
    if not others:
        return
    print_table(
        f"Less {evaluation.reference}: differences with p-values by paired bootstrap,"
        " McNemar's p-value of exact match",
        ["by", *(_COLUMNS[name] for name in _COMPARED), "McNemar p"],
        (
            [
                row.name,
                *(difference_text(row.differences[name]) for name in _COMPARED),
                None
                if row.mcnemar_p_value is None
                else p_value_text(row.mcnemar_p_value),
            ]
            for row in others
        ),
    )


def _print_labels(evaluation: Evaluation) -> None:
    """Print each label of each model, beside the rules; of rules alone, theirs."""
    rules = evaluation.rows[0]
    by_rules = {one.label: one for one in rules.per_label}
    for row in _shown(evaluation):
        beside = [] if row is rules else [f"F1 of {rules.name}"]
        print_table(
            f"Label by label: {row.name}",
            ["label", "headlines", "precision", "recall", "F1", *beside],
            (
                [
                    *_label(one),
                    *(_f1(by_rules.get(one.label)) for _ in beside),
                ]
                for one in sorted(row.per_label, key=lambda one: -one.support)
            ),
        )


def _shown(evaluation: Evaluation) -> Sequence[Scored]:
    """Return the rows that are shown in full: models; of rules alone, the first."""
    of_models = [row for row in evaluation.rows if row.kind != "rules"]
    return of_models or evaluation.rows[:1]


def _label(one: LabelIntervals) -> list[object]:
    scores = (one.precision, one.recall, one.f1)
    return [one.label, one.support, *map(interval_text, scores)]


def _f1(one: LabelIntervals | None) -> float | None:
    return None if one is None else one.f1.value


def _print_mistakes(row: Scored) -> None:
    if not row.mistakes:
        return
    print_table(
        f"The worst headlines: {row.name}; the margin is how far the probability of the"
        " worst wrong label is over its threshold",
        ["headline", "people", "disputed", "said", "wrong", "worst", "margin"],
        (_mistake(one) for one in row.mistakes),
    )


def _mistake(one: Mistake) -> list[object]:
    return [
        one.title,
        "; ".join(one.people),
        "; ".join(one.disputed),
        "; ".join(one.said),
        one.wrong,
        one.worst,
        None if one.margin is None else f"{one.margin:+.2f}",
    ]
