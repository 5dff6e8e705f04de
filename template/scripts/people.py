"""The users that scripts create."""

from app.domain.roles import Role
from app.domain.schemas.user import UserCreate


def new_user(email: str, password: str, full_name: str, role: Role) -> UserCreate:
    """Fill in what a new user must have; nobody is asked for it here."""
    return UserCreate(email=email, password=password, full_name=full_name, role=role)
