"""index users for searching and for each way of sorting

Revision ID: b8e4f03a6d17
Revises: 5c1d7e2f9a40
Create Date: 2026-11-24 10:00:00+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "b8e4f03a6d17"
down_revision: str | Sequence[str] | None = "5c1d7e2f9a40"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SORTED = ("created_at", "updated_at", "email", "full_name")


def upgrade() -> None:
    # Comes with PostgreSQL; whoever owns the database may switch it on.
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    # Concurrently, outside of a transaction: the service goes on writing meanwhile.
    # What was broken off half-way leaves an invalid index, which is made anew.
    with op.get_context().autocommit_block():
        for column in SORTED:
            name = f"ix_users_{column}_id"
            op.drop_index(name, "users", if_exists=True, postgresql_concurrently=True)
            op.create_index(
                name,
                "users",
                [column, "id"],
                postgresql_where=sa.text("deleted_at IS NULL"),
                postgresql_concurrently=True,
            )
        op.drop_index(
            "ix_users_search", "users", if_exists=True, postgresql_concurrently=True
        )
        op.create_index(
            "ix_users_search",
            "users",
            ["full_name", "email"],
            postgresql_using="gin",
            postgresql_ops={"full_name": "gin_trgm_ops", "email": "gin_trgm_ops"},
            postgresql_where=sa.text("deleted_at IS NULL"),
            postgresql_concurrently=True,
        )
        op.drop_index(
            "ix_users_created_at", "users", if_exists=True, postgresql_concurrently=True
        )


def downgrade() -> None:
    # The extension stays: other tables may use it.
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_users_created_at", "users", ["created_at"], postgresql_concurrently=True
        )
        for name in ("search", *(f"{column}_id" for column in SORTED)):
            op.drop_index(f"ix_users_{name}", "users", postgresql_concurrently=True)
