"""Requests and responses of users."""

from datetime import datetime
from typing import Annotated, Any, Literal

from email_validator import SPECIAL_USE_DOMAIN_NAMES
from pydantic import (
    MISSING,
    AfterValidator,
    BeforeValidator,
    EmailStr,
    Field,
    StrictBool,
    StringConstraints,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from app.domain.roles import Role
from app.domain.schemas.base import UNSET as UNSET  # for older fields
from app.domain.schemas.base import IDSchema, RequestSchema
from app.domain.schemas.common import ListResponse, SearchParams
from app.utils.emails import canonical_email


def _without_name(value: object) -> object:
    """Refuse `Ada <ada@example.com>`, which EmailStr takes and a login does not."""
    if isinstance(value, str) and "<" in value:
        raise ValueError("Use the address alone, without a name")
    return value


def _as_typed(value: Any, check: ValidatorFunctionWrapHandler) -> str:
    """Check an e-mail, but keep its spelling."""
    check(value)
    return str(value).strip()


# A PlainStr that is not blank.
FullName = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=100,
        pattern=r"^[^\x00]*[^\s\x00][^\x00]*$",
    ),
    Field(examples=["Ada Lovelace"]),
]
# EmailStr rejects these domains too, but its JSON Schema does not say so.
_NOWHERE = rf"[@.]({'|'.join(SPECIAL_USE_DOMAIN_NAMES)})$"
Email = Annotated[
    EmailStr,
    BeforeValidator(_without_name),
    Field(
        max_length=254,
        examples=["ada@example.com"],
        json_schema_extra={"not": {"pattern": _NOWHERE}},
    ),
]
# To look an account up: some are stored in another spelling than that of EmailStr.
EmailAsTyped = Annotated[Email, WrapValidator(_as_typed)]
# To compare: equal e-mails are equal text.
CanonicalEmail = Annotated[
    Email, AfterValidator(canonical_email), Field(max_length=254)
]
# Passwords are not stripped: spaces at the ends are part of them.
Password = Annotated[
    str, StringConstraints(min_length=8, max_length=128, pattern=r"^[^\x00]*$")
]


class Profile(RequestSchema):
    """Fields that users set for themselves, and admins for others."""

    full_name: FullName


class ProfileUpdate(RequestSchema):
    """Changes to these fields. Omitted fields stay unchanged."""

    full_name: FullName | MISSING = MISSING


class UserCreate(Profile):
    """A new user, created by an admin."""

    email: Email
    password: Password
    role: Role = Role.USER


class UserUpdate(ProfileUpdate):
    """Changes to a user. Omitted fields stay unchanged."""

    role: Role | MISSING = MISSING
    is_active: StrictBool | MISSING = MISSING


class UserListParams(SearchParams):
    """Query parameters of the list of users; `search` covers names and e-mails."""

    sort_by: Literal["created_at", "updated_at", "email", "full_name"] = "created_at"


# Columns left out of responses on purpose; UserResponse has all others.
PRIVATE = frozenset({"canonical_email", "deleted_at", "password_hash", "token_version"})


class UserResponse(IDSchema):
    """A user, without the password hash."""

    email: str
    full_name: str
    role: Role
    is_active: bool
    email_verified_at: datetime | None
    picture: str | None = Field(
        description="The picture's name, new with each picture; null without one"
    )


class UserListResponse(ListResponse[UserResponse]):
    """One page of users."""
