"""The only package that knows SQLAlchemy and Alembic.

Statements are functions over a Connection; the caller owns the transaction, from
`Database.read()` or `Database.write()`.
"""

from rocktag.db.engine import Database

__all__ = ["Database"]
