"""The options that choose headlines, and the choice."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from rocktag.annotating import Candidate, choose, read_suspects
from rocktag.cli.console import note
from rocktag.cli.registering import user
from rocktag.cli.session import Session
from rocktag.db import models
from rocktag.errors import UsageError
from rocktag.tagging import Tagger, open_tagger

Annotator: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Who reads; by default who runs this."),
]
Count: TypeAlias = Annotated[
    int, typer.Option(min=1, max=100_000, help="How many headlines, at most.")
]
RandomShare: TypeAlias = Annotated[
    float,
    typer.Option(min=0, max=1, help="Drawn at random, so that scores stay unbiased."),
]
Seed: TypeAlias = Annotated[int, typer.Option(min=0, help="Of the choice.")]
SuspectsFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Probable errors, as rocktag labels suspects lists them."
    ),
]


def reader(name: str | None) -> str:
    """Return who reads: by default who runs this.

    Raises:
        UsageError: The name is empty.
    """
    if name is None:
        return user()
    if not name.strip():
        raise UsageError("--annotator is empty; give a name, or leave it out")
    return name.strip()


def candidates(
    here: Session, *, count: int, random_share: float, seed: int, suspects: Path | None
) -> list[Candidate]:
    """Return the headlines that are most worth reading.

    Raises:
        InputError: The file of suspects cannot be read.
        StoreError: The database refuses.
        ArtifactError: The champion must not be used.
    """
    listed = None if suspects is None else read_suspects(suspects)
    return choose(
        here.database,
        _champion(here),
        count=count,
        random_share=random_share,
        seed=seed,
        suspects=listed,
    )


def _champion(here: Session) -> Tagger | None:
    with here.database.read() as connection:
        if models.champion_key(connection) is None:
            note("there is no champion: headlines are chosen by rules and at random")
            return None
        name = models.resolve(connection, models.CHAMPION)
        expected = models.registered_manifests(connection).get(name)
    settings = here.settings
    # Not as a worker does: who only annotates may write no alert.
    return open_tagger(
        settings.models_dir,
        name,
        settings.tag.threshold,
        expected_sha256=expected,
        threads=settings.tag.threads,
    )
