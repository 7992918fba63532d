"""What the life of a model needs: what each event of its history did, and a challenger.

All columns come with a default of the database's own or may be empty: no row is
written again. The views stay as they are: they look at champions only.

Revision: 0005
Follows: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_OF_THE_CHALLENGER = (
    "champion_rate",
    "challenger_rate",
    "challenger_agreement",
    "challenger_p_value",
)


def upgrade() -> None:
    """Add the columns."""
    op.add_column(
        "model_alias_event",
        sa.Column(
            "action", sa.String(length=16), server_default="promote", nullable=False
        ),
    )
    for name in _OF_THE_CHALLENGER:
        op.add_column("run_label_metric", sa.Column(name, sa.Double(), nullable=True))


def downgrade() -> None:
    """Take the columns away; events of other aliases than the champion's go too.

    The former release knows of no other, and would take a challenger for a champion.
    """
    op.execute("DELETE FROM model_alias_event WHERE alias <> 'champion'")
    for name in reversed(_OF_THE_CHALLENGER):
        op.drop_column("run_label_metric", name)
    op.drop_column("model_alias_event", "action")
