"""The table of users."""

from datetime import datetime

from sqlalchemy import Index, String, func, true
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.models.base import BaseModel, enum_column
from app.domain.roles import Role


class User(BaseModel):
    """Someone who can sign in."""

    __tablename__ = "users"

    email: Mapped[str] = mapped_column(String(255))
    password_hash: Mapped[str] = mapped_column(String(255))
    full_name: Mapped[str] = mapped_column(String(100))
    role: Mapped[Role] = enum_column(Role, default=Role.USER, server_default=Role.USER)
    is_active: Mapped[bool] = mapped_column(default=True, server_default=true())
    email_verified_at: Mapped[datetime | None]
    # The file's name in the store of pictures.
    picture: Mapped[str | None] = mapped_column(String(40))
    # Raised to end every token that was signed before.
    token_version: Mapped[int] = mapped_column(default=0, server_default="0")

    def __repr__(self) -> str:
        """Name the row, and nobody's e-mail: this ends up in logs."""
        return f"<User {self.id}>"


# A deleted user's address is free again, however it is capitalised.
Index(
    "uq_users_email",
    func.lower(User.email),
    unique=True,
    postgresql_where=User.deleted_at.is_(None),
)
# What a search looks at: the index finds parts of three characters or more.
Index(
    "ix_users_search",
    User.full_name,
    User.email,
    postgresql_using="gin",
    postgresql_ops={"full_name": "gin_trgm_ops", "email": "gin_trgm_ops"},
    postgresql_where=User.deleted_at.is_(None),
)
# One for each way to sort: a page then costs the same, however many users there are.
for _column in (User.created_at, User.updated_at, User.email, User.full_name):
    Index(
        f"ix_users_{_column.key}_id",
        _column,
        User.id,
        postgresql_where=User.deleted_at.is_(None),
    )
