"""What a user may be."""

from enum import StrEnum


class Role(StrEnum):
    """The roles, as tables, tokens and requests spell them."""

    ADMIN = "admin"
    MODERATOR = "moderator"
    USER = "user"
