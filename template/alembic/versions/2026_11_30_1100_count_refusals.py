"""count repeated refusals in one row of the audit log

Revision ID: 7d2f90c4b1e8
Revises: 7d0c4b9e15a2
Create Date: 2026-11-30 11:00:00+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "7d2f90c4b1e8"
down_revision: str | Sequence[str] | None = "7d0c4b9e15a2"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEX = "uq_audit_events_repeat_key"


def upgrade() -> None:
    # The previous release leaves the columns out. A repetition after a failed index
    # finds them, and replaces the index.
    for column in (
        sa.Column("count", sa.Integer(), server_default="1", nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("repeat_key", sa.String(length=64), nullable=True),
    ):
        op.add_column("audit_events", column, if_not_exists=True)
    with op.get_context().autocommit_block():
        op.drop_index(
            INDEX, "audit_events", if_exists=True, postgresql_concurrently=True
        )
        op.create_index(
            INDEX,
            "audit_events",
            ["repeat_key"],
            unique=True,
            postgresql_where=sa.text("repeat_key IS NOT NULL"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(
            INDEX, "audit_events", if_exists=True, postgresql_concurrently=True
        )
    for name in ("repeat_key", "last_at", "count"):
        op.drop_column("audit_events", name, if_exists=True)
