"""What a worker that runs for years needs: ticks, heartbeats, priorities, alerts.

The views show of each headline what the newest champion said that has tagged it, so
that a new champion takes over headline by headline and none is ever without tags.

Revision: 0004
Follows: 0003
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
moment = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql")

# A version's latest turn as champion: the key of the event that began it.
_REIGN = """
VIEW reign AS
SELECT model_version_id, max(id) AS turn
FROM model_alias_event
WHERE alias = 'champion'
GROUP BY model_version_id
"""

_CURRENT_TAGGING = """
VIEW current_tagging AS
SELECT t.headline_id, t.model_version_id, v.name AS model_version, t.tagged_at, t.run_id
FROM reign r
JOIN model_version v ON v.id = r.model_version_id
JOIN tagging t ON t.model_version_id = r.model_version_id
WHERE t.tagged_at IS NOT NULL
  AND NOT EXISTS (
    SELECT 1
    FROM reign newer
    JOIN tagging n ON n.model_version_id = newer.model_version_id
    WHERE newer.turn > r.turn
      AND n.headline_id = t.headline_id
      AND n.tagged_at IS NOT NULL)
"""

_CURRENT_LABEL = """
VIEW current_label AS
SELECT l.headline_id, l.label, l.probability, l.threshold, {c}.model_version, l.run_id,
       t.tagged_at, l.served_by
FROM {source}
JOIN headline_label l ON l.headline_id = t.headline_id
                     AND l.model_version_id = t.model_version_id
WHERE t.tagged_at IS NOT NULL
"""

_TAGGED_HEADLINE = """
VIEW tagged_headline AS
SELECT h.id AS headline_id, h.source, h.external_id, h.title, h.url, h.published_at,
       {labels} AS labels, {c}.model_version, t.tagged_at
FROM {source}
JOIN headline h ON h.id = t.headline_id
WHERE t.tagged_at IS NOT NULL
"""

_OF_CURRENT = {"c": "t", "source": "current_tagging t"}
_OF_CHAMPION = {
    "c": "c",
    "source": ("champion c\nJOIN tagging t ON t.model_version_id = c.model_version_id"),
}

_LABELS = {
    "sqlite": """(SELECT group_concat(label, ';') FROM (
        SELECT l.label FROM headline_label l
        WHERE l.headline_id = t.headline_id
          AND l.model_version_id = t.model_version_id
        ORDER BY l.label))""",
    "postgresql": """(SELECT string_agg(l.label, ';' ORDER BY l.label COLLATE "C")
        FROM headline_label l
        WHERE l.headline_id = t.headline_id
          AND l.model_version_id = t.model_version_id)""",
    "mysql": """(SELECT group_concat(l.label ORDER BY l.label SEPARATOR ';')
        FROM headline_label l
        WHERE l.headline_id = t.headline_id
          AND l.model_version_id = t.model_version_id)""",
}

_LABEL_BY_DAY = """
VIEW label_by_day AS
SELECT d.day, d.week, d.source, d.label, count(*) AS headlines
FROM (
    SELECT {day} AS day, {week} AS week, h.source, l.label
    FROM current_label l
    JOIN headline h ON h.id = l.headline_id
    WHERE h.published_at IS NOT NULL
) d
GROUP BY d.day, d.week, d.source, d.label
"""

_SQLITE_DAYS = {
    "day": "date(h.published_at)",
    "week": "date(h.published_at, 'weekday 0', '-6 days')",
}

_OPEN_ALERT = """
VIEW open_alert AS
SELECT id AS alert_id, kind, subject, message, times, opened_at, last_seen_at, run_id
FROM alert
WHERE closed_at IS NULL
"""


def upgrade() -> None:
    """Add columns and tables, then let the views look at them."""
    _drop_views_on_sqlite()
    op.add_column("run", sa.Column("tick", moment, nullable=True))
    op.add_column("run", sa.Column("alive_until", sa.BigInteger(), nullable=True))
    op.create_index("uq_run_job_tick", "run", ["job", "tick"], unique=True)
    op.add_column(
        "model_version",
        sa.Column(
            "enqueued_up_to", sa.BigInteger(), server_default="0", nullable=False
        ),
    )
    op.add_column(
        "tagging",
        sa.Column("priority", sa.SmallInteger(), server_default="0", nullable=False),
    )
    op.create_index(
        "ix_tagging_queue",
        "tagging",
        ["model_version_id", "status", "priority", "headline_id"],
    )
    op.drop_index("ix_tagging_claim", "tagging")
    _create_tables()
    _create_views(_OF_CURRENT)
    op.execute(f"CREATE {_OPEN_ALERT}")


def downgrade() -> None:
    """Take all of it away; alerts are lost."""
    op.execute("DROP VIEW open_alert")
    _drop_views_on_sqlite()
    _create_views(_OF_CHAMPION)
    op.execute("DROP VIEW current_tagging")
    op.execute("DROP VIEW reign")
    op.drop_table("alert")
    op.drop_table("edit_lock")
    op.create_index(
        "ix_tagging_claim", "tagging", ["model_version_id", "status", "headline_id"]
    )
    op.drop_index("ix_tagging_queue", "tagging")
    op.drop_column("tagging", "priority")
    op.drop_column("model_version", "enqueued_up_to")
    op.drop_index("uq_run_job_tick", "run")
    op.drop_column("run", "alive_until")
    op.drop_column("run", "tick")


def _create_tables() -> None:
    options = _mysql_options()
    op.create_table(
        "alert",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("open_key", sa.String(length=300), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("run_id", key, nullable=True),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("last_seen_at", moment, nullable=False),
        sa.Column("closed_at", moment, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.BigInteger(), nullable=True),
        sa.Column("notified_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_alert_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
        sa.UniqueConstraint("open_key", name="uq_alert_open_key"),
        **options,
    )
    lock = op.create_table(
        "edit_lock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_edit_lock"),
        **options,
    )
    op.bulk_insert(lock, [{"id": 1}])


def _mysql_options() -> dict[str, Any]:
    """Compare texts by their code points, as the first tables do."""
    dialect = op.get_bind().dialect
    is_mariadb = getattr(dialect, "is_mariadb", False)
    return {
        "mysql_engine": "InnoDB",
        "mysql_charset": "utf8mb4",
        "mysql_collate": "utf8mb4_nopad_bin" if is_mariadb else "utf8mb4_0900_bin",
    }


def _drop_views_on_sqlite() -> None:
    """SQLite replaces no view, and drops no column while a view is broken."""
    if op.get_bind().dialect.name == "sqlite":
        for view in ("label_by_day", "tagged_headline", "current_label"):
            op.execute(f"DROP VIEW {view}")


def _create_views(of: dict[str, str]) -> None:
    """Make the views of tags, in place where the database can: so grants stay."""
    backend = op.get_bind().dialect.name
    replace = "" if backend == "sqlite" else "OR REPLACE "
    new = (_REIGN, _CURRENT_TAGGING) if of is _OF_CURRENT else ()
    for statement in (
        *new,
        _CURRENT_LABEL.format(**of),
        _TAGGED_HEADLINE.format(labels=_LABELS[backend], **of),
    ):
        op.get_bind().exec_driver_sql(f"CREATE {replace}{statement}")
    if backend == "sqlite":
        op.execute(f"CREATE {_LABEL_BY_DAY.format(**_SQLITE_DAYS)}")
