"""Roles and callers."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Role(StrEnum):
    """The roles, as spelled in tables, tokens and requests."""

    ADMIN = "admin"
    MODERATOR = "moderator"
    USER = "user"


class Caller(NamedTuple):
    """The signed-in user, by id and role: the whole row is not loaded."""

    id: UUID
    role: Role
