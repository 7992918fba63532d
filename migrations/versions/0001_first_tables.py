"""The first tables: headlines, model versions, taggings, runs and their metrics.

Revision: 0001
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
moment = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql")


def upgrade() -> None:
    """Make the tables, those first that others refer to."""
    mysql_options = _mysql_options()
    op.create_table(
        "headline",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=2000), nullable=False),
        sa.Column("title_hash", sa.String(length=64), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("published_at", moment, nullable=True),
        sa.Column("ingested_at", moment, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_headline"),
        sa.UniqueConstraint(
            "source", "external_id", name="uq_headline_source_external_id"
        ),
        **mysql_options,
    )
    op.create_index("ix_headline_published_at", "headline", ["published_at"])
    op.create_table(
        "model_version",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("classifier", sa.String(length=64), nullable=False),
        sa.Column("text_view", sa.String(length=16), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("micro_f1", sa.Double(), nullable=True),
        sa.Column("macro_f1", sa.Double(), nullable=True),
        sa.Column("published_at", moment, nullable=False),
        sa.Column("registered_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_model_version"),
        sa.UniqueConstraint("name", name="uq_model_version_name"),
        **mysql_options,
    )
    op.create_table(
        "rejected_row",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("origin", sa.String(length=700), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("excerpt", sa.String(length=500), nullable=False),
        sa.Column("rejected_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rejected_row"),
        **mysql_options,
    )
    op.create_index("ix_rejected_row_origin", "rejected_row", ["origin"])
    op.create_table(
        "model_alias_event",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("alias", sa.String(length=64), nullable=False),
        sa.Column("model_version_id", key, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.Column("changed_by", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_version_id"],
            ["model_version.id"],
            name="fk_model_alias_event_model_version_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_model_alias_event"),
        **mysql_options,
    )
    op.create_index("ix_model_alias_event_alias", "model_alias_event", ["alias"])
    op.create_table(
        "run",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("finished_at", moment, nullable=True),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("process_id", sa.Integer(), nullable=False),
        sa.Column("model_version_id", key, nullable=True),
        sa.Column("threshold_policy", sa.String(length=32), nullable=True),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["model_version_id"], ["model_version.id"], name="fk_run_model_version_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
        **mysql_options,
    )
    op.create_index("ix_run_job_started_at", "run", ["job", "started_at"])
    op.create_table(
        "failed_headline",
        sa.Column("headline_id", key, nullable=False),
        sa.Column("model_version_id", key, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("run_id", key, nullable=False),
        sa.Column("failed_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["headline_id"], ["headline.id"], name="fk_failed_headline_headline_id"
        ),
        sa.ForeignKeyConstraint(
            ["model_version_id"],
            ["model_version.id"],
            name="fk_failed_headline_model_version_id",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name="fk_failed_headline_run_id"
        ),
        sa.PrimaryKeyConstraint(
            "headline_id", "model_version_id", name="pk_failed_headline"
        ),
        **mysql_options,
    )
    op.create_table(
        "headline_label",
        sa.Column("headline_id", key, nullable=False),
        sa.Column("model_version_id", key, nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("run_id", key, nullable=False),
        sa.ForeignKeyConstraint(
            ["headline_id"], ["headline.id"], name="fk_headline_label_headline_id"
        ),
        sa.ForeignKeyConstraint(
            ["model_version_id"],
            ["model_version.id"],
            name="fk_headline_label_model_version_id",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name="fk_headline_label_run_id"
        ),
        sa.PrimaryKeyConstraint(
            "headline_id", "model_version_id", "label", name="pk_headline_label"
        ),
        **mysql_options,
    )
    op.create_index(
        "ix_headline_label_model_version_id_label",
        "headline_label",
        ["model_version_id", "label"],
    )
    op.create_table(
        "run_label_metric",
        sa.Column("run_id", key, nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("headlines", sa.Integer(), nullable=False),
        sa.Column("assigned", sa.Integer(), nullable=False),
        sa.Column("rate", sa.Double(), nullable=False),
        sa.Column("overlap", sa.Double(), nullable=True),
        sa.Column("mean_probability", sa.Double(), nullable=True),
        sa.Column("rule_agreement", sa.Double(), nullable=True),
        sa.Column("expected_rate", sa.Double(), nullable=True),
        sa.Column("psi", sa.Double(), nullable=True),
        sa.Column("rate_p_value", sa.Double(), nullable=True),
        sa.Column("drifted", sa.Boolean(), nullable=True),
        sa.Column("histogram", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name="fk_run_label_metric_run_id"
        ),
        sa.PrimaryKeyConstraint("run_id", "label", name="pk_run_label_metric"),
        **mysql_options,
    )
    op.create_table(
        "run_label_pair",
        sa.Column("run_id", key, nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("other_label", sa.String(length=64), nullable=False),
        sa.Column("headlines", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name="fk_run_label_pair_run_id"
        ),
        sa.PrimaryKeyConstraint(
            "run_id", "label", "other_label", name="pk_run_label_pair"
        ),
        **mysql_options,
    )
    op.create_table(
        "run_metric",
        sa.Column("run_id", key, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_run_metric_run_id"),
        sa.PrimaryKeyConstraint("run_id", "name", name="pk_run_metric"),
        **mysql_options,
    )
    op.create_table(
        "tagging",
        sa.Column("model_version_id", key, nullable=False),
        sa.Column("headline_id", key, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=255), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("title_hash", sa.String(length=64), nullable=True),
        sa.Column("tagged_at", moment, nullable=True),
        sa.Column("run_id", key, nullable=True),
        sa.ForeignKeyConstraint(
            ["headline_id"], ["headline.id"], name="fk_tagging_headline_id"
        ),
        sa.ForeignKeyConstraint(
            ["model_version_id"],
            ["model_version.id"],
            name="fk_tagging_model_version_id",
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_tagging_run_id"),
        sa.PrimaryKeyConstraint("model_version_id", "headline_id", name="pk_tagging"),
        **mysql_options,
    )
    op.create_index(
        "ix_tagging_claim", "tagging", ["model_version_id", "status", "headline_id"]
    )
    op.create_index("ix_tagging_headline_id", "tagging", ["headline_id"])


def _mysql_options() -> dict[str, Any]:
    """Compare texts by their code points, spaces at the end included."""
    dialect = op.get_bind().dialect
    is_mariadb = getattr(dialect, "is_mariadb", False)
    return {
        "mysql_engine": "InnoDB",
        "mysql_charset": "utf8mb4",
        "mysql_collate": "utf8mb4_nopad_bin" if is_mariadb else "utf8mb4_0900_bin",
    }


def downgrade() -> None:
    """Drop the tables, with all they hold."""
    for table in (
        "tagging",
        "run_metric",
        "run_label_pair",
        "run_label_metric",
        "headline_label",
        "failed_headline",
        "run",
        "model_alias_event",
        "rejected_row",
        "model_version",
        "headline",
    ):
        op.drop_table(table)
