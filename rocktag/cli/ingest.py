"""rocktag ingest: headlines from files into the database."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from rocktag.cli.console import print_json, print_table, progress
from rocktag.cli.options import Columns, Json, SourceName, parse_columns
from rocktag.cli.session import Session, session
from rocktag.db.runs import RunRecord
from rocktag.feeds import open_feed
from rocktag.ingest import store_rows
from rocktag.recording import recorded_run
from rocktag.text import printable


def ingest(
    context: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(help="CSV or JSON Lines, plain or .gz.")
    ],
    column: Columns = None,
    source: SourceName = None,
    json: Json = False,
) -> None:
    """Read headlines from files; what is known already is not added again."""
    here = session(context).creating()
    columns = parse_columns(column)
    with recorded_run(here.database, "ingest") as record:
        rows = [_ingest_file(here, path, columns, source, record) for path in files]
    if json:
        print_json({"run": record.run_id, "files": rows})
        return
    print_table(None, list(rows[0]), [list(row.values()) for row in rows])


def _ingest_file(
    here: Session,
    path: Path,
    columns: dict[str, str],
    source: str | None,
    record: RunRecord,
) -> dict[str, Any]:
    """Store one file and return its counts."""
    taken, rejected = record.taken, record.failed
    with open_feed(path, columns=columns, source=source) as feed, progress() as bar:
        task = bar.add_task(printable(path.name), total=feed.size or None)
        stored = store_rows(
            here.database,
            feed,
            origin=str(path),
            batch_size=here.settings.ingest.batch_size,
            record=record,
            on_batch=lambda: bar.update(task, completed=feed.position),
        )
    return {
        "file": str(path),
        "rows": record.taken - taken,
        **asdict(stored),
        "rejected": record.failed - rejected,
    }
