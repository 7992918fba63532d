"""The tables, as declared; migrations/ builds the same, and a test compares them.

Names are in the singular. All times are UTC. Titles are data of any Unicode: on MySQL
and MariaDB every text is utf8mb4 and compared by its code points (which collation
that is differs between the two: see the first migration).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
)

from rocktag.db.column_types import Message, UtcDateTime

Key = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts only INTEGER up

metadata = MetaData(
    # With names of one's own all five are needed, or the default `ix` is lost.
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# Alembic's own; another name than its default, which an application of the user's may
# use in the same database.
VERSION_TABLE = "rocktag_schema"

_MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4"}

headline = Table(
    "headline",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("source", String(255), nullable=False),
    Column("external_id", String(255), nullable=False),
    Column("title", String(2000), nullable=False),
    Column("title_hash", String(64), nullable=False),
    Column("url", String(2000)),
    Column("published_at", UtcDateTime),
    Column("ingested_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    UniqueConstraint("source", "external_id"),
    Index(None, "published_at"),
    **_MYSQL,
)

rejected_row = Table(
    "rejected_row",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("origin", String(700), nullable=False),
    Column("line", Integer),
    Column("reason", String(500), nullable=False),
    Column("excerpt", String(500), nullable=False),
    Column("rejected_at", UtcDateTime, nullable=False),
    Index(None, "origin"),
    **_MYSQL,
)

model_version = Table(
    "model_version",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("name", String(255), nullable=False),
    Column("classifier", String(64), nullable=False),
    Column("text_view", String(16), nullable=False),
    Column("manifest_sha256", String(64), nullable=False),
    Column("micro_f1", Double),
    Column("macro_f1", Double),
    Column("published_at", UtcDateTime, nullable=False),
    Column("registered_at", UtcDateTime, nullable=False),
    Column("enqueued_up_to", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("name"),
    **_MYSQL,
)

model_alias_event = Table(
    "model_alias_event",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("alias", String(64), nullable=False),  # champion, challenger, archived
    Column("model_version_id", Key, ForeignKey("model_version.id"), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("changed_by", String(255), nullable=False),
    Column("reason", String(2000), nullable=False),
    Column("action", String(16), nullable=False, server_default="promote"),
    Index(None, "alias"),
    **_MYSQL,
)

run = Table(
    "run",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("job", String(32), nullable=False),
    Column("status", String(16), nullable=False),  # running, succeeded, failed
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("host", String(255), nullable=False),
    Column("process_id", Integer, nullable=False),
    Column("model_version_id", Key, ForeignKey("model_version.id")),
    Column("threshold_policy", String(32)),
    Column("taken", Integer, nullable=False),  # rows read, headlines claimed
    Column("done", Integer, nullable=False),  # headlines stored, tagged
    Column("failed", Integer, nullable=False),  # rows rejected, headlines failed
    Column("error", Message),
    Column("tick", UtcDateTime),  # of a job that runs once over all workers
    Column("alive_until", BigInteger),  # seconds since 1970 by the database's clock
    Index(None, "job", "started_at"),
    Index("uq_run_job_tick", "job", "tick", unique=True),
    **_MYSQL,
)

run_metric = Table(
    "run_metric",
    metadata,
    Column("run_id", Key, ForeignKey("run.id"), nullable=False),
    Column("name", String(64), nullable=False),
    Column("value", Double, nullable=False),
    PrimaryKeyConstraint("run_id", "name"),
    **_MYSQL,
)

run_label_metric = Table(
    "run_label_metric",
    metadata,
    Column("run_id", Key, ForeignKey("run.id"), nullable=False),
    Column("label", String(64), nullable=False),
    Column("headlines", Integer, nullable=False),  # looked at
    Column("assigned", Integer, nullable=False),  # of them with the label
    Column("rate", Double, nullable=False),  # assigned / headlines
    Column("overlap", Double),  # share of the assigned with another label beside
    Column("mean_probability", Double),
    Column("rule_agreement", Double),  # share where model and keyword rule agree
    Column("expected_rate", Double),  # in the model's held-out headlines
    Column("psi", Double),  # population stability index over the frozen bins
    Column("rate_p_value", Double),  # two-proportion test of rate and expected_rate
    Column("drifted", Boolean(create_constraint=False)),
    Column("histogram", String(255)),  # headlines per frozen bin, joined by ";"
    Column("champion_rate", Double),  # on the headlines compared with the challenger's
    Column("challenger_rate", Double),
    Column("challenger_agreement", Double),  # share where both decide alike
    Column("challenger_p_value", Double),  # McNemar's test of the two
    Column("human_read", Integer),  # headlines with the label that people have read
    Column("human_right", Integer),  # those of them of which people say so too
    Column("human_present", Integer),  # of those read by chance, with it for people
    Column("human_found", Integer),  # those of them with the label
    PrimaryKeyConstraint("run_id", "label"),
    **_MYSQL,
)

run_label_pair = Table(
    "run_label_pair",
    metadata,
    Column("run_id", Key, ForeignKey("run.id"), nullable=False),
    Column("label", String(64), nullable=False),
    Column("other_label", String(64), nullable=False),
    Column("headlines", Integer, nullable=False),  # that carry both
    PrimaryKeyConstraint("run_id", "label", "other_label"),
    **_MYSQL,
)

tagging = Table(
    "tagging",
    metadata,
    Column("model_version_id", Key, ForeignKey("model_version.id"), nullable=False),
    Column("headline_id", Key, ForeignKey("headline.id"), nullable=False),
    Column("status", String(16), nullable=False),  # pending, leased, done…
    Column("attempt", Integer, nullable=False),
    Column("claimed_by", String(255)),
    Column("lease_until", BigInteger),  # seconds since 1970 by the database's clock
    Column("title_hash", String(64)),  # of the title that was tagged
    Column("tagged_at", UtcDateTime),
    Column("run_id", Key, ForeignKey("run.id")),
    Column("priority", SmallInteger, nullable=False, server_default="0"),  # 0 first
    PrimaryKeyConstraint("model_version_id", "headline_id"),
    Index("ix_tagging_queue", "model_version_id", "status", "priority", "headline_id"),
    Index(None, "headline_id"),
    **_MYSQL,
)

headline_label = Table(
    "headline_label",
    metadata,
    Column("headline_id", Key, ForeignKey("headline.id"), nullable=False),
    Column("model_version_id", Key, ForeignKey("model_version.id"), nullable=False),
    Column("label", String(64), nullable=False),
    Column("probability", Double),  # NULL: only people give it
    Column("threshold", Double),
    Column("run_id", Key, ForeignKey("run.id"), nullable=False),
    # model, rules, or human where only people give it
    Column("served_by", String(16), nullable=False, server_default="model"),
    # Whether people let readers see it; NULL: they do not say.
    Column("verdict", Boolean(create_constraint=False)),
    PrimaryKeyConstraint("headline_id", "model_version_id", "label"),
    Index(None, "model_version_id", "label"),
    **_MYSQL,
)

annotation = Table(
    "annotation",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("headline_id", Key, ForeignKey("headline.id"), nullable=False),
    Column("label", String(64), nullable=False),
    Column("present", Boolean(create_constraint=False), nullable=False),
    Column("annotator", String(255), nullable=False),
    Column("annotated_at", UtcDateTime, nullable=False),
    Column("reason", String(32)),  # why it was read: random, uncertain…
    Column("note", String(2000)),
    Column("title_hash", String(64), nullable=False),  # of the title that was read
    Index(None, "headline_id", "label", "annotator"),
    Index(None, "annotated_at"),
    **_MYSQL,
)

annotation_verdict = Table(
    "annotation_verdict",
    metadata,
    Column("headline_id", Key, ForeignKey("headline.id"), nullable=False),
    Column("label", String(64), nullable=False),
    Column("present", Boolean(create_constraint=False)),  # NULL: people differ
    Column("annotators", Integer, nullable=False),
    Column("annotated_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("headline_id", "label"),
    **_MYSQL,
)

failed_headline = Table(
    "failed_headline",
    metadata,
    Column("headline_id", Key, ForeignKey("headline.id"), nullable=False),
    Column("model_version_id", Key, ForeignKey("model_version.id"), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Message, nullable=False),
    Column("run_id", Key, ForeignKey("run.id"), nullable=False),
    Column("failed_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("headline_id", "model_version_id"),
    **_MYSQL,
)

alert = Table(
    "alert",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("kind", String(32), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("open_key", String(300)),  # kind and subject while it is open: one of them
    Column("message", Message, nullable=False),
    Column("times", Integer, nullable=False),  # seen while open
    Column("run_id", Key, ForeignKey("run.id")),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("tries", Integer, nullable=False),  # to tell the hook
    Column("next_try_at", BigInteger),  # seconds since 1970 by the database's clock
    Column("notified_at", UtcDateTime),
    UniqueConstraint("open_key"),
    **_MYSQL,
)

edit_lock = Table(
    "edit_lock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # of its one row
    **_MYSQL,
)
