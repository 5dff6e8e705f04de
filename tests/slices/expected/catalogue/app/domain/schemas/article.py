"""Requests and responses of articles."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, Field

from app.domain.article import ArticleStatus
from app.domain.schemas.base import IDSchema, PlainStr, RequestSchema
from app.domain.schemas.common import ListResponse, SearchParams
from app.domain.schemas.types import (
    MOST_ITEMS,
    DecimalText,
    HttpUrlText,
    Int8,
    Int8Text,
    LongText,
    Moment,
    NonBlankStr,
)
from app.domain.schemas.user import CanonicalEmail

ArticleTitle = Annotated[NonBlankStr, Field(max_length=200)]
ArticleSlug = Annotated[NonBlankStr, Field(max_length=80)]
ArticlePrice = Annotated[Decimal, DecimalText(10, 2)]
ArticleTags = Annotated[
    list[Annotated[NonBlankStr, Field(max_length=40)]], Field(max_length=MOST_ITEMS)
]


class ArticleCreate(RequestSchema):
    """A new article."""

    title: ArticleTitle
    slug: ArticleSlug
    body: LongText | None = None
    price: ArticlePrice
    status: ArticleStatus = ArticleStatus.DRAFT
    views: Int8Text = 0
    contact: CanonicalEmail
    homepage: HttpUrlText | None = None
    published_at: Moment | None = None
    tags: ArticleTags
    writer_id: UUID


class ArticleUpdate(RequestSchema):
    """Changes to an article. Omitted fields stay unchanged."""

    title: ArticleTitle | MISSING = MISSING
    slug: ArticleSlug | MISSING = MISSING
    body: LongText | MISSING | None = MISSING
    price: ArticlePrice | MISSING = MISSING
    status: ArticleStatus | MISSING = MISSING
    views: Int8Text | MISSING = MISSING
    contact: CanonicalEmail | MISSING = MISSING
    homepage: HttpUrlText | MISSING | None = MISSING
    published_at: Moment | MISSING | None = MISSING
    tags: ArticleTags | MISSING = MISSING
    writer_id: UUID | MISSING = MISSING


class ArticleListParams(SearchParams):
    """Query parameters of the list of articles."""

    sort_by: Literal[
        "created_at", "updated_at", "title", "slug", "price", "views", "contact"
    ] = "created_at"
    title: Annotated[PlainStr, Field(max_length=200)] | None = None
    slug: Annotated[PlainStr, Field(max_length=80)] | None = None
    price: ArticlePrice | None = None
    status: ArticleStatus | None = None
    views: Int8 | None = None
    contact: CanonicalEmail | None = None
    homepage: HttpUrlText | None = None
    published_at: Moment | None = None
    writer_id: UUID | None = None
    price_gte: ArticlePrice | None = None
    price_lt: ArticlePrice | None = None
    views_gte: Int8 | None = None
    views_lt: Int8 | None = None
    published_at_gte: Moment | None = None
    published_at_lt: Moment | None = None


class ArticleResponse(IDSchema):
    """An article."""

    title: str
    slug: str
    body: str | None
    price: ArticlePrice
    status: ArticleStatus
    views: Int8Text
    contact: str
    homepage: str | None
    published_at: datetime | None
    tags: list[str]
    writer_id: UUID


class ArticleListResponse(ListResponse[ArticleResponse]):
    """One page of articles."""
