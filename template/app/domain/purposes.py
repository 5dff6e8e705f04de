"""What a token in a mail is for."""

from enum import StrEnum


class Purpose(StrEnum):
    """The purposes, as the table and the links spell them."""

    VERIFY = "verify-email"
    RESET = "reset-password"
