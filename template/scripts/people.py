"""Users that scripts create."""

from app.domain.roles import Role
from app.domain.schemas.user import UserCreate


def new_user(email: str, password: str, full_name: str, role: Role) -> UserCreate:
    """Return a new user; required columns that you add get their values here."""
    return UserCreate(email=email, password=password, full_name=full_name, role=role)
