"""Loans in requests and answers."""

from typing import Annotated, Literal

from pydantic import Field

from app.domain.schemas.base import IDSchema, PlainStr, RequestSchema, TimestampSchema
from app.domain.schemas.common import ListResponse, PaginationParams
from app.domain.schemas.types import Moment

Copy = Annotated[PlainStr, Field(min_length=1, max_length=40)]


class LoanCreate(RequestSchema):
    """A new loan."""

    copy_: Annotated[Copy, Field(alias="copy")]
    due_at: Moment


class LoanListParams(PaginationParams):
    """The query of the list of loans."""

    sort_by: Literal["created_at", "due_at"] = "created_at"


class LoanResponse(IDSchema, TimestampSchema):
    """A loan."""

    due_at: Moment


class LoanListResponse(ListResponse[LoanResponse]):
    """A page of loans."""
