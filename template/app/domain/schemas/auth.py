"""Requests and responses of login."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.domain.schemas.base import ALWAYS_SENT, BaseSchema, PlainStr, RequestSchema


class LoginForm(BaseModel):
    """The password grant (RFC 6749, section 4.3); clients may send more fields."""

    grant_type: Literal["password"] = "password"
    username: Annotated[PlainStr, Field(max_length=254, description="The e-mail")]
    password: Annotated[
        str, Field(max_length=128, json_schema_extra={"format": "password"})
    ]


class RefreshRequest(RequestSchema):
    """A refresh token to exchange for new tokens."""

    refresh_token: Annotated[str, Field(max_length=4096)]


class TokenResponse(BaseSchema):
    """Access and refresh token (RFC 6749, section 5.1); `expires_in` is in seconds."""

    model_config = ALWAYS_SENT

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = Field(default="bearer")
    expires_in: int
