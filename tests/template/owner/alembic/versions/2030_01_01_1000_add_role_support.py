"""add the role support

Revision ID: 0a1b2c3d4e01
Revises: $HEAD
Create Date: 2030-01-01 10:00:00+00:00
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0a1b2c3d4e01"
down_revision: str | Sequence[str] | None = "$HEAD"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # squawk-ignore ban-drop-constraint: another takes its place at once
    op.execute("ALTER TABLE users DROP CONSTRAINT ck_users_role")
    op.execute(
        "ALTER TABLE users ADD CONSTRAINT ck_users_role CHECK (role IN "
        "('admin', 'moderator', 'user', 'support')) NOT VALID"
    )
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE users VALIDATE CONSTRAINT ck_users_role")


def downgrade() -> None:
    op.execute("ALTER TABLE users DROP CONSTRAINT ck_users_role")
    op.execute(
        "ALTER TABLE users ADD CONSTRAINT ck_users_role CHECK (role IN "
        "('admin', 'moderator', 'user')) NOT VALID"
    )
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE users VALIDATE CONSTRAINT ck_users_role")
