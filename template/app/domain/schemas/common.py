"""Schemas that several slices use."""

from typing import Annotated, Literal

from pydantic import Field

from app.domain.schemas.base import BaseSchema, PlainStr, RequestSchema


class PaginationParams(RequestSchema):
    """The query of a list. A slice adds `sort_by` with the fields that it allows."""

    page: int = Field(default=1, ge=1, le=1_000_000)
    limit: int = Field(default=20, ge=1, le=100)
    search: Annotated[PlainStr, Field(max_length=100)] | None = None
    sort_order: Literal["asc", "desc"] = "desc"


class ListResponse[Item](BaseSchema):
    """One page of a list; `total` counts the items of all pages."""

    items: list[Item]
    total: int
    page: int
    limit: int
    total_pages: int


class MessageResponse(BaseSchema):
    """A sentence, where there is nothing else to answer."""

    message: str
    success: bool = True


class HealthResponse(BaseSchema):
    """A sign of life."""

    status: Literal["healthy"] = "healthy"
    version: str
    environment: str


class FieldError(BaseSchema):
    """What is wrong with one field of a request; `field` is its path in it."""

    field: str
    message: str


class ErrorResponse(BaseSchema):
    """Problem details (RFC 9457). `message` and those after it are extensions."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    instance: str
    message: str
    status_code: int
    request_id: str
    errors: list[FieldError] | None = None
