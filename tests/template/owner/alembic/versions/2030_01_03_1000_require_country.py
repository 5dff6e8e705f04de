"""require the country of users

Revision ID: 0a1b2c3d4e03
Revises: $HEAD
Create Date: 2030-01-03 10:00:00+00:00
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0a1b2c3d4e03"
down_revision: str | Sequence[str] | None = "$HEAD"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("UPDATE users SET country = 'de' WHERE country IS NULL")
    # squawk-ignore adding-not-nullable-field: few users, and all of them have one
    op.alter_column("users", "country", nullable=False)


def downgrade() -> None:
    op.alter_column("users", "country", nullable=True)
