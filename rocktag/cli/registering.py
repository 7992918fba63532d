"""Entering a version that was published just now, and making it champion if it may."""

from __future__ import annotations

import getpass
import os

from rocktag.artifact import Published
from rocktag.cli.session import Session
from rocktag.corpus import Corpus
from rocktag.db import models
from rocktag.errors import ArtifactError, InputError
from rocktag.lifecycle import Promotion
from rocktag.runtime import version_facts


def register(
    here: Session,
    published: Published,
    *,
    promote: bool,
    why: str,
    corpus: Corpus | None = None,
) -> Promotion | None:
    """Enter the version; make it champion if there is none, or the gate lets it pass.

    Args:
        here: Where versions are registered, and the gate's limits.
        published: The version.
        promote: Whether it was asked to be champion.
        why: What was asked, for the history.
        corpus: What the gate compares on; by default the database's headlines.

    Returns:
        What came of the promotion, None where none was asked for.

    Raises:
        StoreError: The database refuses.
    """
    facts = version_facts(published.manifest, published.manifest_sha256)
    with here.database.write() as connection:
        models.register(connection, facts)
        champion = models.champion(connection)
    name = published.manifest.name
    if champion == name:
        return Promotion(name, True, "it is the champion already")
    if not (champion is None or promote):
        return None
    why = "first version published" if champion is None else why
    from rocktag import lifecycle

    try:
        return lifecycle.promote(
            here.database, here.settings, name, by=user(), why=why, corpus=corpus
        )
    except (ArtifactError, InputError) as error:  # it is published in any case
        return Promotion(name, False, str(error))


def user() -> str:
    """Return who runs this; a container's user may have a number only."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # OSError: since Python 3.13
        return f"uid {os.getuid()}"
