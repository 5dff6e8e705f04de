"""index the kinds of password hashes

Revision ID: 7d0c4b9e15a2
Revises: a86f13d7b902
Create Date: 2026-11-30 09:00:00+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "7d0c4b9e15a2"
down_revision: str | Sequence[str] | None = "a86f13d7b902"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEX = "ix_users_password_kind"
# The algorithm and the cost of a hash, such as 2b$12
KIND = r"substring(password_hash, '^\$(2.\$\d\d|argon2.*,p=\d+)')"


def upgrade() -> None:
    # A previous attempt may have left an invalid index.
    with op.get_context().autocommit_block():
        op.drop_index(INDEX, "users", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            INDEX,
            "users",
            [sa.text(KIND)],
            postgresql_where=sa.text("deleted_at IS NULL"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(INDEX, "users", postgresql_concurrently=True)
