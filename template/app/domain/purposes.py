"""Purposes of mail tokens."""

from enum import StrEnum


class Purpose(StrEnum):
    """The purposes, as spelled in the table and in links."""

    VERIFY = "verify-email"
    RESET = "reset-password"
