"""Requests and answers about users."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import EmailStr, Field, StringConstraints

from app.domain.roles import Role
from app.domain.schemas.base import UNSET, IDSchema, PlainStr, RequestSchema
from app.domain.schemas.common import ListResponse, PaginationParams

FullName = Annotated[PlainStr, StringConstraints(min_length=1, max_length=100)]
Email = Annotated[EmailStr, Field(max_length=254)]
# A password is taken as it is typed: spaces at its ends are part of it.
Password = Annotated[
    str, StringConstraints(min_length=8, max_length=128, pattern=r"^[^\x00]*$")
]


class UserCreate(RequestSchema):
    """A new user, as an admin makes one."""

    email: Email
    password: Password
    full_name: FullName
    role: Role = Role.USER


class UserUpdate(RequestSchema):
    """Changes to a user. A field that is left out stays as it is."""

    full_name: FullName = UNSET
    role: Role = UNSET
    is_active: bool = UNSET


class UserListParams(PaginationParams):
    """The query of the list of users; `search` looks at names and e-mails."""

    sort_by: Literal["created_at", "updated_at", "email", "full_name"] = "created_at"


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
