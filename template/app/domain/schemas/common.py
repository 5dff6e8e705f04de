"""Schemas that several slices use."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from app.domain.schemas.base import BaseSchema, PlainStr, RequestSchema
from app.utils.pagination import SHORTEST_SEARCH, TOTAL_CAP

Search = Annotated[PlainStr, Field(min_length=SHORTEST_SEARCH, max_length=100)]


class PaginationParams(RequestSchema):
    """The query of a list. A slice adds `sort_by`, and fields that rows are to have.

    A page has a number, or comes after a cursor, which costs the same at any depth.
    """

    limit: int = Field(default=20, ge=1, le=100)
    page: int = Field(
        default=1,
        ge=1,
        le=TOTAL_CAP,
        description=f"page x limit is {TOTAL_CAP} at most; further on, use cursor",
    )
    cursor: Annotated[str, Field(min_length=1, max_length=2048)] | None = Field(
        default=None, description="The next_cursor of an answer, instead of page"
    )
    sort_order: Literal["asc", "desc"] = "desc"

    @property
    def scope(self) -> str:
        """Order and filters, to which a cursor belongs."""
        return self.model_dump_json(exclude={"limit", "page", "cursor"})

    @property
    def filters(self) -> dict[str, Any]:
        """The values that fields of the rows are to have."""
        return self.model_dump(include=self.filter_names(), exclude_none=True)

    @classmethod
    def filter_names(cls) -> set[str]:
        """Return the fields that are filters: each that a list adds to these here."""
        names = {name for name, field in cls.model_fields.items() if not field.exclude}
        return names - {*SearchParams.model_fields, "sort_by"}

    @field_validator("page")
    @classmethod
    def _can_be_counted(cls, page: int, info: ValidationInfo) -> int:
        if page * info.data.get("limit", 1) > TOTAL_CAP:
            raise ValueError(
                f"page x limit is {TOTAL_CAP} at most; further on, use cursor"
            )
        return page

    @model_validator(mode="after")
    def _goes_one_way(self) -> Self:
        if self.cursor is not None and "page" in self.model_fields_set:
            raise ValueError("Give page or cursor, not both")
        return self


class SearchParams(PaginationParams):
    """The query of a list that can be searched, too."""

    search: Search | None = None


class ListResponse[Item](BaseSchema):
    """A part of a list.

    `total` counts the items of all pages, up to 10000: beyond, `total_capped` is true.
    Where a cursor was followed nothing is counted: `total`, `page` and `total_pages`
    are null. `next_cursor` leads on, and is null where the list ends.
    """

    items: list[Item]
    total: int | None
    total_capped: bool
    page: int | None
    limit: int
    total_pages: int | None
    next_cursor: str | None


class MessageResponse(BaseSchema):
    """A sentence, where there is nothing else to answer."""

    message: str
    success: bool = True


class HealthResponse(BaseSchema):
    """A sign of life."""

    status: Literal["healthy"] = "healthy"
    version: str
    environment: str


class ReadinessResponse(HealthResponse):
    """A sign of life with the state of the database: `read-only` during a failover."""

    database: Literal["read-write", "read-only"]


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
