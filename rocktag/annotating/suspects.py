"""Probable errors of the weak labels, as `rocktag labels suspects` lists them."""

from __future__ import annotations

import csv
from pathlib import Path

from rocktag.errors import InputError
from rocktag.spreadsheet import unguarded
from rocktag.text import tidy


def read_suspects(path: Path) -> dict[str, float]:
    """Return title to the worst score of its labels, in [0, 1], lower is worse.

    Args:
        path: A CSV file with at least the columns title and score.

    Raises:
        InputError: It cannot be read as one.
    """
    found: dict[str, float] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            missing = {"title", "score"} - set(rows.fieldnames or ())
            if missing:
                raise InputError(
                    f"{path} has no column {min(missing)}; give a file that rocktag"
                    " labels suspects wrote"
                )
            for row in rows:
                title = tidy(unguarded(row["title"] or ""))
                score = float(row["score"] or "")
                if not 0 <= score <= 1:
                    raise ValueError(f"the score {score} is not between 0 and 1")
                found[title] = min(score, found.get(title, 1.0))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, csv.Error) as error:
        raise InputError(
            f"{path}, line {rows.line_num:,}: {error}; mend the line"
        ) from error
    return found
