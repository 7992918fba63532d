"""What people say of headlines, and views in which that overrides the model.

`annotation` is only ever added to: of each annotator the latest row counts, and only
while the headline has the title that was read. `annotation_verdict` is what they come
to, kept by whoever adds an annotation or edits a title: a majority of annotators, NULL
where they differ.

What follows from it for the labels of a version stands in `headline_label` itself: a
verdict on each, and a row, without a probability, for what only people give. Views that
worked it out when they were read were tried first; they made every question several
times slower, on databases too where nobody had annotated anything.

Revision: 0006
Follows: 0005
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations
from sqlalchemy.dialects import mysql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
moment = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql")

# What counts: the latest of each annotator about the title as it is now.
_CURRENT_ANNOTATION = """
VIEW current_annotation AS
SELECT a.id AS annotation_id, a.headline_id, a.label, a.present, a.annotator,
       a.annotated_at, a.reason, a.note
FROM annotation a
JOIN headline h ON h.id = a.headline_id AND h.title_hash = a.title_hash
WHERE NOT EXISTS (
    SELECT 1
    FROM annotation n
    WHERE n.headline_id = a.headline_id
      AND n.label = a.label
      AND n.annotator = a.annotator
      AND n.title_hash = a.title_hash
      AND n.id > a.id)
"""

_HUMAN_LABEL = """
VIEW human_label AS
SELECT headline_id, label, present, annotators, annotated_at
FROM annotation_verdict
WHERE present IS NOT NULL
"""

_ANNOTATION_CONFLICT = """
VIEW annotation_conflict AS
SELECT v.headline_id, v.label, v.saying_present, v.saying_absent, v.annotated_at
FROM (
    SELECT headline_id, label,
           sum(CASE WHEN present THEN 1 ELSE 0 END) AS saying_present,
           sum(CASE WHEN present THEN 0 ELSE 1 END) AS saying_absent,
           max(annotated_at) AS annotated_at
    FROM current_annotation
    GROUP BY headline_id, label
) v
WHERE v.saying_present > 0 AND v.saying_absent > 0
"""

_CURRENT_LABEL = """
VIEW current_label AS
SELECT l.headline_id, l.label, l.probability, l.threshold, t.model_version, l.run_id,
       t.tagged_at, {served_by} AS served_by
FROM current_tagging t
JOIN headline_label l ON l.headline_id = t.headline_id
                     AND l.model_version_id = t.model_version_id
WHERE t.tagged_at IS NOT NULL{not_denied}
"""

_TAGGED_HEADLINE = """
VIEW tagged_headline AS
SELECT h.id AS headline_id, h.source, h.external_id, h.title, h.url, h.published_at,
       {labels} AS labels, t.model_version, t.tagged_at
FROM current_tagging t
JOIN headline h ON h.id = t.headline_id
WHERE t.tagged_at IS NOT NULL
"""

_LABELS = {
    # SQLite knows ORDER BY within an aggregate only from 3.44 on.
    "sqlite": """(SELECT group_concat(label, ';') FROM (
        SELECT l.label FROM headline_label l
        WHERE l.headline_id = t.headline_id
          AND l.model_version_id = t.model_version_id{not_denied}
        ORDER BY l.label))""",
    "postgresql": """(SELECT string_agg(l.label, ';' ORDER BY l.label COLLATE "C")
        FROM headline_label l
        WHERE l.headline_id = t.headline_id
          AND l.model_version_id = t.model_version_id{not_denied})""",
    "mysql": """(SELECT group_concat(l.label ORDER BY l.label SEPARATOR ';')
        FROM headline_label l
        WHERE l.headline_id = t.headline_id
          AND l.model_version_id = t.model_version_id{not_denied})""",
}

_NOT_DENIED = " AND l.verdict IS NOT FALSE"

_HUMAN = {
    "sqlite": "'human'",
    "mysql": "'human'",
    # It lets no column of a view change its type, nor its length.
    "postgresql": "CAST('human' AS VARCHAR(16))",
}

_LABEL_BY_DAY = """
VIEW label_by_day AS
SELECT d.day, d.week, d.source, d.label, count(*) AS headlines
FROM (
    SELECT date(h.published_at) AS day,
           date(h.published_at, 'weekday 0', '-6 days') AS week, h.source, l.label
    FROM current_label l
    JOIN headline h ON h.id = l.headline_id
    WHERE h.published_at IS NOT NULL
) d
GROUP BY d.day, d.week, d.source, d.label
"""

_OF_MODELS = ("probability", "threshold")
_NEW_VIEWS = ("annotation_conflict", "human_label", "current_annotation")


def upgrade() -> None:
    """Make the tables and their views, and let the views of tags heed verdicts."""
    _create_tables()
    _drop_views_on_sqlite()
    with _changing_labels() as labels:
        labels.add_column(sa.Column("verdict", sa.Boolean(), nullable=True))
        for name in _OF_MODELS:
            labels.alter_column(name, existing_type=sa.Double(), nullable=True)
    for view in (_CURRENT_ANNOTATION, _HUMAN_LABEL, _ANNOTATION_CONFLICT):
        op.execute(f"CREATE {view}")
    human = _HUMAN[op.get_bind().dialect.name]
    served_by = f"CASE WHEN l.verdict THEN {human} ELSE l.served_by END"
    _create_views(served_by, _NOT_DENIED)


def downgrade() -> None:
    """Show the model's labels alone again; what people said is lost."""
    _drop_views_on_sqlite()
    if op.get_bind().dialect.name != "sqlite":
        _create_views("l.served_by", "")
    op.execute("DELETE FROM headline_label WHERE served_by = 'human'")
    with _changing_labels() as labels:
        labels.drop_column("verdict")
        for name in _OF_MODELS:
            labels.alter_column(name, existing_type=sa.Double(), nullable=False)
    if op.get_bind().dialect.name == "sqlite":
        _create_views("l.served_by", "")
    for view in _NEW_VIEWS:
        op.execute(f"DROP VIEW {view}")
    op.drop_table("annotation_verdict")
    op.drop_table("annotation")


@contextmanager
def _changing_labels() -> Iterator[BatchOperations]:
    """Change columns of `headline_label`: in place, on SQLite by copying the table.

    There a user's views of it, and triggers on it, are kept.
    """
    if op.get_bind().dialect.name != "sqlite":
        with op.batch_alter_table("headline_label") as labels:
            yield labels
        return
    triggers = op.get_bind().exec_driver_sql(
        "SELECT sql FROM sqlite_master"
        " WHERE type = 'trigger' AND tbl_name = 'headline_label'"
    )
    statements = list(triggers.scalars())
    # Otherwise the copy could not take the table's name while a view is without it.
    op.execute("PRAGMA legacy_alter_table = ON")
    with op.batch_alter_table("headline_label") as labels:
        yield labels
    op.execute("PRAGMA legacy_alter_table = OFF")
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


def _create_tables() -> None:
    options = _mysql_options()
    op.create_table(
        "annotation",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("headline_id", key, nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("present", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("annotator", sa.String(length=255), nullable=False),
        sa.Column("annotated_at", moment, nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("title_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["headline_id"], ["headline.id"], name="fk_annotation_headline_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_annotation"),
        **options,
    )
    op.create_index(
        "ix_annotation_headline_id_label_annotator",
        "annotation",
        ["headline_id", "label", "annotator"],
    )
    op.create_index("ix_annotation_annotated_at", "annotation", ["annotated_at"])
    op.create_table(
        "annotation_verdict",
        sa.Column("headline_id", key, nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("present", sa.Boolean(create_constraint=False), nullable=True),
        sa.Column("annotators", sa.Integer(), nullable=False),
        sa.Column("annotated_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["headline_id"], ["headline.id"], name="fk_annotation_verdict_headline_id"
        ),
        sa.PrimaryKeyConstraint("headline_id", "label", name="pk_annotation_verdict"),
        **options,
    )


def _create_views(served_by: str, not_denied: str) -> None:
    """Make the views of tags, in place where the database can: so grants stay."""
    backend = op.get_bind().dialect.name
    replace = "" if backend == "sqlite" else "OR REPLACE "
    labels = _LABELS[backend].format(not_denied=not_denied)
    for view in (
        _CURRENT_LABEL.format(served_by=served_by, not_denied=not_denied),
        _TAGGED_HEADLINE.format(labels=labels),
    ):
        op.execute(f"CREATE {replace}{view}")
    if backend == "sqlite":
        op.execute(f"CREATE {_LABEL_BY_DAY}")


def _drop_views_on_sqlite() -> None:
    """SQLite replaces no view."""
    if op.get_bind().dialect.name == "sqlite":
        for view in ("label_by_day", "tagged_headline", "current_label"):
            op.execute(f"DROP VIEW {view}")


def _mysql_options() -> dict[str, Any]:
    """Compare texts by their code points, as the first tables do."""
    dialect = op.get_bind().dialect
    is_mariadb = getattr(dialect, "is_mariadb", False)
    return {
        "mysql_engine": "InnoDB",
        "mysql_charset": "utf8mb4",
        "mysql_collate": "utf8mb4_nopad_bin" if is_mariadb else "utf8mb4_0900_bin",
    }
