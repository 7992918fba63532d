"""How Alembic runs here: on the connection that rocktag hands it.

For `alembic revision` and the like on a developer's machine it opens one itself, from
the same settings as rocktag.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from rocktag.config import load
from rocktag.db.engine import Database
from rocktag.db.tables import VERSION_TABLE, metadata


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        version_table=VERSION_TABLE,
        transactional_ddl=connection.dialect.name != "mysql",
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    with Database(load().database_url.get_secret_value()).write() as opened:
        _run(opened)
