"""What analysts read: the champion's tags as views, the same on every database.

Revision: 0002
Follows: 0001
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_CHAMPION = """
CREATE VIEW champion AS
SELECT v.id AS model_version_id, v.name AS model_version, e.changed_at AS since,
       e.changed_by, e.reason
FROM model_alias_event e
JOIN model_version v ON v.id = e.model_version_id
WHERE e.id = (SELECT max(id) FROM model_alias_event WHERE alias = 'champion')
"""

_CURRENT_LABEL = """
CREATE VIEW current_label AS
SELECT l.headline_id, l.label, l.probability, l.threshold, c.model_version, l.run_id,
       t.tagged_at
FROM champion c
JOIN tagging t ON t.model_version_id = c.model_version_id
JOIN headline_label l ON l.headline_id = t.headline_id
                     AND l.model_version_id = t.model_version_id
WHERE t.tagged_at IS NOT NULL
"""

_TAGGED_HEADLINE = """
CREATE VIEW tagged_headline AS
SELECT h.id AS headline_id, h.source, h.external_id, h.title, h.url, h.published_at,
       {labels} AS labels, c.model_version, t.tagged_at
FROM champion c
JOIN tagging t ON t.model_version_id = c.model_version_id
JOIN headline h ON h.id = t.headline_id
WHERE t.tagged_at IS NOT NULL
"""

_LABELS = {
    # SQLite knows ORDER BY within an aggregate only from 3.44 on.
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
    "mysql": "DATE(h.published_at)",
}

# The Monday of the week.
_WEEK = {
    "sqlite": "date(h.published_at, 'weekday 0', '-6 days')",
    "postgresql": (
        "CAST(date_trunc('week', h.published_at AT TIME ZONE 'UTC') AS DATE)"
    ),
    "mysql": "DATE_SUB(DATE(h.published_at), INTERVAL WEEKDAY(h.published_at) DAY)",
}

# Midnights, of the type of published_at, so that an index on it can be used.
_UTC_DAY = """
CREATE VIEW utc_day AS
SELECT {yesterday} AS yesterday, {today} AS today, {tomorrow} AS tomorrow,
       {seven_days_ago} AS seven_days_ago, {fourteen_days_ago} AS fourteen_days_ago,
       {thirty_days_ago} AS thirty_days_ago
"""

_DAYS_FROM_TODAY = {
    "yesterday": -1,
    "today": 0,
    "tomorrow": 1,
    "seven_days_ago": -7,
    "fourteen_days_ago": -14,
    "thirty_days_ago": -30,
}

_MIDNIGHT = {
    "sqlite": "strftime('%Y-%m-%d 00:00:00.000000', 'now', '{days:+d} days')",
    "postgresql": (
        "(date_trunc('day', now() AT TIME ZONE 'UTC') + interval '{days:d} days')"
        " AT TIME ZONE 'UTC'"
    ),
    "mysql": "CAST(DATE_ADD(UTC_DATE(), INTERVAL {days:d} DAY) AS DATETIME(6))",
}

_RUN_METRICS = (
    "without_topic",
    "labels_per_headline",
    "headlines_per_second",
    "p50_batch_seconds",
    "p95_batch_seconds",
    "rule_agreement",
    "drifted_labels",
)

_RUN_SUMMARY = """
CREATE VIEW run_summary AS
SELECT r.id AS run_id, r.job, r.status, v.name AS model_version, r.threshold_policy,
       r.started_at, r.finished_at, {seconds} AS seconds, r.host, r.taken, r.done,
       r.failed, {metrics}, r.error
FROM run r
LEFT JOIN model_version v ON v.id = r.model_version_id
"""

_METRIC = """
       (SELECT m.value FROM run_metric m
        WHERE m.run_id = r.id AND m.name = '{name}') AS {name}"""

_SECONDS = {
    "sqlite": "(julianday(r.finished_at) - julianday(r.started_at)) * 86400.0",
    "postgresql": "CAST(extract(epoch FROM r.finished_at - r.started_at) AS float8)",
    "mysql": "TIMESTAMPDIFF(MICROSECOND, r.started_at, r.finished_at) / 1e6",
}

_VIEWS = (
    "champion",
    "current_label",
    "tagged_headline",
    "label_by_day",
    "utc_day",
    "run_summary",
)


def upgrade() -> None:
    """Make the views."""
    backend = op.get_bind().dialect.name
    midnights = {
        name: _MIDNIGHT[backend].format(days=days)
        for name, days in _DAYS_FROM_TODAY.items()
    }
    metrics = ",".join(_METRIC.format(name=name) for name in _RUN_METRICS)
    for statement in (
        _CHAMPION,
        _CURRENT_LABEL,
        _TAGGED_HEADLINE.format(labels=_LABELS[backend]),
        _LABEL_BY_DAY.format(day=_DAY[backend], week=_WEEK[backend]),
        _UTC_DAY.format(**midnights),
        _RUN_SUMMARY.format(seconds=_SECONDS[backend], metrics=metrics),
    ):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Drop the views; no data goes with them."""
    for view in reversed(_VIEWS):
        op.execute(f"DROP VIEW {view}")
