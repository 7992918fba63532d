"""rocktag fetch: official archives into the cache folder, checked and unpacked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rocktag.cli.console import output, print_json, progress
from rocktag.cli.options import Json
from rocktag.errors import UsageError
from rocktag.fetching import KNOWN_DOWNLOADS, default_cache_folder, unpack
from rocktag.fetching import fetch as download


def fetch(
    name: Annotated[
        str, typer.Argument(help=f"What to fetch: {', '.join(KNOWN_DOWNLOADS)}.")
    ],
    cache: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="By default ~/.cache/rocktag."),
    ] = None,
    json: Json = False,
) -> None:
    """Download an archive, continuing where it broke off, check and unpack it."""
    wanted = KNOWN_DOWNLOADS.get(name)
    if wanted is None:
        known = ", ".join(KNOWN_DOWNLOADS)
        raise UsageError(f"{name!r} is not known; give one of: {known}")
    folder = cache or default_cache_folder()
    with progress() as bar:
        task = bar.add_task(wanted.name, total=wanted.size)
        archive = download(
            wanted,
            folder,
            on_progress=lambda done, size: bar.update(task, completed=done, total=size),
        )
        bar.update(task, description="unpack")
        files = unpack(archive, folder)
    if json:
        print_json({"archive": str(archive), "files": [str(file) for file in files]})
        return
    for file in files:
        output.print(str(file))
