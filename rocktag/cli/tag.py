"""rocktag tag: labels of headlines at once, without storing anything."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from rocktag.cli.console import output, print_json
from rocktag.cli.options import Json
from rocktag.cli.session import session
from rocktag.errors import InputError, UsageError
from rocktag.runtime import Runtime
from rocktag.tagging import Tagger
from rocktag.text import refusal, tidy
from rocktag.types import Probabilities, Targets

_STANDARD_INPUT = "-"


def tag(
    context: typer.Context,
    headlines: Annotated[
        list[str], typer.Argument(help="Headlines, each in quotes; - reads them.")
    ],
    model: Annotated[
        str | None, typer.Option(metavar="VERSION", help="By default tag.model.")
    ] = None,
    threshold: Annotated[
        str | None,
        typer.Option(metavar="POLICY", help="micro, macro, per-label or a number."),
    ] = None,
    json: Json = False,
) -> None:
    """Print the labels of headlines with their probabilities."""
    options = {"model": model, "threshold": threshold}
    here = session(context).with_options("tag", options)
    titles = _titles(headlines)
    tagger = Runtime(here.settings, here.database).tagger()
    probabilities, decided = tagger.tag(titles)
    if json:
        print_json(_as_object(tagger, titles, probabilities, decided))
        return
    for row, title in enumerate(titles):
        found = _labels(tagger, probabilities, decided, row)
        shown = ", ".join(f"{label} {value:.2f}" for label, value in found)
        output.print(f"{title}\n    {shown}")


def _titles(headlines: Iterable[str]) -> list[str]:
    """Return the given headlines, those of standard input in the place of `-`.

    Raises:
        UsageError: An argument is no headline.
        InputError: Standard input holds none, or a line that is no headline.
    """
    titles: list[str] = []
    for place, text in enumerate(headlines, start=1):
        if text == _STANDARD_INPUT:
            titles += _read_lines()
        elif fault := refusal(text):
            raise UsageError(f"headline {place}: {fault}")
        else:
            titles.append(tidy(text))
    if not titles:
        raise InputError("standard input holds no headline; give one a line")
    return titles


def _read_lines() -> Iterator[str]:
    # As UTF-8 whatever the locale says; a stray byte is told with its line.
    with open(
        sys.stdin.fileno(),
        encoding="utf-8-sig",
        errors="surrogateescape",
        closefd=False,
    ) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            if fault := refusal(line):
                raise InputError(f"standard input, line {number}: {fault}")
            yield tidy(line)


def _labels(
    tagger: Tagger, probabilities: Probabilities, decided: Targets, row: int
) -> list[tuple[str, float]]:
    """Return the labels of one headline with their probabilities, the surest first."""
    found = [
        (label, float(probabilities[row, column]))
        for column, label in enumerate(tagger.labels)
        if decided[row, column]
    ]
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))


def _as_object(
    tagger: Tagger,
    titles: Iterable[str],
    probabilities: Probabilities,
    decided: Targets,
) -> dict[str, object]:
    return {
        "version": tagger.artifact.manifest.name,
        "threshold": tagger.policy,
        "headlines": [
            {
                "title": title,
                "labels": [
                    {"label": label, "probability": round(probability, 6)}
                    for label, probability in _labels(
                        tagger, probabilities, decided, row
                    )
                ],
            }
            for row, title in enumerate(titles)
        ],
    }
