"""Where a table goes: into one file of the kind asked for, or into a new folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from rocktag.cli.console import output
from rocktag.cli.session import Session
from rocktag.comparing.table import store
from rocktag.db import run_metrics
from rocktag.db.runs import RunRecord
from rocktag.errors import UsageError
from rocktag.files import written_whole

# File ending to the name in a folder.
NAMES = {".csv": "table.csv", ".json": "table.json", ".html": "report.html"}
Forms: TypeAlias = Mapping[str, Callable[[], str]]  # ending to what writes it


@dataclass(slots=True)
class Stored:
    """Where a table is kept.

    Attributes:
        name: Of the command, for a folder.
        to: The file asked for; None for a new folder below the models.
        record: The run it came of.
        path: Where it is, once it is kept.
    """

    name: str
    to: Path | None
    record: RunRecord
    path: Path | None = None

    def as_object(self) -> dict[str, Any]:
        """Return where it is kept, for machines."""
        return {"run_id": self.record.run_id, "path": str(self.path)}

    def tell(self) -> None:
        """Print where it is kept, for people."""
        output.print(
            f"stored in {self.path}, and as run {self.record.run_id} in run_metric"
        )


def check_ending(to: Path | None) -> None:
    """Refuse a file of another kind before the work.

    Raises:
        UsageError: It is none of those that can be written.
    """
    if to is not None and to.suffix not in NAMES:
        raise UsageError(f"{to} is none of {', '.join(NAMES)}; give one of these")


def keep(
    here: Session, forms: Forms, metrics: Mapping[str, float], stored: Stored
) -> None:
    """Store a table as files and as metrics of its run, in place of an earlier one.

    Args:
        here: Its models' folder and database.
        forms: The endings of `NAMES` to what writes each.
        metrics: Of the run.
        stored: Where; its path is filled in.

    Raises:
        ArtifactError: The folder cannot be written.
        InputError: The file cannot be written.
    """
    before, to = stored.path, stored.to
    if to is None:
        files = {name: forms[ending]().encode() for ending, name in NAMES.items()}
        stored.path = store(stored.name, files, here.settings.models_dir)
        if before is not None:
            shutil.rmtree(before, ignore_errors=True)
    else:
        with written_whole(to) as file:
            file.write(forms[to.suffix]())
        stored.path = to
    with here.database.write() as connection:
        run_metrics.record_metrics(connection, stored.record.run_id, metrics)
