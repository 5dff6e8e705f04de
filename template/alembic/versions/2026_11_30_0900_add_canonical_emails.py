"""add the canonical form of e-mails, and a trigger for writers that do not set it

Revision ID: 7d2a90c4e5b1
Revises: e41f6a9c2b75
Create Date: 2026-11-30 09:00:00+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "7d2a90c4e5b1"
down_revision: str | Sequence[str] | None = "e41f6a9c2b75"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Processes of the previous release, and SQL by hand, write `email` only. Of an ASCII
# e-mail, lower case is the canonical form; of others it finds the exact spelling, until
# `python -m scripts.emails` sets the rest. The collation keeps the locale out of it.
FUNCTION = """
CREATE FUNCTION set_canonical_email() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.canonical_email = lower(NEW.email COLLATE "C");
    RETURN NEW;
END
$$
"""
ON_INSERT = """
CREATE TRIGGER set_canonical_email_of_new BEFORE INSERT ON users FOR EACH ROW
WHEN (NEW.canonical_email IS NULL)
EXECUTE FUNCTION set_canonical_email()
"""
# A new e-mail with the old canonical form: the writer set only one of them. Beyond
# ASCII, two spellings may share the form.
ON_UPDATE = r"""
CREATE TRIGGER set_canonical_email_of_changed BEFORE UPDATE OF email ON users
FOR EACH ROW
WHEN (
    NEW.email <> OLD.email
    AND NEW.canonical_email IS NOT DISTINCT FROM OLD.canonical_email
    AND NEW.email !~ '[^\x01-\x7f]'
)
EXECUTE FUNCTION set_canonical_email()
"""


def upgrade() -> None:
    op.add_column(
        "users", sa.Column("canonical_email", sa.Text(collation="C"), nullable=True)
    )
    for statement in (FUNCTION, ON_INSERT, ON_UPDATE):
        op.execute(statement.strip())


def downgrade() -> None:
    op.execute("DROP TRIGGER set_canonical_email_of_changed ON users")
    op.execute("DROP TRIGGER set_canonical_email_of_new ON users")
    op.execute("DROP FUNCTION set_canonical_email()")
    op.drop_column("users", "canonical_email")
