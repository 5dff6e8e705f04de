"""fill the canonical form of e-mails, and make it unique

Revision ID: a86f13d7b902
Revises: 7d2a90c4e5b1
Create Date: 2026-11-30 09:10:00+00:00
"""

from collections.abc import Sequence
from typing import Any
from unicodedata import normalize
from uuid import UUID

import idna
import sqlalchemy as sa
from alembic import op

revision: str = "a86f13d7b902"
down_revision: str | Sequence[str] | None = "7d2a90c4e5b1"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ALIVE = sa.text("deleted_at IS NULL")
BATCH = 1000
SIGMA = "\N{GREEK SMALL LETTER SIGMA}"
FINAL_SIGMA = "\N{GREEK SMALL LETTER FINAL SIGMA}"
READ = sa.text("""
    SELECT id, email, email_verified_at IS NOT NULL AS verified,
        deleted_at IS NULL AS alive
    FROM users WHERE canonical_email IS NULL AND id > :last ORDER BY id LIMIT :batch
""")
# Locked in the order of ids, as the service locks users: nobody waits in a circle.
WRITE = sa.text("""
    UPDATE users SET canonical_email = CASE
        WHEN users.deleted_at IS NULL AND EXISTS (
            SELECT FROM users AS other
            WHERE other.canonical_email = new.form AND other.deleted_at IS NULL
        ) THEN NULLIF(users.email, new.form)
        ELSE new.form
    END
    FROM (
        SELECT users.id, given.form FROM users
        JOIN unnest(CAST(:ids AS uuid[]), CAST(:forms AS text[])) AS given (id, form)
        ON users.id = given.id
        WHERE users.canonical_email IS NULL
        ORDER BY users.id FOR NO KEY UPDATE OF users
    ) AS new
    WHERE users.id = new.id
""")


def canonical_email(email: str) -> str:
    """Return the form of app/utils/emails.py as it was when this was written."""
    local, at, domain = email.strip().rpartition("@")
    return f"{_folded(local)}{at}{_unicode_domain(domain.rstrip('.'))}"


def _folded(text: str) -> str:
    return normalize("NFC", text.lower().replace(FINAL_SIGMA, SIGMA))


def _unicode_domain(domain: str) -> str:
    try:
        return idna.decode(domain, uts46=True)
    except UnicodeError:
        return _folded(domain)


def fill(connection: sa.Connection) -> None:
    """Fill in batches, each a transaction of its own; a broken run continues.

    Of several users with equal e-mails, one gets the form. The others get their own
    spelling instead (NULL if that is the form), and sign in with it: `python -m
    scripts.emails` lists them.
    """
    for turn in range(3):
        last = UUID(int=0)
        while rows := _rows_after(connection, last):
            last = rows[-1].id
            forms = _forms([row for row in rows if _turn(row) <= turn])
            connection.execute(WRITE, {"ids": [*forms], "forms": [*forms.values()]})


def _rows_after(connection: sa.Connection, last: UUID) -> Sequence[Any]:
    return connection.execute(READ, {"last": last, "batch": BATCH}).all()


def _turn(row: Any) -> int:
    """Return 0 for an e-mail that is spelled canonically, 1 for a verified one."""
    if row.email == canonical_email(row.email):
        return 0
    return 1 if row.verified else 2


def _forms(rows: Sequence[Any]) -> dict[UUID, str]:
    """Return the form by id; no two users of a batch get the same."""
    forms: dict[UUID, str] = {}
    taken = set()
    for row in rows:
        form = canonical_email(row.email)
        forms[row.id] = row.email if row.alive and form in taken else form
        if row.alive:
            taken.add(form)
    return forms


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _create_index("uq_users_canonical_email", ["canonical_email"], unique=True)
        if op.get_context().as_sql:
            # Then run `python -m scripts.emails`: SQL knows the form of ASCII only.
            op.execute(
                'UPDATE users SET canonical_email = lower(email COLLATE "C") '
                "WHERE canonical_email IS NULL"
            )
        else:
            fill(op.get_bind())
        _create_index("ix_users_lower_email", [sa.text("lower(email)")], unique=False)
    _replace_unique_index("uq_users_canonical_email")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        # Fails where two e-mails are equal to the database alone: change one first.
        _create_index("uq_users_lower_email", [sa.text("lower(email)")], unique=True)
    _replace_unique_index("uq_users_lower_email")
    op.drop_index("ix_users_lower_email", "users")


def _create_index(name: str, columns: list[Any], *, unique: bool) -> None:
    """Create an index again if a broken run left it invalid."""
    op.drop_index(name, "users", if_exists=True, postgresql_concurrently=True)
    op.create_index(
        name,
        "users",
        columns,
        unique=unique,
        postgresql_where=ALIVE,
        postgresql_concurrently=True,
    )


def _replace_unique_index(name: str) -> None:
    """Give an index the name by which every release knows the conflict."""
    # squawk-ignore require-concurrent-index-deletion: an instant, and with the rename
    op.drop_index("uq_users_email", "users")
    # squawk-ignore renaming-object: the name exists before and after
    op.execute(f"ALTER INDEX {name} RENAME TO uq_users_email")
