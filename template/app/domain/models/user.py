"""The table of users."""

from datetime import datetime

from sqlalchemy import Index, String, Text, func, literal_column, text, true
from sqlalchemy.orm import Mapped, mapped_column, validates

from app.core.hashes import HASH_KIND
from app.domain.models.base import BaseModel, enum_column
from app.domain.roles import Role
from app.utils.emails import canonical_email

# The kind of a user's password hash. In the form that Alembic can compare.
PASSWORD_KIND = literal_column(f"substring(password_hash, '{HASH_KIND}')", Text)


class User(BaseModel):
    """A user account."""

    __tablename__ = "users"
    # Finds the kinds in use, however many users there are.
    __table_args__ = (
        Index(
            "ix_users_password_kind",
            PASSWORD_KIND,
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    # As given: to show, and to send to. Compared in its canonical form only, byte by
    # byte; a trigger sets that for SQL that does not (see its migration).
    email: Mapped[str] = mapped_column(String(255))
    canonical_email: Mapped[str | None] = mapped_column(Text(collation="C"))
    password_hash: Mapped[str] = mapped_column(String(255))
    full_name: Mapped[str] = mapped_column(String(100))
    role: Mapped[Role] = enum_column(Role, default=Role.USER, server_default=Role.USER)
    is_active: Mapped[bool] = mapped_column(default=True, server_default=true())
    email_verified_at: Mapped[datetime | None]
    # The name of the picture's file.
    picture: Mapped[str | None] = mapped_column(String(40))
    # Incremented to revoke all earlier tokens.
    token_version: Mapped[int] = mapped_column(default=0, server_default="0")

    def __repr__(self) -> str:
        """Return the id without the e-mail, because this ends up in logs."""
        return f"<User {self.id}>"

    @validates("email")
    def _canonicalise(self, _: str, email: str) -> str:
        self.canonical_email = canonical_email(email)
        return email


# Deleting a user makes the address available.
Index(
    "uq_users_email",
    User.canonical_email,
    unique=True,
    postgresql_where=User.deleted_at.is_(None),
)
# Only for processes of the previous release, which still look e-mails up by it.
Index(
    "ix_users_lower_email",
    func.lower(User.email),
    postgresql_where=User.deleted_at.is_(None),
)
# For searches: a trigram index finds parts of three characters or more.
Index(
    "ix_users_search",
    User.full_name,
    User.email,
    postgresql_using="gin",
    postgresql_ops={"full_name": "gin_trgm_ops", "email": "gin_trgm_ops"},
    postgresql_where=User.deleted_at.is_(None),
)
# One per sort column: a page then costs the same, however many users there are.
for _column in (User.created_at, User.updated_at, User.email, User.full_name):
    Index(
        f"ix_users_{_column.key}_id",
        _column,
        User.id,
        postgresql_where=User.deleted_at.is_(None),
    )
