"""Who is asked of the headlines that people read: rules, versions, models of folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rocktag.cli.console import note
from rocktag.cli.crossing import crossing_of
from rocktag.cli.session import Session
from rocktag.cli.training_progress import shown_progress
from rocktag.comparing import Gold
from rocktag.config import Settings
from rocktag.corpus import Corpus
from rocktag.db import models
from rocktag.labeling import rules_of
from rocktag.text import counted
from rocktag.types import LabelsName, SchemeName

if TYPE_CHECKING:
    from rocktag.evaluating import Said
    from rocktag.fitting import Vectors


@dataclass(frozen=True, slots=True)
class Anew:
    """What is needed to train anew for each fold.

    Attributes:
        folds: How many.
        corpus: What to learn from.
        vectors: Gives a network's vocabulary its vectors; None to learn them.
    """

    folds: int
    corpus: Corpus
    vectors: Vectors | None


def row_name(name: str, folds: int) -> str:
    """Return what the row of models of folds is called.

    >>> row_name("adaboost, topics", 5)
    'adaboost, topics, 5 folds'
    """
    return f"{name}, {counted(folds, 'fold')}"


def sayings_of_rules(
    here: Session,
    gold: Gold,
    sayings: Sequence[Said],
    scheme: LabelsName | None,
) -> list[Said]:
    """Return what the rules say: those of what is evaluated, then the keywords.

    Args:
        here: Whose settings name the rules where nothing else does.
        gold: What people say.
        sayings: What is evaluated.
        scheme: The rules that were asked for, if any.
    """
    from rocktag import evaluating

    own = rules_of(here.settings.train.labels).name
    if sayings and scheme is None:
        of_topics = any(one.labels.startswith("topics") for one in sayings)
        own = "topics" if of_topics else "keywords"
    schemes: list[SchemeName] = ["keywords"]
    if own == "topics":
        schemes.insert(0, own)
    return [evaluating.by_rules(rules_of(one), gold) for one in schemes]


def sayings_of(
    here: Session, gold: Gold, names: Sequence[str], anew: Anew | None
) -> list[Said]:
    """Return what versions say, or what models say that are trained for each fold.

    Args:
        here: Where versions and settings are.
        gold: What people say.
        names: The versions; with folds, none stands for the settings.
        anew: How to train for each fold; None to ask versions as they are served.

    Raises:
        ArtifactError: A version must not be used.
        TrainingError: A fold's corpus cannot be learned from.
        UsageError: A version learned from what people say of these headlines.
    """
    if anew is None:
        return _as_served(here, gold, names)
    return _out_of_fold(here.settings, gold, names, anew)


def _as_served(here: Session, gold: Gold, names: Sequence[str]) -> list[Said]:
    from rocktag import evaluating

    with here.database.read() as connection:
        manifests = models.registered_manifests(connection)
    found = [
        evaluating.by_version(
            here.settings, name, gold, expected_sha256=manifests.get(name)
        )
        for name in names
    ]
    for one in found:
        if one.learned:
            note(
                f"{one.name} learned from, or was tuned on, {one.learned:,} of the"
                f" {counted(len(gold.titles), 'headline')}, labelled by the rules;"
                " what people"
                " say of them it does not know, so they are scored all the same;"
                " --folds 5 tells what is reached without them"
            )
    return found


def _out_of_fold(
    settings: Settings, gold: Gold, names: Sequence[str], anew: Anew
) -> list[Said]:
    from rocktag import evaluating

    has_vectors = anew.vectors is not None
    wanted = [
        (name, evaluating.settings_of(settings, name, has_vectors=has_vectors))
        for name in names
    ]
    if not wanted:
        chosen = settings.train
        wanted = [(f"{chosen.classifier}, {chosen.labels}", settings)]
    found = []
    for name, own in wanted:
        with (
            crossing_of(gold, anew.corpus, own, anew.folds, anew.vectors) as crossing,
            shown_progress(f"{name}: ") as show,
        ):
            found.append(
                crossing.said(
                    row_name(name, anew.folds),
                    str(own.train.labels),
                    evaluating.choice_of(own),
                    show,
                )
            )
    return found
