"""What people say of headlines: from a file, or from the database."""

from __future__ import annotations

from collections.abc import Sequence

from rocktag.cli.session import Session
from rocktag.comparing import Gold, configured_gold, gold_of
from rocktag.db.annotations import human_labels
from rocktag.errors import InputError
from rocktag.labeling import labels_of_people
from rocktag.types import HumanLabels


def people_of(here: Session) -> Gold:
    """Return the human labels of `evaluation.gold`, or else those of the database.

    Raises:
        InputError: The file cannot be used, or there are no human labels.
        StoreError: The database refuses.
    """
    found = people_if_any(here)
    if found is None:
        raise InputError(
            "no human labels: the database has no annotation, and evaluation.gold names"
            " no file; give --gold FILE"
        )
    return found


def people_if_any(here: Session) -> Gold | None:
    """Return the human labels as `people_of` does; None where there are none.

    Raises:
        InputError: The file cannot be used.
        StoreError: The database refuses.
    """
    labels = labels_of_people()
    found = configured_gold(here.settings, labels)
    if found is not None:
        return found
    human = annotated(here, labels)
    return gold_of(human, labels, "the database") if human.known.any() else None


def annotated(here: Session, labels: Sequence[str]) -> HumanLabels:
    """Return what the database's annotations say.

    Raises:
        StoreError: The database refuses.
    """
    with here.database.read() as connection:
        return human_labels(connection, labels)
