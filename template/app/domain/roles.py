"""Roles, and the caller who has one."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Role(StrEnum):
    """The roles, as tables, tokens and requests spell them."""

    ADMIN = "admin"
    MODERATOR = "moderator"
    USER = "user"


class Caller(NamedTuple):
    """Who is signed in, as far as guards and services ask: no row is loaded for it."""

    id: UUID
    role: Role
