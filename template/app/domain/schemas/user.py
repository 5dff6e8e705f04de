"""Requests and answers about users."""

from datetime import datetime
from typing import Annotated, Literal

from email_validator import SPECIAL_USE_DOMAIN_NAMES
from pydantic import MISSING, EmailStr, Field, StrictBool, StringConstraints

from app.domain.roles import Role
from app.domain.schemas.base import UNSET as UNSET  # owners' fields, until 0.10
from app.domain.schemas.base import IDSchema, RequestSchema
from app.domain.schemas.common import ListResponse, SearchParams

# As PlainStr, and not only white space.
FullName = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=100,
        pattern=r"^[^\x00]*[^\s\x00][^\x00]*$",
    ),
]
# EmailStr refuses these domains too, and its JSON Schema does not say so.
_NOWHERE = rf"[@.]({'|'.join(SPECIAL_USE_DOMAIN_NAMES)})$"
Email = Annotated[
    EmailStr, Field(max_length=254, json_schema_extra={"not": {"pattern": _NOWHERE}})
]
# A password is taken as it is typed: spaces at its ends are part of it.
Password = Annotated[
    str, StringConstraints(min_length=8, max_length=128, pattern=r"^[^\x00]*$")
]


class Profile(RequestSchema):
    """Columns that everyone gives of themselves, and an admin of others."""

    full_name: FullName


class ProfileUpdate(RequestSchema):
    """Changes to them. A field that is left out stays as it is."""

    full_name: FullName | MISSING = MISSING


class UserCreate(Profile):
    """A new user, as an admin makes one."""

    email: Email
    password: Password
    role: Role = Role.USER


class UserUpdate(ProfileUpdate):
    """Changes to a user. A field that is left out stays as it is."""

    role: Role | MISSING = MISSING
    is_active: StrictBool | MISSING = MISSING


class UserListParams(SearchParams):
    """The query of the list of users; `search` looks at names and e-mails."""

    sort_by: Literal["created_at", "updated_at", "email", "full_name"] = "created_at"


# The columns that no answer shows, on purpose: all others are in UserResponse.
PRIVATE = frozenset({"deleted_at", "password_hash", "token_version"})


class UserResponse(IDSchema):
    """A user, without the password's hash."""

    email: str
    full_name: str
    role: Role
    is_active: bool
    email_verified_at: datetime | None
    picture: str | None = Field(
        description="Another name with each picture; null: there is none"
    )


class UserListResponse(ListResponse[UserResponse]):
    """One page of users."""
