"""rocktag sample: invented headlines, for trying things out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rocktag.cli.console import output, print_json
from rocktag.cli.options import Json
from rocktag.files import written_whole
from rocktag.sampling import sample as invent
from rocktag.sampling import write_csv
from rocktag.text import counted


def sample(
    path: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The CSV to write.")
    ],
    count: Annotated[
        int, typer.Option("-n", "--count", min=0, help="How many.")
    ] = 20_000,
    seed: Annotated[int, typer.Option(min=0, help="The same gives the same file.")] = 7,
    json: Json = False,
) -> None:
    """Write invented but natural headlines with the study's label frequencies."""
    with written_whole(path) as file:
        written = write_csv(invent(count, seed=seed), file)
    if json:
        print_json({"file": str(path), "headlines": written, "seed": seed})
    else:
        output.print(f"{counted(written, 'headline')} in {path}")
