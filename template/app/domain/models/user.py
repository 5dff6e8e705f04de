"""The table of users."""

from datetime import datetime

from sqlalchemy import Enum, Index, String, func, true
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.models.base import BaseModel
from app.domain.roles import Role


class User(BaseModel):
    """Someone who can sign in."""

    __tablename__ = "users"

    email: Mapped[str] = mapped_column(String(255))
    password_hash: Mapped[str] = mapped_column(String(255))
    full_name: Mapped[str] = mapped_column(String(100))
    role: Mapped[Role] = mapped_column(
        Enum(
            Role,
            name="role",
            native_enum=False,
            create_constraint=True,
            length=20,
            values_callable=lambda roles: [role.value for role in roles],
        ),
        default=Role.USER,
        server_default=Role.USER,
    )
    is_active: Mapped[bool] = mapped_column(default=True, server_default=true())
    email_verified_at: Mapped[datetime | None]
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
Index("ix_users_created_at", User.created_at)
