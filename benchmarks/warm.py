"""Nothing but imports: what a worker needs on its way to the first batch."""

import importlib

for _name in (
    "alembic.command",
    "jobs",
    "psycopg",
    "pymysql",
    "rocktag.cli.app",
    "rocktag.db.schema",
    "rocktag.worker",
    "sklearn.feature_extraction.text",
    "sklearn.tree",
    "skops.io",
):
    importlib.import_module(_name)
