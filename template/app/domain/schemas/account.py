"""Requests about one's own account."""

from typing import Annotated

from pydantic import MISSING, Field, StringConstraints

from app.domain.schemas.base import UNSET as UNSET
from app.domain.schemas.base import RequestSchema
from app.domain.schemas.user import Email, Password, Profile, ProfileUpdate

Token = Annotated[str, StringConstraints(min_length=1, max_length=128)]
# Any length and form: it is compared, not set.
GivenPassword = Annotated[
    str, Field(max_length=128, json_schema_extra={"format": "password"})
]


class RegisterRequest(Profile):
    """A new account. It has no rights: an admin gives them."""

    email: Email
    password: Password


class AccountUpdate(ProfileUpdate):
    """Changes to one's own account; a new e-mail needs the password."""

    email: Email | MISSING = MISSING
    password: GivenPassword | MISSING = MISSING


class ChangePasswordRequest(RequestSchema):
    """A new password, and the one that it replaces."""

    old_password: GivenPassword
    new_password: Password


class EmailRequest(RequestSchema):
    """An e-mail that a link may be sent to."""

    email: Email


class TokenRequest(RequestSchema):
    """The token of a mail."""

    token: Token


class ResetPasswordRequest(TokenRequest):
    """A new password, with the token of a mail."""

    new_password: Password
