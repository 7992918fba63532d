"""The only package that knows SQLAlchemy and Alembic.

Statements are functions over a Connection; the caller owns the transaction, from
`Database.read()`, `Database.write()` or `Database.transact()`.
"""

from sqlalchemy import Connection

from rocktag.db.engine import Database

__all__ = ["Connection", "Database"]
