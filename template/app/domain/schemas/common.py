"""Schemas that several slices use."""

from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import (
    MISSING,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.config import JsonDict

from app.domain.schemas.base import ALWAYS_SENT, BaseSchema, PlainStr, RequestSchema
from app.utils.pagination import SHORTEST_SEARCH, TOTAL_CAP

Search = Annotated[PlainStr, Field(min_length=SHORTEST_SEARCH, max_length=100)]


# A class, so that generated clients have one type for all lists.
class SortOrder(StrEnum):
    """The order of a list."""

    ASC = "asc"
    DESC = "desc"


class PaginationParams(RequestSchema):
    """Query parameters of a list. A slice adds `sort_by` and filters.

    Pages go by number, or by cursor at the same cost at any depth.
    """

    limit: int = Field(default=20, ge=1, le=100)
    # A factory, so that the description has no default: clients would send it beside a
    # cursor, which is refused.
    page: int = Field(
        default_factory=lambda: 1,
        ge=1,
        le=TOTAL_CAP,
        description="1 if neither page nor cursor is sent. "
        f"page * limit must not exceed {TOTAL_CAP}; beyond it, use cursor",
    )
    cursor: Annotated[str, Field(min_length=1, max_length=2048)] | None = Field(
        default=None, description="The next_cursor of the previous page; replaces page"
    )
    sort_order: SortOrder = SortOrder.DESC

    @property
    def scope(self) -> str:
        """Return the order and filters that a cursor is bound to."""
        return self.model_dump_json(exclude={"limit", "page", "cursor"})

    @property
    def filters(self) -> dict[str, Any]:
        """Return the filters that are set, with their values."""
        names = self.filter_names()
        return self.model_dump(include=set(names), exclude_none=True) if names else {}

    @classmethod
    @cache
    def filter_names(cls) -> frozenset[str]:
        """Return the fields that are filters: all that a list adds to those here."""
        fields = cls.model_fields.items()
        names = frozenset(name for name, field in fields if not field.exclude)
        return names - {*SearchParams.model_fields, "sort_by"}

    @field_validator("page")
    @classmethod
    def _can_be_counted(cls, page: int, info: ValidationInfo) -> int:
        if page * info.data.get("limit", 1) > TOTAL_CAP:
            raise ValueError(
                f"page * limit must not exceed {TOTAL_CAP}; beyond it, use cursor"
            )
        return page

    @model_validator(mode="after")
    def _goes_one_way(self) -> Self:
        if self.cursor is not None and "page" in self.model_fields_set:
            raise ValueError("Use page or cursor, not both")
        return self


class SearchParams(PaginationParams):
    """Query parameters of a list with a search."""

    search: Search | None = None


class ListResponse[Item](BaseSchema):
    """A page of a list.

    `total` counts the items of all pages, up to 10000; beyond that, `total_capped` is
    true. With a cursor, `total`, `page` and `total_pages` are null. `next_cursor` leads
    to the next page; it is null on the last one.
    """

    items: list[Item]
    total: int | None
    total_capped: bool
    page: int | None
    limit: int
    total_pages: int | None
    next_cursor: str | None


class MessageResponse(BaseSchema):
    """A confirmation without other data."""

    model_config = ALWAYS_SENT

    message: str
    success: bool = True


class HealthResponse(BaseSchema):
    """The health of the service."""

    model_config = ALWAYS_SENT

    status: Literal["healthy"] = "healthy"
    version: str
    environment: str


class ReadinessResponse(HealthResponse):
    """Health, with the state of the database: `read-only` during a failover."""

    database: Literal["read-write", "read-only"]


class FieldError(BaseSchema):
    """An error in one field of the request; `field` is its path."""

    field: str
    message: str


EXAMPLE: JsonDict = {
    "type": "about:blank",
    "title": "Not Found",
    "status": 404,
    "detail": "Picture not found",
    "instance": "/api/v1/users/me/picture",
    "message": "Picture not found",
    "status_code": 404,
    "request_id": "checkout-17",
}


class ErrorResponse(BaseSchema):
    """Problem details (RFC 9457). `message` and the fields after it are extensions."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    type: str = "about:blank"
    title: str
    status: int
    detail: str | MISSING = MISSING
    instance: str
    message: str
    status_code: int
    request_id: str
    errors: list[FieldError] | MISSING = MISSING
