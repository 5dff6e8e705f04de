"""Requests of the caller's own account."""

from typing import Annotated

from pydantic import MISSING, Field, StringConstraints

from app.domain.schemas.base import UNSET as UNSET
from app.domain.schemas.base import RequestSchema
from app.domain.schemas.user import (
    Email,
    EmailAsTyped,
    Password,
    Profile,
    ProfileUpdate,
)

Token = Annotated[str, StringConstraints(min_length=1, max_length=128)]
# No minimum length, no pattern: it is compared, not set.
GivenPassword = Annotated[
    str, Field(max_length=128, json_schema_extra={"format": "password"})
]


class RegisterRequest(Profile):
    """A new account. It has the role `user`; an admin can change that."""

    email: Email
    password: Password


class AccountUpdate(ProfileUpdate):
    """Changes to the caller's own account; a new e-mail requires the password."""

    email: Email | MISSING = MISSING
    password: GivenPassword | MISSING = MISSING


class ChangePasswordRequest(RequestSchema):
    """The old and the new password."""

    old_password: GivenPassword
    new_password: Password


class EmailRequest(RequestSchema):
    """The e-mail to send a link to."""

    email: EmailAsTyped


class TokenRequest(RequestSchema):
    """The token from a mail."""

    token: Token


class ResetPasswordRequest(TokenRequest):
    """A new password, with the token from a mail."""

    new_password: Password
