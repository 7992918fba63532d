"""How far people confirm what readers are shown: per audit, per label and month.

The columns may be empty: no row is written again.

Revision: 0007
Follows: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_COLUMNS = ("human_read", "human_right", "human_present", "human_found")

# A label counts once a headline, also where two of the model's mean the same to people.
_LABEL_PRECISION_BY_MONTH = """
CREATE VIEW label_precision_by_month AS
SELECT c.month, m.name AS model_version, c.label, count(*) AS headlines_read,
       sum(c.is_right) AS headlines_right,
       sum(c.is_right) * 1.0 / count(*) AS human_precision
FROM (
    SELECT DISTINCT {month} AS month, l.model_version_id, l.headline_id, v.label,
           CASE WHEN v.present THEN 1 ELSE 0 END AS is_right
    FROM annotation_verdict v
    JOIN headline h ON h.id = v.headline_id
    JOIN headline_label l ON l.headline_id = v.headline_id
    JOIN tagging t ON t.headline_id = l.headline_id
                  AND t.model_version_id = l.model_version_id
                  AND t.title_hash = h.title_hash
    WHERE v.present IS NOT NULL
      AND t.tagged_at IS NOT NULL
      AND l.served_by <> 'human'
      AND v.label = CASE l.label WHEN 'vocalist' THEN 'singer'
                                 WHEN 'play' THEN 'perform'
                                 ELSE l.label END
) c
JOIN model_version m ON m.id = c.model_version_id
GROUP BY c.month, m.name, c.label
"""

_MONTH = {
    "sqlite": "strftime('%Y-%m', v.annotated_at)",
    "postgresql": "to_char(v.annotated_at AT TIME ZONE 'UTC', 'YYYY-MM')",
    # The driver takes a single percent sign for a parameter.
    "mysql": "date_format(v.annotated_at, '%%Y-%%m')",
}


def upgrade() -> None:
    """Add the columns and the view."""
    for name in _COLUMNS:
        op.add_column("run_label_metric", sa.Column(name, sa.Integer(), nullable=True))
    month = _MONTH[op.get_bind().dialect.name]
    # As it stands: SQLAlchemy's text() would double the percent signs again.
    op.get_bind().exec_driver_sql(_LABEL_PRECISION_BY_MONTH.format(month=month))


def downgrade() -> None:
    """Take both away."""
    op.execute("DROP VIEW label_precision_by_month")
    for name in reversed(_COLUMNS):
        op.drop_column("run_label_metric", name)
