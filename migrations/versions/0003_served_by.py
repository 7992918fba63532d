"""Who gave a label: the model, or the keyword rules that serve its rare labels.

The column comes with a default of the database's own, so that no row is written again
and a large table is locked for a moment only. The view gets it as its last column, in
place where the database can: so grants, and views that a user built on it, stay.

Revision: 0003
Follows: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_CURRENT_LABEL = """
VIEW current_label AS
SELECT l.headline_id, l.label, l.probability, l.threshold, c.model_version, l.run_id,
       t.tagged_at{served_by}
FROM champion c
JOIN tagging t ON t.model_version_id = c.model_version_id
JOIN headline_label l ON l.headline_id = t.headline_id
                     AND l.model_version_id = t.model_version_id
WHERE t.tagged_at IS NOT NULL
"""

_LABEL_BY_DAY = """
CREATE VIEW label_by_day AS
SELECT d.day, d.week, d.source, d.label, count(*) AS headlines
FROM (
    SELECT {day} AS day, {week} AS week, h.source, l.label
    FROM current_label l
    JOIN headline h ON h.id = l.headline_id
    WHERE h.published_at IS NOT NULL
) d
GROUP BY d.day, d.week, d.source, d.label
"""

_DAY = {
    "sqlite": "date(h.published_at)",
    "postgresql": "CAST(h.published_at AT TIME ZONE 'UTC' AS DATE)",
}

_WEEK = {
    "sqlite": "date(h.published_at, 'weekday 0', '-6 days')",
    "postgresql": (
        "CAST(date_trunc('week', h.published_at AT TIME ZONE 'UTC') AS DATE)"
    ),
}


def upgrade() -> None:
    """Add the column to the table, then to the view."""
    op.add_column(
        "headline_label",
        sa.Column(
            "served_by", sa.String(length=16), server_default="model", nullable=False
        ),
    )
    replaced = _CURRENT_LABEL.format(served_by=", l.served_by")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP VIEW current_label")
        op.execute(f"CREATE {replaced}")
    else:
        op.execute(f"CREATE OR REPLACE {replaced}")


def downgrade() -> None:
    """Take the column from the view, then from the table; what it said is lost."""
    backend = op.get_bind().dialect.name
    former = _CURRENT_LABEL.format(served_by="")
    if backend == "mysql":
        op.execute(f"CREATE OR REPLACE {former}")
        op.drop_column("headline_label", "served_by")
        return
    # PostgreSQL drops no column of a view, SQLite (from 3.35 on) none of a table while
    # a view is broken.
    op.execute("DROP VIEW label_by_day")
    op.execute("DROP VIEW current_label")
    op.drop_column("headline_label", "served_by")
    op.execute(f"CREATE {former}")
    op.execute(_LABEL_BY_DAY.format(day=_DAY[backend], week=_WEEK[backend]))
