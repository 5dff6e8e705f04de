"""add the status cancelled of bookings

Revision ID: 0a1b2c3d4e04
Revises: $HEAD
Create Date: 2030-01-04 10:00:00+00:00
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0a1b2c3d4e04"
down_revision: str | Sequence[str] | None = "$HEAD"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # squawk-ignore ban-drop-constraint: another replaces it in the same migration
    op.execute("ALTER TABLE bookings DROP CONSTRAINT ck_bookings_status")
    op.execute(
        "ALTER TABLE bookings ADD CONSTRAINT ck_bookings_status CHECK (status IN "
        "('open', 'paid', 'cancelled')) NOT VALID"
    )
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE bookings VALIDATE CONSTRAINT ck_bookings_status")


def downgrade() -> None:
    # squawk-ignore ban-drop-constraint: another replaces it in the same migration
    op.execute("ALTER TABLE bookings DROP CONSTRAINT ck_bookings_status")
    op.execute(
        "ALTER TABLE bookings ADD CONSTRAINT ck_bookings_status CHECK (status IN "
        "('open', 'paid')) NOT VALID"
    )
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE bookings VALIDATE CONSTRAINT ck_bookings_status")
